import type { Command } from "commander";

/** `drift STACK` */
export function register(program: Command): void {
  program
    .command("drift")
    .summary("say what a stack's cluster has otherwise than the stack declares")
    .description(
      "Asks the API server of each Kubernetes object that the last up made: what is otherwise, gone, or set by hand besides; 1 where there is something. Nothing is changed.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …")
    .option("--json", "print {objects, drifts: [{object, gone, differences, more, failure}]} on stdout")
    .action(drift);
}

async function drift(stack: string, { json }: { json?: boolean }): Promise<void> {
  const [{ deployedStack }, { defaultOptions }, { connect }, { UserError }, drifts, text] = await Promise.all([
    import("./deploy"),
    import("./options"),
    import("../../components/kubernetes/connection"),
    import("../../components/errors"),
    Promise.all([import("../drift/declared"), import("../drift/drift")]),
    import("../drift/drift-text"),
  ]);
  const [{ declaredObjects }, { findDrift }] = drifts;
  const { outputs, state } = await deployedStack("drift", stack, defaultOptions());
  const declared = declaredObjects(state.resources ?? []);
  const found = await findDrift(await connect(outputs.kubeconfig), declared);
  const named = found.map(({ object: { apiVersion, kind, metadata }, ...rest }) => ({
    object: { apiVersion, kind, name: metadata.name, namespace: metadata.namespace },
    ...rest,
  }));
  console.log(
    json
      ? JSON.stringify({ objects: declared.length, drifts: named }, undefined, 2)
      : text.renderDrift(found, declared.length),
  );
  if (found.length > 0) {
    throw new UserError(`Stack ${stack} is not as declared: \`npm run up -- ${stack}\` makes it so again.`);
  }
}
