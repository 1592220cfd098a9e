import { proxiedFetch } from "../../components/fetch";

/** Something that comes from elsewhere. */
export interface Source {
  /** An address of it, which can be asked whether it answers. */
  url: string;
  /** What comes from there, as the user reads it. */
  serves: string;
  /** Something else serves as well where this does not answer. @default false */
  spare?: boolean;
}

export interface Reachability extends Source {
  reachable: boolean;
}

/**
 * Asks for everything once, all at the same time, following redirections and leaving bodies unread. Any answer but a refusal
 * counts as reachable: registries answer 401 to strangers, proxies in between 403, 407 or 5xx; what else is wrong with a file
 * shows when it is downloaded.
 * @param deadline milliseconds for all of them together
 */
export function reach(sources: Source[], deadline = 6_000): Promise<Reachability[]> {
  const signal = AbortSignal.timeout(deadline);
  return Promise.all(
    sources.map(async (source): Promise<Reachability> => {
      const status = await proxiedFetch(source.url, { signal }).then(
        async ({ status, body }) => {
          await body?.cancel();
          return status;
        },
        () => 0,
      );
      return { ...source, reachable: status > 0 && status < 500 && status !== 403 && status !== 407 };
    }),
  );
}
