/** Writes one line; fields are sentences and names, never what an event contained. */
export type Log = (level: "info" | "warn" | "error", fields: Record<string, unknown>) => void;

/** One JSON object per line on standard output. */
export const logJson: Log = (level, fields) => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, ...fields })}\n`);
};
