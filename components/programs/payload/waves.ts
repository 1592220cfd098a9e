/** Rows that cannot be put into an order: the sentence names them. */
export class Disorder extends Error {}

/**
 * The waves in which components are built, each after everything that it builds on.
 *
 * @param inputs components by name → the names of those that they build on
 * @param known names that need no build
 * @returns names, sorted within each wave
 * @throws Disorder that names the rows: for an input that is neither a row nor known, and for a cycle
 */
export function wavesOf(
  inputs: ReadonlyMap<string, readonly string[]>,
  known: ReadonlySet<string> = new Set(),
): string[][] {
  for (const [name, needed] of inputs) {
    const unknown = needed.find((input) => !inputs.has(input) && !known.has(input));
    if (unknown !== undefined) throw new Disorder(`${name} stands on ${unknown}, and there is no such component`);
  }
  const waves: string[][] = [];
  const done = new Set<string>();
  while (done.size < inputs.size) {
    const wave = [...inputs]
      .filter(([name, needed]) => !done.has(name) && needed.every((input) => done.has(input) || !inputs.has(input)))
      .map(([name]) => name)
      .sort();
    if (wave.length === 0) throw new Disorder(`${cycleIn(inputs, done).join(" stands on ")}: a cycle`);
    for (const name of wave) done.add(name);
    waves.push(wave);
  }
  return waves;
}

/** One way round. */
function cycleIn(inputs: ReadonlyMap<string, readonly string[]>, done: ReadonlySet<string>): string[] {
  const way: string[] = [];
  let name = [...inputs.keys()].filter((candidate) => !done.has(candidate)).sort()[0]!;
  while (!way.includes(name)) {
    way.push(name);
    name = inputs.get(name)!.find((input) => inputs.has(input) && !done.has(input))!;
  }
  return [...way.slice(way.indexOf(name)), name];
}
