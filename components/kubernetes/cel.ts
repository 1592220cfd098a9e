/**
 * A value as the Common Expression Language writes it. Kubernetes wants lists and maps to hold one type, so what holds more than texts
 * holds `dyn`.
 */
export function celLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[${celLiterals(value).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const values = celLiterals(Object.values(value));
  return `{${Object.keys(value)
    .map((key, index) => `${JSON.stringify(key)}: ${values[index]}`)
    .join(", ")}}`;
}

function celLiterals(values: unknown[]): string[] {
  const isOfTexts = values.every((value) => typeof value === "string");
  return values.map((value) => (isOfTexts ? celLiteral(value) : `dyn(${celLiteral(value)})`));
}
