import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { UserError } from "../../errors";
import { shellWord } from "../../shell";
import type { KubernetesClient } from "../../kubernetes/client";
import type { AssistedService } from "./assisted-service";
import { describeCluster } from "./cluster-look";

/** What is kept of an installation that fails. */
export interface InstallationRecord {
  /** Folder on this machine; made for its owner alone. @default a new one for temporary files */
  folder?: string;
  service: AssistedService;
  cluster: KubernetesClient;
  /** The administrator's. */
  kubeconfig: string;
}

/**
 * Runs the installation's work and records it in a folder. On failure the folder also gets what the service and the cluster know,
 * and a kubeconfig to look into it.
 *
 * @param work receives a function that writes a line to the log
 * @throws UserError the work's own, with the record's place
 */
export async function recorded(
  record: InstallationRecord,
  work: (log: (line: string) => void) => Promise<void>,
): Promise<void> {
  const lines: string[] = [];
  const log = (line: string) => void lines.push(`${new Date().toISOString()} ${line}`);
  try {
    await work(log);
    if (record.folder) await rm(record.folder, { recursive: true, force: true });
  } catch (error) {
    log((error as Error).message);
    const folder = await keep(record, lines);
    throw new UserError(
      `${(error as Error).message.replace(/\.$/, "")}. What was seen is in ${folder}: installation.log, what service and ` +
        `cluster say, and a kubeconfig (while the nodes run: \`oc --kubeconfig ${shellWord(path.join(folder, "kubeconfig"))} get clusterversion\`). ` +
        `The same command again waits on; npm run destroy gives the nodes back.`,
    );
  }
}

/** @returns the folder */
async function keep({ service, cluster, kubeconfig, ...record }: InstallationRecord, lines: string[]): Promise<string> {
  const folder = record.folder ?? (await mkdtemp(path.join(tmpdir(), "okd-streams-installation-")));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const write = (name: string, content: unknown) =>
    writeFile(path.join(folder, name), typeof content === "string" ? content : JSON.stringify(content, null, 2), {
      mode: 0o600,
    });
  await write("installation.log", `${lines.join("\n")}\n`);
  await write("kubeconfig", kubeconfig);
  await write("service.json", { now: await service.look(), events: await service.events() });
  await write("cluster.json", await describeCluster(cluster));
  return folder;
}
