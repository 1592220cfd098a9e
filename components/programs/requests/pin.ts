import { reasonOf } from "../events/post";

/** Where a build's sources come from. */
export interface GitSource {
  /** What `git clone` takes. */
  repository: string;
  /** Or a tag, as `refs/tags/v4.21.0`. */
  branch: string;
}

const ANSWER_MS = 30_000;

/** Whether a repository can be asked for its branches here, where there is no git: those behind http and https can. */
export function canBeAsked({ repository }: GitSource): boolean {
  return /^https?:\/\//.test(repository);
}

/**
 * The commit that a branch or tag is at, as `git ls-remote` asks for it: the list of references that begins every fetch by
 * [smart HTTP](https://git-scm.com/docs/http-protocol).
 *
 * @throws Error that says what the server answers instead
 */
export async function headOf({ repository, branch }: GitSource): Promise<string> {
  const url = `${repository.replace(/\/+$/, "")}/info/refs?service=git-upload-pack`;
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) }).catch((error: unknown) => {
    throw new Error(`${repository} does not answer: ${reasonOf(error)}`, { cause: error });
  });
  if (!response.ok) throw new Error(`${repository} answers ${response.status}`);
  if (response.headers.get("content-type") !== "application/x-git-upload-pack-advertisement") {
    throw new Error(`${repository} does not speak git's smart HTTP`);
  }
  const tag = branch.startsWith("refs/tags/");
  let found: string | undefined;
  for await (const line of packetLines(response.body!)) {
    const [, commit, name] = /^([0-9a-f]{40,64}) ([^\0\n]+)/.exec(line) ?? [];
    if (name === `${branch}^{}`) return commit!; // what an annotated tag points at comes right after it
    if (found) break; // the rest of the list, all pull requests, stays there
    if (name === (tag ? branch : `refs/heads/${branch}`)) found = commit!;
  }
  if (!found) throw new Error(`${repository} has no ${tag ? branch : `branch ${branch}`}`);
  return found;
}

/** Lines that each have their length before them, in four hexadecimal digits; below four it is a mark without a line. */
async function* packetLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of body) {
    bytes = Buffer.concat([bytes, chunk]);
    for (let length; bytes.length >= 4; bytes = bytes.subarray(Math.max(length, 4))) {
      length = parseInt(bytes.toString("latin1", 0, 4), 16);
      if (Number.isNaN(length)) throw new Error("the server's list of branches cannot be read");
      if (bytes.length < length) break;
      if (length > 4) yield bytes.toString("utf8", 4, length);
    }
  }
}
