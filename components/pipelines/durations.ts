/**
 * A duration in the words in which Tekton stores it: `3h` is `3h0m0s` there, and other words would look like somebody's
 * change at every `up`. What is no sum of hours, minutes and seconds stays as it is, as a parameter does.
 */
export function storedDuration(duration: string): string {
  const parts = /^(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration);
  if (!parts) return duration;
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  const total = hours * 3600 + minutes * 60 + seconds;
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  if (h > 0) return `${h}h${m}m${s}s`;
  return m > 0 ? `${m}m${s}s` : `${s}s`;
}
