import { OpenStackError } from "./failure";

/** How often something is asked for again whose fate is unknown: the look in between waits until the service is back. */
const TRIES = 3;

function isUnanswered(error: unknown): boolean {
  return error instanceof OpenStackError && error.isUnanswered;
}

/**
 * What there is, or else what is made; where nobody knows whether it was made, it is looked for before it is made again.
 *
 * @param find undefined where it is not there
 */
export async function findOrMake<T>(find: () => Promise<T | undefined>, make: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const found = await find();
    if (found !== undefined) return found;
    try {
      return await make();
    } catch (error) {
      if (!isUnanswered(error) || tries === TRIES) throw error;
    }
  }
}

/** Asks for something that a look at the result tells to have happened: a missing answer is no failure. */
export async function ask(request: () => Promise<void>): Promise<"answered" | "unanswered"> {
  try {
    await request();
    return "answered";
  } catch (error) {
    if (isUnanswered(error)) return "unanswered";
    throw error;
  }
}

/** Identifier of what may have been made, where its own is not known. It is found by its mark. */
export const UNKNOWN_ID = "unfinished";

/**
 * Work on something that was made, or may have been: when it fails Pulumi's state keeps the thing, so that the next run
 * goes on with it and `destroy` removes it.
 *
 * @param id undefined: it was not made, unless an answer is missing
 */
export async function keepOnFailure<T>(id: string | undefined, inputs: object, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const known = id ?? (isUnanswered(error) ? UNKNOWN_ID : undefined);
    // These fields are how Pulumi's dynamic providers say so.
    if (known) Object.assign(error as Error, { id: known, properties: inputs, reasons: [(error as Error).message] });
    throw error;
  }
}
