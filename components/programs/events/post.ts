import { signEvent } from "./envelope";

const POST_MS = 5_000;

/**
 * Tells an EventListener an event of ours, once.
 * @throws Error that says what it answers, or that it does not
 */
export async function postEvent(url: string, event: object, key: string, now: Date): Promise<void> {
  const body = JSON.stringify(event);
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...signEvent(body, key, now) },
    body,
    signal: AbortSignal.timeout(POST_MS),
  }).catch((error: unknown) => {
    throw new Error(reasonOf(error), { cause: error });
  });
  await response.text();
  if (!response.ok) throw new Error(`it answers ${response.status}`);
}

/** Why a request got no answer: `fetch` itself only says that it failed. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string; message: string } };
  return cause?.code ?? cause?.message ?? message;
}
