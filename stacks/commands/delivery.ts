import { Argument, type Command } from "commander";
import type { Deliverer } from "../../components/delivery/hands";
import { UserError } from "../../components/errors";
import { withEngineOptions, type EngineOptions } from "./options";

/** `delivery STACK argocd|pulumi` */
export function register(program: Command): void {
  const command = program
    .command("delivery")
    .summary("have Argo CD deliver a stack's pipelines instead of Pulumi, or Pulumi again")
    .description(
      "Switches a deployed stack to the other, step by step, with runs going on: no object is removed or made anew. Killed anywhere, the same command goes on. The stack's setting delivery.by says so first.",
    )
    .argument("<stack>", "name of the stack: existing, moc, …")
    .addArgument(new Argument("<to>", "who is to deliver").choices(["argocd", "pulumi"]));
  withEngineOptions(command).action(switchDelivery);
}

async function switchDelivery(stack: string, to: Deliverer, options: EngineOptions): Promise<void> {
  const [{ readStack }, { openEngine, requireSameAccount }, { preflight }, { previewStack }, { deliverable }] =
    await Promise.all([
      import("./stack"),
      import("./deploy"),
      import("./preflight"),
      import("../preview/preview"),
      import("../preview/delivered"),
    ]);
  const context = readStack(stack);
  const { delivery } = context.configuration;
  if (delivery.by !== to) {
    throw new UserError(
      `delivery.by of stack ${stack} is ${delivery.by}: set okd-streams:delivery.by to ${to} in its file, then run this again.`,
      2,
    );
  }
  await preflight(context);
  const { resources } = await previewStack(stack, { whole: true, undivided: true });
  const asked = { switching: false };
  // Going back must be possible when Git has gone on, or is gone: what Argo CD has set is no conflict then.
  const variables = to === "pulumi" ? { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" } : undefined;
  const engine = await openEngine("delivery", context, { ...options, create: false, asked, variables });
  try {
    await requireSameAccount(context, engine);
    const [{ connect }, { readOutputs }, { readFromGit }, { beginSwitch, endSwitch }, { switchTo }, { setTimeout }] =
      await Promise.all([
        import("../../components/kubernetes/connection"),
        import("./outcome"),
        import("./delivery/git"),
        import("./delivery/record"),
        import("./delivery/steps"),
        import("node:timers/promises"),
      ]);
    const { kubeconfig } = readOutputs(await engine.outputs());
    if (!kubeconfig) throw new UserError(`Stack ${stack} is not deployed: npm run up -- ${stack}.`);
    const { repository = "", revision, path = `rendered/${stack}` } = delivery;
    const place = { repository, revision, path };
    let git: ReturnType<typeof readFromGit> | undefined;
    await switchTo(to, {
      stack,
      rendered: deliverable(resources),
      place,
      readGit: () => (git ??= readFromGit(place)),
      up(switching) {
        beginSwitch(stack, to);
        asked.switching = switching;
        return engine.up();
      },
      state: () => engine.state(),
      cluster: await connect(kubeconfig),
      waits: { patience: options.patience, pause: setTimeout },
      say: (line) => process.stdout.write(`${line}\n`),
    });
    endSwitch(stack);
  } finally {
    engine.close();
  }
}
