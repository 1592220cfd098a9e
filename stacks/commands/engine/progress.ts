import type { EngineEvent } from "@pulumi/pulumi/automation";
import { remedyFor } from "../../../components/kubernetes/troubles";
import { translate, type Outcome, type Subject } from "./events";

/** A line for people. */
export interface Line {
  tone: "plain" | "good" | "bad" | "warning";
  text: string;
}

/** Counts of what happened to resources. */
export type Counts = Partial<Record<Outcome, number>>;

interface Underway {
  subject: Subject;
  doing: string;
  since: number;
  waits?: string;
}

/** Follows an operation of the engine: what to print when, and what it comes to in the end. */
export class Progress {
  readonly counts: Counts = {};
  readonly byComponent = new Map<string, Counts>();
  /** Every error that was reported, once. */
  readonly errors: string[] = [];
  private readonly underway = new Map<string, Underway>();
  private readonly finished = new Set<string>();
  private readonly troubles = new Set<string>();

  /** Takes an event in. @returns the lines that it is worth */
  accept(event: EngineEvent): Line[] {
    const step = translate(event);
    switch (step?.kind) {
      case "started":
        this.underway.set(step.subject.urn, { subject: step.subject, doing: step.doing, since: step.at });
        return [];
      case "finished":
        return this.finish(step.subject, step.outcome, step.at);
      case "waits": {
        const waiting = step.subject && this.underway.get(step.subject.urn);
        if (waiting) waiting.waits = step.text;
        return this.tellTrouble(step.subject, step.text);
      }
      case "says":
        return this.say(step);
      default:
        return [];
    }
  }

  /** What has been under way for longest: `creating Deployment x/y (12 s)`, or nothing. */
  waitingFor(now: number): string | undefined {
    const [longest] = [...this.underway.values()].sort((a, b) => a.since - b.since);
    if (!longest) return undefined;
    const { subject, doing, since, waits } = longest;
    const more = this.underway.size > 1 ? ` and ${this.underway.size - 1} more` : "";
    return `${doing} ${subject.title} (${Math.round(now - since)} s)${waits ? `: ${firstLine(waits)}` : ""}${more}`;
  }

  /** Number of resources that are done. */
  get done(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  private finish(subject: Subject, outcome: Outcome, at: number): Line[] {
    const since = this.underway.get(subject.urn)?.since;
    this.underway.delete(subject.urn);
    // A component is reported again when it registers its outputs.
    if (this.finished.has(`${outcome} ${subject.urn}`)) return [];
    this.finished.add(`${outcome} ${subject.urn}`);
    const component = this.byComponent.get(subject.component) ?? {};
    this.byComponent.set(subject.component, component);
    for (const counts of [this.counts, component]) counts[outcome] = (counts[outcome] ?? 0) + 1;
    if (outcome === "same" || outcome === "read") return [];
    const took = since !== undefined && at - since >= 2 ? ` (${at - since} s)` : "";
    const tone = outcome === "failed" ? "bad" : "good";
    return [{ tone, text: `${subject.component}: ${subject.title} ${outcome}${took}` }];
  }

  /** What does not go by itself is told once, as soon as it is known, and not only while somebody looks. */
  private tellTrouble(subject: Subject | undefined, text: string): Line[] {
    const remedy = remedyFor(text);
    const key = `${subject?.urn ?? ""} ${remedy ?? ""}`;
    if (remedy === undefined || this.troubles.has(key)) return [];
    this.troubles.add(key);
    const about = subject && !text.startsWith(subject.title) ? `${subject.title} ` : "";
    return [{ tone: "warning", text: `${about}${firstLine(text)} → ${remedy}` }];
  }

  private say({ subject, severity, text }: { subject?: Subject; severity: string; text: string }): Line[] {
    const sentence = subject && !text.startsWith(subject.title) ? `${subject.title}: ${text}` : text;
    if (severity === "error") {
      // The engine repeats a failure as "update failed" for the whole stack.
      if (/^(update|preview|destroy|refresh) (failed|canceled)$/.test(text) || this.errors.includes(sentence))
        return [];
      this.errors.push(sentence);
      // What goes wrong in the program itself is the command's own last sentence.
      return subject ? [{ tone: "bad", text: sentence }] : [];
    }
    return [{ tone: severity === "warning" ? "warning" : "plain", text: sentence }];
  }
}

/** `12 created, 1 updated, 3 same`; `nothing` where there is nothing. */
export function sum(counts: Counts): string {
  const order: Outcome[] = ["created", "updated", "replaced", "deleted", "dropped", "failed", "same"];
  const parts = order.filter((it) => counts[it]).map((it) => `${counts[it]} ${it}`);
  return parts.join(", ") || "nothing";
}

/** `4:07` */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** What is left of what usually takes so many seconds: `about 3 min left`. */
export function timeLeft(elapsed: number, usual: number): string {
  const left = usual - elapsed;
  if (left <= 0) return `longer than the usual ${span(usual)}`;
  return `about ${span(left)} left`;
}

function span(seconds: number): string {
  return seconds >= 60 ? `${Math.round(seconds / 60)} min` : `${Math.ceil(seconds / 10) * 10} s`;
}

function firstLine(text: string): string {
  return text.split("\n")[0]!;
}
