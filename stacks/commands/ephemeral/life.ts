import { failureOf, Interrupted } from "../failure";

/** What an ephemeral stack goes through, in this order. */
export type PhaseName = "up" | "run" | "collect" | "destroy";

export interface Phase {
  name: PhaseName;
  seconds: number;
  /** Why it failed, in a sentence. @default it succeeded */
  failure?: string;
}

/** How it went. */
export interface End {
  phases: Phase[];
  outcome: "succeeded" | "failed" | "interrupted";
  /** Why it did not succeed. */
  sentence?: string;
  left: "removed" | "kept" | "left behind";
}

/** What is done in each phase. */
export interface Steps<Deployed> {
  up(): Promise<Deployed>;
  run(deployed: Deployed): Promise<void>;
  /** @param deployed absent where `up` failed */
  collect(deployed?: Deployed): Promise<void>;
  destroy(): Promise<void>;
  /** Takes the place of `destroy`. */
  keep(): void;
  report(end: End): Promise<void>;
}

/**
 * Lives a stack's life: whatever fails, what follows is done, and what has failed first is thrown in the end.
 *
 * @param keepOnFailure a stack whose `up` or `run` fails is kept; one that is interrupted never is
 * @param tell gets failures that another one hides
 */
export async function live<Deployed>(
  steps: Steps<Deployed>,
  { keepOnFailure = false, tell }: { keepOnFailure?: boolean; tell: (sentence: string) => void },
): Promise<void> {
  const phases: Phase[] = [];
  const failures: unknown[] = [];
  const attempt = async <T>(name: PhaseName, act: () => Promise<T>): Promise<T | undefined> => {
    const start = Date.now();
    const phase: Phase = { name, seconds: 0 };
    phases.push(phase);
    try {
      return await act();
    } catch (error) {
      phase.failure = sentenceOf(error);
      failures.push(error);
      return undefined;
    } finally {
      phase.seconds = Math.round((Date.now() - start) / 1000);
    }
  };

  const deployed = await attempt("up", steps.up);
  if (failures.length === 0) await attempt("run", () => steps.run(deployed!));
  const keeps = keepOnFailure && failures.length > 0 && !failures.some((it) => it instanceof Interrupted);
  await attempt("collect", () => steps.collect(deployed));
  if (keeps) steps.keep();
  else await attempt("destroy", steps.destroy);

  const [first, ...others] = failures;
  const removed = phases.some(({ name, failure }) => name === "destroy" && failure === undefined);
  try {
    await steps.report({
      phases,
      outcome: failures.length === 0 ? "succeeded" : first instanceof Interrupted ? "interrupted" : "failed",
      ...(failures.length > 0 && { sentence: sentenceOf(first) }),
      left: keeps ? "kept" : removed ? "removed" : "left behind",
    });
  } catch (error) {
    if (failures.length === 0) throw error;
    others.push(error);
  }
  for (const error of others) tell(sentenceOf(error));
  if (failures.length > 0) throw first as Error;
}

function sentenceOf(error: unknown): string {
  if (error instanceof Interrupted) return "It was interrupted.";
  return failureOf(error).sentence ?? String(error);
}
