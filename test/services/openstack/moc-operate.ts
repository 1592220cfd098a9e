import "../../../stacks/commands/unread";
import { openEngine } from "../../../stacks/commands/deploy";
import { report } from "../../../stacks/commands/failure";
import { DEFAULT_PARALLEL } from "../../../stacks/commands/options";
import { readStack } from "../../../stacks/commands/stack";

/**
 * `moc-operate.ts up|up-again`: what `npm run up -- moc-test` does, without or with `--expect-no-changes`, but for the look at
 * this machine, which refuses the lab's stand-in for the Kubernetes plugin. The last line is the stack's outputs.
 */
async function main([verb]: string[]): Promise<number> {
  try {
    const options = { parallel: DEFAULT_PARALLEL, deadline: 30, patience: 15 };
    const engine = await openEngine("up", readStack("moc-test"), options);
    try {
      process.stdout.write(`${JSON.stringify(await engine.up(verb === "up-again"))}\n`);
    } finally {
      engine.close();
    }
    return 0;
  } catch (error) {
    return report(error);
  }
}

if (require.main === module) void main(process.argv.slice(2)).then((code) => process.exit(code));
