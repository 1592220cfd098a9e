/**
 * Does something with each entry of a list, some at a time; after the first that fails none is begun.
 * @returns the results, in the list's order
 */
export async function eachOf<T, R>(list: T[], atOnce: number, act: (entry: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const rest = list.entries();
  let failed = false;
  const worker = async () => {
    for (const [index, entry] of rest) {
      if (failed) return;
      try {
        results[index] = await act(entry);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return results;
}
