import { proxiedFetch } from "../../components/fetch";
import type { Source } from "./hosts";

export interface Reachability extends Source {
  reachable: boolean;
}

/**
 * Asks for everything once, all at the same time, also where a redirection leads; bodies are left. An address counts as
 * reachable when it answers anything but a refusal: registries answer 401 to strangers, proxies in between answer 403,
 * 407 or 5xx, and what else is wrong with a file its download says.
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
