import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../errors";
import { proxiedFetch } from "../fetch";
import type { Tls } from "./credentials";
import { OpenStackError, type Service, SERVICES, wordsOf } from "./failure";
import { fetchWith } from "./transport";

export interface Call {
  service: Service;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  url: string;
  /** What errors name: method and path. */
  call: string;
  headers?: Record<string, string>;
  /** Sent as JSON; bytes are sent as they are. */
  body?: object | Uint8Array;
  /** @default what Node trusts */
  tls?: Tls;
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

/** Why certificates are not taken, and what speaks no TLS: so it is the next time too. */
const NO_TRUST =
  /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECODE)|^ERR_TLS_|^ERR_SSL_|^EPROTO$|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH/;

/** Origins that have answered: their names resolve, and where one does not for once it will again. */
const known = new Set<string>();

/** How often a request is sent that a service fails to answer by a fault of its own. */
const FAULTS = 3;

/**
 * Sends a request until it is answered. It is only sent again where that is safe: where the service cannot have acted on it (no
 * connection, too many requests, a locked node), or where acting twice is as good as once (no answer, or a proxy's 502, 503 and
 * 504). A 500 is retried twice: most 500s are permanent, but ESI-Leap's threads occasionally lose their credentials for Ironic.
 *
 * @returns the answer, refusals included
 * @throws OpenStackError when there is no answer
 * @throws UserError at once for a lasting failure: an untrusted certificate, a name that does not resolve, a redirect
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

async function sendOnce(call: Call): Promise<Answer | NoAnswer> {
  const { method, url, headers, body, tls } = call;
  const bytes = body instanceof Uint8Array;
  const { origin } = new URL(url);
  const ask = tls ? fetchWith(tls) : proxiedFetch;
  try {
    const response = await ask(url, {
      method,
      headers: {
        accept: "application/json",
        ...(body && !bytes && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body && { body: bytes ? body : JSON.stringify(body) }),
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE.call),
    });
    const text = await response.text();
    const { status } = response;
    known.add(origin);
    if (status >= 300 && status < 400 && status !== 304) throw new Lasting(redirected(call, response));
    return { status, headers: response.headers, json: status < 300 ? jsonOf(text) : undefined, words: wordsOf(text) };
  } catch (error) {
    if (error instanceof Lasting) throw error;
    const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
    if (name === "TimeoutError")
      return new NoAnswer(`nothing came from ${origin} in ${String(PATIENCE.call / 1000)} s`, false);
    const code = cause?.code ?? "";
    const why = cause?.message || code || message;
    if (NO_TRUST.test(code)) throw new Lasting(distrusted(call, origin, why));
    if (code === "ENOTFOUND" && !known.has(origin)) {
      throw new Lasting(
        `${SERVICES[call.service]} at ${origin} cannot be found: no address is known for that name (${why}). Correct auth_url, or ask the site.`,
      );
    }
    return new NoAnswer(`${why} (${origin})`, NOT_SENT.includes(code));
  }
}

/** What trying again does not change. */
class Lasting extends UserError {
  constructor(sentence: string) {
    super(sentence, 3);
  }
}

function distrusted({ service }: Call, origin: string, why: string): string {
  return (
    `${SERVICES[service]} at ${origin} is not trusted: ${why}. Name the file of the authority's certificate as cacert in ` +
    `clouds.yaml (or OS_CACERT), or set verify: false there if it does not matter who answers.`
  );
}

/** Nothing is sent after it: with a token, or a password, it would go to whoever the answer names. */
function redirected({ service, call }: Call, { status, headers }: Response): string {
  const to = headers.get("location")?.replace(/[?#].*$/, "") ?? "an address that it does not name";
  return (
    `${SERVICES[service]} answers ${call} with a redirect (${String(status)}) to ${to}: ` +
    (service === "identity" ? "set auth_url to the address that it wants." : "ask the site to correct its catalogue.")
  );
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
