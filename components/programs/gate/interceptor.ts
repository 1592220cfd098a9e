import * as z from "zod/mini";
import { buildText, compositionName, finishedSchema } from "../events/build";
import type { Outcome, Verdict } from "./decide";
import { type Refusal, refusalOf } from "../events/envelope";
import type { Gate } from "./gate";
import { Unavailable } from "./registry";

/** Codes of google.rpc that an interceptor answers with. */
const CODES = {
  ok: 0,
  invalidArgument: 3,
  alreadyExists: 6,
  failedPrecondition: 9,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
};

/** What Tekton Triggers gets: always with status 200, a refusal too. */
export interface Answer {
  continue: boolean;
  status: { code: number; message: string };
  extensions?: Record<string, unknown>;
}

/** How a request ended, for metrics and the log. */
export interface Judgement {
  outcome: "verified" | Outcome | Refusal | "invalid" | "unknown-type" | "other-type" | "unavailable" | "failed";
  answer: Answer;
}

/** Every `outcome` there is: metrics begin at zero. */
export const OUTCOMES: readonly Judgement["outcome"][] = [
  "verified",
  "compose",
  "incomplete",
  "composed",
  "expired",
  "unsigned-record",
  "conflicting",
  "unknown-architecture",
  "foreign",
  "unsigned",
  "wrongly-signed",
  "outside-window",
  "oversized",
  "invalid",
  "unknown-type",
  "other-type",
  "unavailable",
  "failed",
];

/** Types of the events that we send ourselves. */
const TYPES = ["build-finished", "build-requested"];

const requestSchema = z.object({
  body: z.string(),
  header: z.nullish(z.record(z.string(), z.array(z.string()))),
  interceptor_params: z.nullish(z.record(z.string(), z.unknown())),
});

const eventSchema = z.looseObject({ schema: z.literal(1), type: z.string() });

/** Answers Tekton Triggers: whether an event is ours, and whether a build is to be composed. */
export class Interceptor {
  constructor(
    private readonly gate: Pick<Gate, "decide" | "repository">,
    private readonly keys: () => readonly string[],
    /** Keys of other clusters, which may say that a run has ended: that is no more than a hint to look. */
    private readonly otherKeys: () => readonly string[] = () => [],
    private readonly now: () => Date = () => new Date(),
  ) {}

  /**
   * Lets events of ours pass.
   *
   * @param text the request of Triggers; its parameter `type` names the one type that the Trigger is for
   */
  signature(text: string): Judgement {
    const event = this.open(text, this.keys());
    return "outcome" in event
      ? event
      : { outcome: "verified", answer: passing(`a signed event of type ${event.type}`) };
  }

  /** Lets the event pass that finds its build complete, with what is to be composed in `extensions.multiarch`. */
  async complete(text: string): Promise<Judgement> {
    const event = this.open(text, [...this.keys(), ...this.otherKeys()], "build-finished");
    if ("outcome" in event) return event;
    const parsed = finishedSchema.safeParse(event.body);
    if (!parsed.success) {
      return refused("invalid", CODES.invalidArgument, `the event has a wrong field ${fieldOf(parsed.error)}`);
    }
    const { stream, version, buildId, architecture, record } = parsed.data;
    const build = { stream, version, buildId };
    try {
      return this.judge(
        build,
        await this.gate.decide(build, { architecture, ...(record !== undefined && { record }) }),
      );
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      return refused("unavailable", CODES.unavailable, `${buildText(build)}: ${error.message}; it is looked at again`);
    }
  }

  private judge(build: { stream: string; version: string; buildId: string }, verdict: Verdict): Judgement {
    const { outcome, message, arrived, composition } = verdict;
    if (!composition) {
      const codes: Partial<Record<Outcome, number>> = {
        composed: CODES.alreadyExists,
        foreign: CODES.invalidArgument,
        "unknown-architecture": CODES.invalidArgument,
      };
      return refused(outcome, codes[outcome] ?? CODES.failedPrecondition, message);
    }
    // Bindings put lists and maps in as JSON text, whose quotes would end the string that they go into: blanks separate.
    const lines = Object.entries(composition.sources).flatMap(([image, digests]) =>
      Object.entries(digests).map(
        ([architecture, digest]) => `${this.gate.repository(image)} ${architecture} ${digest}`,
      ),
    );
    const multiarch = {
      ...build,
      name: compositionName(build, composition.attempt),
      tag: composition.tag,
      label: composition.label,
      architectures: arrived.join(" "),
      sources: lines.join(" "),
      bootImages: composition.bootImages.join(" "),
    };
    return { outcome, answer: { ...passing(message), extensions: { multiarch } } };
  }

  /** The body of a signed event of ours, or why it is refused. */
  private open(text: string, keys: readonly string[], only?: string): { type: string; body: unknown } | Judgement {
    const request = requestSchema.safeParse(parseJson(text));
    if (!request.success) {
      return refused("invalid", CODES.invalidArgument, "this is no request of Tekton Triggers");
    }
    const { body, header, interceptor_params: params } = request.data;
    const refusal = refusalOf(body, header ?? {}, keys, this.now());
    if (refusal) {
      return refused(refusal, CODES.unauthenticated, REFUSALS[refusal]);
    }
    const event = eventSchema.safeParse(parseJson(body));
    if (!event.success) {
      return refused("invalid", CODES.invalidArgument, "the event is no JSON object with schema 1 and a type");
    }
    const wanted = only ?? params?.type;
    const { type } = event.data;
    if (!TYPES.includes(type)) {
      return refused("unknown-type", CODES.invalidArgument, "the event is of a type that nobody knows");
    }
    // An EventListener asks for all of its Triggers.
    if (typeof wanted === "string" && type !== wanted) {
      return refused("other-type", CODES.failedPrecondition, `the Trigger is for ${wanted}, not for ${type}`);
    }
    return { type, body: event.data };
  }
}

const REFUSALS: Record<Refusal, string> = {
  unsigned: "the event carries no signature",
  "wrongly-signed": "the event's signature is not by a key of this stack",
  "outside-window": "the event was not signed within the last five minutes",
  oversized: "the event is too large",
};

/** An answer that creates nothing. */
export function refused(outcome: Judgement["outcome"], code: number, message: string): Judgement {
  return { outcome, answer: { continue: false, status: { code, message } } };
}

/** What an error of our own ends in: nothing is created. */
export const FAILED = refused("failed", CODES.internal, "the gate failed; its log says why");
export const OVERSIZED = refused("oversized", CODES.invalidArgument, REFUSALS.oversized);

function passing(message: string): Answer {
  return { continue: true, status: { code: CODES.ok, message } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldOf(error: z.core.$ZodError): string {
  return error.issues[0]!.path.join(".");
}
