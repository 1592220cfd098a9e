import { readFileSync } from "node:fs";

// The API server as the account of the pod asks it. In the environment: API_SERVER, TOKEN_FILE; NODE_EXTRA_CA_CERTS names whom to trust.

const { API_SERVER = "", TOKEN_FILE = "" } = process.env;
const ANSWER_MS = 30_000;

/** Sends a request. @param body a patch merges */
export function ask(method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${API_SERVER}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${readFileSync(TOKEN_FILE, "utf8").trim()}`,
      "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
}

/**
 * All objects at a path, page by page.
 *
 * @param keep what is held on to of each
 * @param what for the sentence
 * @throws Error where they cannot be listed
 */
export async function list<T, K>(
  path: string,
  keep: (object: T) => K,
  { labelSelector, what = path }: { labelSelector?: string; what?: string } = {},
): Promise<K[]> {
  const found: K[] = [];
  let next = "";
  do {
    const query = new URLSearchParams({
      ...(labelSelector && { labelSelector }),
      limit: "100",
      ...(next && { continue: next }),
    });
    const response = await ask("GET", `${path}?${query}`);
    if (!response.ok) throw new Error(`${what} cannot be listed: the API server answers ${response.status}`);
    const { items, metadata } = (await response.json()) as { items: T[]; metadata: { continue?: string } };
    found.push(...items.map(keep));
    next = metadata.continue ?? "";
  } while (next);
  return found;
}
