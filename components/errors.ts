/**
 * A mistake of the user or a failure of something outside this program: its message is one sentence that says what,
 * where, and what to do. Commands print it without a stack trace.
 */
export class UserError extends Error {
  constructor(
    message: string,
    /** Exit code of the command: 1 = failed, 2 = wrong usage, 3 = a prerequisite is missing. @default 1 */
    readonly exitCode: 1 | 2 | 3 = 1,
  ) {
    super(message);
    this.name = "UserError";
    // Pulumi's host of dynamic providers prints the stack trace instead of the message.
    this.stack = message;
  }
}
