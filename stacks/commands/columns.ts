/** Lines of aligned columns, numbers to the right. */
export function columns(head: string[], rows: string[][]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const isNumber = head.map((_, column) => rows.every((row) => /^\d+$/.test(row[column]!)));
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}
