/** `2026-11-26 12:48`, in UTC. @param time ISO 8601, where it is a text */
export function minute(time: Date | string): string {
  return new Date(time).toISOString().slice(0, 16).replace("T", " ");
}
