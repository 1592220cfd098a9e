import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { forArgoCd, isDelivered } from "../../components/delivery/delivered";
import { UserError } from "../../components/errors";
import type { Manifest } from "../../components/kubernetes/object";
import { MARKER } from "./folder";
import { label } from "./names";
import { SECRET, UNKNOWN, type RecordedResource } from "./recorded";
import { renderObjects } from "./render";

/**
 * What Argo CD delivers of a stack, as YAML by path: `NAMESPACE/KIND-NAME.yaml`.
 * @param resources of a preview in which Pulumi delivers everything
 * @throws UserError for an object that only an update could know as a whole, or that holds a secret: it is for no Git
 */
export function renderDelivered(resources: RecordedResource[]): Map<string, string> {
  const types = new Map(resources.map(({ urn, type }) => [urn, type]));
  const delivered = resources.filter(
    ({ type, parent = "", inputs }) =>
      type.startsWith("kubernetes:") &&
      types.get(parent)?.startsWith("okd-streams:streams:") &&
      isDelivered(inputs as Manifest),
  );
  for (const resource of delivered) {
    const text = JSON.stringify(resource.inputs);
    if (text.includes(UNKNOWN)) throw refusal(resource, "is known as a whole only after an update");
    if (text.includes(`"${SECRET}"`)) throw refusal(resource, "holds a secret");
  }
  return renderObjects(delivered.map((it) => ({ ...it, inputs: forArgoCd(it.inputs as Manifest) })));
}

function refusal(resource: RecordedResource, why: string): UserError {
  return new UserError(`${label(resource)} ${why}: it cannot be delivered from Git.`);
}

/**
 * Exchanges a folder for one with exactly these files: who reads it meets the one or the other, and after a crash the former is
 * found again.
 * @throws UserError for a folder that is not ours
 */
export function exchangeFolder(folder: string, files: Map<string, string>): void {
  const target = resolve(folder);
  const former = join(dirname(target), `.${basename(target)}.former`);
  mkdirSync(dirname(target), { recursive: true });
  if (!existsSync(target) && existsSync(former)) renameSync(former, target);
  if (existsSync(target) && readdirSync(target).length > 0 && !existsSync(join(target, MARKER))) {
    throw new UserError(
      `${target} has files that are not ours: name a folder that is new, empty or was rendered to before.`,
    );
  }
  const draft = mkdtempSync(join(dirname(target), `.${basename(target)}.draft-`));
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(draft, path)), { recursive: true });
      writeFileSync(join(draft, path), text);
    }
    writeFileSync(join(draft, MARKER), [...files.keys()].map((path) => `${path}\n`).join(""));
    rmSync(former, { recursive: true, force: true });
    if (existsSync(target)) renameSync(target, former);
    renameSync(draft, target);
    rmSync(former, { recursive: true, force: true });
  } catch (error) {
    if (!existsSync(target) && existsSync(former)) renameSync(former, target);
    throw new UserError(`${folder} cannot be written: ${(error as Error).message}.`);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
