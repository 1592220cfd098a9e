import { UserError } from "../../../components/errors";
import { Repository, type Login } from "../../../components/images/repository";
import { eachOf } from "../../each-of";

/** A list that goes on for ever is no answer. */
const PAGES = 1_000;
const AT_ONCE = 4;

/**
 * All that a registry has under tags, as references without its address: `okd/stream-coreos:5.0-x86_64`.
 * @throws UserError where it does not say everything
 */
export async function taggedImages(address: string, login?: Login): Promise<string[]> {
  const registry = new Repository(`${address}/-`, login);
  const repositories = await pages(registry, "/v2/_catalog", "repositories");
  const tags = await eachOf(repositories, AT_ONCE, async (name) => {
    const found = await pages(new Repository(`${address}/${name}`, login), `/v2/${name}/tags/list`, "tags");
    return found.map((tag) => `${name}:${tag}`);
  });
  // As the registry's disk has them is no order.
  return tags.flat().sort();
}

/** What a list says, page after page; nothing where there is none: of a repository whose last tag is gone, too. */
async function pages(repository: Repository, path: string, field: string): Promise<string[]> {
  const all: string[] = [];
  let next: string | undefined = `${path}?n=1000`;
  for (let page = 0; next !== undefined; page++) {
    if (page === PAGES) throw new UserError(`${repository.url("")}: its list ${path} does not end.`);
    const response = await repository.ask(next);
    // Of a refusal nothing is left to read.
    const text = response.bodyUsed ? "" : await response.text();
    const list = isUnknown(response.status, text) ? null : fieldsOf(text)[field];
    if (list !== null && response.status !== 200) {
      throw new UserError(`${new URL(next, repository.url("")).href} answers ${response.status}.`);
    }
    if (list !== null && !isTexts(list)) {
      throw new UserError(`${new URL(next, repository.url("")).href} answers something else than a list.`);
    }
    all.push(...(list ?? []));
    const [, link] = /<([^>]+)>\s*;\s*rel="?next/.exec(response.headers.get("link") ?? "") ?? [];
    next = link && pathOf(link, repository);
  }
  return all;
}

/** A registry's own word for what it does not have; what stands before it may answer 404, too. */
export function isUnknown(status: number, text: string): boolean {
  const { errors } = fieldsOf(text);
  const codes = Array.isArray(errors) ? errors.map((it) => (it as { code?: unknown } | null)?.code) : [];
  return status === 404 && codes.some((code) => code === "NAME_UNKNOWN" || code === "MANIFEST_UNKNOWN");
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}

function isTexts(list: unknown): list is string[] {
  return Array.isArray(list) && list.every((it) => typeof it === "string");
}

/** The next page of the same registry, whatever name it knows itself by. */
function pathOf(link: string, repository: Repository): string {
  const { pathname, search } = new URL(link, repository.url(""));
  return `${pathname}${search}`;
}
