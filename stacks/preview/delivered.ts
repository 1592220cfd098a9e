import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { forArgoCd, isDelivered } from "../../components/delivery/delivered";
import { UserError } from "../../components/errors";
import { label } from "../../components/kubernetes/client";
import { type Manifest, objectName, typeToken } from "../../components/kubernetes/object";
import { MARKER } from "./folder";
import { printable, SECRET, UNKNOWN, type RecordedResource } from "./recorded";
import { renderObjects } from "./render";

/** A resource of a preview, or of a stack's state. */
type Resource = Pick<RecordedResource, "urn" | "type" | "parent"> & { inputs?: RecordedResource["inputs"] };

/**
 * What Argo CD delivers of a stack, in the form that Git has it in.
 * @param resources of a preview or a state in which Pulumi delivers everything
 * @throws UserError for an object that only an update could know as a whole, or that holds a secret: it is for no Git
 */
export function deliverable(resources: Resource[]): Manifest[] {
  return deliverableResources(resources).map(({ inputs = {} }) => {
    const object = objectOf(inputs);
    const text = JSON.stringify(object);
    if (text.includes(UNKNOWN)) throw refusal(object, "is known as a whole only after an update");
    if (text.includes(`"${SECRET}"`)) throw refusal(object, "holds a secret");
    return forArgoCd(object);
  });
}

/** Those of resources that are an object of a set which Argo CD may deliver. */
export function deliverableResources<T extends Resource>(resources: T[]): T[] {
  const types = new Map(resources.map(({ urn, type }) => [urn, type]));
  const isOfSet = ({ type, parent = "" }: T) =>
    type.startsWith("kubernetes:") && types.get(parent)?.startsWith("okd-streams:streams:");
  return resources.filter((it) => isOfSet(it) && isDelivered(it.inputs as Manifest));
}

/** Without what the engine and its plugin say to each other in a state. */
function objectOf(inputs: Record<string, unknown>): Manifest {
  const own = Object.entries(inputs).filter(([key]) => !key.startsWith("__"));
  return printable(Object.fromEntries(own)) as Manifest;
}

/** The same as YAML by path: `NAMESPACE/KIND-NAME.yaml`. @throws UserError as {@link deliverable} */
export function renderDelivered(resources: Resource[]): Map<string, string> {
  return renderObjects(
    deliverable(resources).map((object) => ({ type: typeToken(object), name: objectName(object), inputs: object })),
  );
}

function refusal(object: Manifest, why: string): UserError {
  return new UserError(`${label(object)} ${why}: it cannot be delivered from Git.`);
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
