/** Who holds a stack's lock, as the engine says it of a backend that is files. */
export interface Holder {
  user: string;
  host: string;
  pid: number;
  since: string;
}

/** Reads the engine's refusal to work on a locked stack. */
export function holders(refusal: string): Holder[] {
  const lines = refusal.matchAll(/created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/g);
  return [...lines].map(([, user = "", host = "", pid, since = ""]) => ({ user, host, pid: Number(pid), since }));
}
