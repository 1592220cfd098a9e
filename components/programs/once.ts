/** Asks once for all who ask at the same time or shortly after; what failed is asked again. */
export function once<T>(ask: () => Promise<T>, lastsMs: number): () => Promise<T> {
  let held: { answer: Promise<T>; until: number } | undefined;
  return () => {
    if (held && Date.now() < held.until) return held.answer;
    const asked = { answer: ask(), until: Infinity };
    held = asked;
    asked.answer.then(
      () => (asked.until = Date.now() + lastsMs),
      () => (asked.until = 0),
    );
    return asked.answer;
  };
}
