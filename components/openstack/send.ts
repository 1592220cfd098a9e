import { setTimeout as sleep } from "node:timers/promises";
import { OpenStackError, type Service, wordsOf } from "./failure";
import { proxiedFetch } from "../fetch";

export interface Call {
  service: Service;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  url: string;
  /** What errors name: method and path. */
  call: string;
  headers?: Record<string, string>;
  /** Sent as JSON; bytes are sent as they are. */
  body?: object | Uint8Array;
  /** Doing it twice is as good as once. @default for GET and DELETE */
  repeatable?: boolean;
  /** Told once, before it is sent for the second time, why; not for a 500. @default nobody listens */
  onRepeat?: (why: string) => void;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** Undefined where the body is none. */
  json?: unknown;
  /** What a refusal says. */
  words: string;
}

/** Milliseconds: for one try, between tries, and for all of them. */
export const PATIENCE = { call: 60_000, pause: 500, longestPause: 10_000, retries: 150_000 };

/** The connection was never made: nothing can have happened. */
const NOT_SENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"];

/** How often a request is sent that a service fails to answer by a fault of its own. */
const FAULTS = 3;

/**
 * Sends a request until it is answered. It is sent again only where that is safe: where the service cannot have done
 * anything (no connection, too many requests, a node that is locked) or doing it twice is as good as once (no answer, or a
 * proxy's 502, 503 and 504). A 500 is sent again twice: most of them last, but ESI-Leap's threads now and then lose their
 * credentials for Ironic.
 *
 * @returns also refusals
 * @throws OpenStackError when there is no answer
 */
export async function send(call: Call): Promise<Answer> {
  const repeatable = call.repeatable ?? (call.method === "GET" || call.method === "DELETE");
  const deadline = Date.now() + PATIENCE.retries;
  for (let tries = 1, pause = PATIENCE.pause; ; tries++, pause = Math.min(2 * pause, PATIENCE.longestPause)) {
    const outcome = await sendOnce(call);
    const again = outcome instanceof NoAnswer ? repeatable || outcome.notSent : isBusy(outcome, repeatable, tries);
    const wait = outcome instanceof NoAnswer ? pause : (retryAfter(outcome) ?? pause);
    if (again && Date.now() + wait < deadline) {
      if (tries === 1 && !isFault(outcome)) call.onRepeat?.(outcome instanceof NoAnswer ? outcome.why : outcome.words);
      await sleep(wait);
      continue;
    }
    if (outcome instanceof NoAnswer) throw new OpenStackError(call.service, call.call, 0, outcome.why);
    return outcome;
  }
}

class NoAnswer {
  constructor(
    readonly why: string,
    readonly notSent: boolean,
  ) {}
}

async function sendOnce({ method, url, headers, body }: Call): Promise<Answer | NoAnswer> {
  const bytes = body instanceof Uint8Array;
  try {
    const response = await proxiedFetch(url, {
      method,
      headers: {
        accept: "application/json",
        ...(body && !bytes && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body && { body: bytes ? body : JSON.stringify(body) }),
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE.call),
    });
    const text = await response.text();
    const { status } = response;
    return { status, headers: response.headers, json: status < 300 ? jsonOf(text) : undefined, words: wordsOf(text) };
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
    const address = new URL(url).origin;
    if (name === "TimeoutError")
      return new NoAnswer(`nothing came from ${address} in ${String(PATIENCE.call / 1000)} s`, false);
    const code = cause?.code ?? "";
    return new NoAnswer(`${cause?.message || code || message} (${address})`, NOT_SENT.includes(code));
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isFault(outcome: Answer | NoAnswer): boolean {
  return !(outcome instanceof NoAnswer) && outcome.status === 500;
}

function isBusy({ status, words }: Answer, repeatable: boolean, tries: number): boolean {
  if (status === 429) return true;
  // Ironic locks a node while it works on it.
  if (status === 409) return /is locked by host/.test(words);
  if (status === 500) return repeatable && tries < FAULTS;
  return repeatable && [502, 503, 504].includes(status);
}

function retryAfter({ headers }: Answer): number | undefined {
  const seconds = Number(headers.get("retry-after") ?? NaN);
  return Number.isFinite(seconds) ? Math.min(seconds, 30) * 1000 : undefined;
}
