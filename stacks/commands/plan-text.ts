import type { TablePlan } from "../../components/streams/payload/plan";
import { columns } from "./columns";

/**
 * A plan as a table of its waves.
 * @param words what rows are called, and what those are that cannot be built
 */
export function planLines({ waves, unbuildable }: TablePlan, words: { images: string; left: string }): string[] {
  const rows = waves.flatMap((wave, index) =>
    wave.map(({ name, inputs, key, reason }) => [String(index + 1), name, key.slice(0, 12), inputs.join(" "), reason]),
  );
  const counts = waves.map((wave) => wave.length).join(", ");
  return [
    ...columns(["WAVE", "COMPONENT", "KEY", "STANDS ON", "WHY"], rows),
    `${rows.length} ${words.images} in waves of ${counts}; ${unbuildable.length} ${words.left}`,
  ];
}
