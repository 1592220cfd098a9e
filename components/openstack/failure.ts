import { UserError } from "../errors";

/** The services that are spoken to: their types in the catalogue, and their names. */
export const SERVICES = {
  identity: "Keystone",
  baremetal: "Ironic",
  lease: "ESI-Leap",
  network: "Neutron",
  image: "Glance",
} as const;

export type Service = keyof typeof SERVICES;

/** ESI-Leap's threads now and then lose their credentials for Ironic, in the middle of a call. */
const LOST_CREDENTIALS = /Must provide Keystone credentials/i;

/** A call that a service refused or did not answer; the message names service and call, and has the service's own words. */
export class OpenStackError extends UserError {
  constructor(
    readonly service: Service,
    /** As `POST /v1/offers`. */
    readonly call: string,
    /** The HTTP status; 0 where there was no answer. */
    readonly status: number,
    /** What the service said. */
    readonly words: string,
  ) {
    super(
      status === 0
        ? `${SERVICES[service]} did not answer ${call}: ${words}.`
        : `${SERVICES[service]} refused ${call} (${String(status)}): ${words.replace(/\.?$/, ".")}`,
    );
  }

  /** Nobody knows whether it was done. */
  get isUnanswered(): boolean {
    return [0, 502, 503, 504].includes(this.status) || (this.status === 500 && LOST_CREDENTIALS.test(this.words));
  }
}

/** What a service says in the body of a refusal; each says it in another shape. */
export function wordsOf(body: string): string {
  const words = wordsIn(body.trim());
  return words.replace(/\s+/g, " ").slice(0, 500) || "it did not say why";
}

function wordsIn(text: string): string {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // A page for people: the title says it twice.
    return text
      .replace(/<(title|style)>[\s\S]*?<\/\1>/gi, " ")
      .replace(/<[^>]*>/g, " ")
      .trim();
  }
  return inside(content) ?? text;
}

/** Ironic: {error_message: '{"faultstring"}'} · ESI-Leap: {faultstring} · Keystone: {error: {message}} · Neutron: {NeutronError: {message}}. */
function inside(content: unknown): string | undefined {
  if (typeof content === "string") return content.trimStart().startsWith("{") ? wordsIn(content) : content;
  if (typeof content !== "object" || content === null) return undefined;
  const fields = content as Record<string, unknown>;
  for (const key of ["error_message", "faultstring", "NeutronError", "error", "message"]) {
    const found = inside(fields[key]);
    if (found !== undefined) return found;
  }
  return undefined;
}
