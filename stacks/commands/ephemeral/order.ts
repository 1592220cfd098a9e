import { UserError } from "../../../components/errors";
import { type Buildable, chooseBuild, type Chooser, choosePayload, chooseRelease } from "../follow/choose";
import type { Outputs } from "../outcome";

/** What is run in a stack, as `--run` says it. */
export interface Order {
  kind: Kind;
  /** Version of a stream, or name of a layer, release or payload. @default the only one */
  name?: string;
}

type Kind = keyof typeof choosers;

const choosers = {
  coreos: (stack, { streams }, name) => chooseBuild(stack, { streams }, name),
  layer: (stack, { layers }, name) => chooseBuild(stack, { streams: [], layers }, name),
  release: chooseRelease,
  payload: choosePayload,
} satisfies Record<string, Chooser>;

/** @throws UserError (exit code 2) for anything but a kind and perhaps a name */
export function readOrder([kind = "", name, ...rest]: string[]): Order {
  if (!Object.hasOwn(choosers, kind) || rest.length > 0) {
    const found = [kind, name, ...rest].filter(Boolean).join(" ");
    throw new UserError(
      `--run: found ${JSON.stringify(found)}, expected one of ${Object.keys(choosers).join(", ")}, and perhaps a name.`,
      2,
    );
  }
  if (kind === "layer" && !name) throw new UserError("--run layer needs the layer's name.", 2);
  return { kind: kind as Kind, ...(name && { name }) };
}

/** What to create runs of. @throws UserError where the stack has none of that name, or several and none is named */
export function choose(stack: string, outputs: Outputs, { kind, name }: Order): Buildable {
  const chooser: Chooser = choosers[kind];
  return chooser(stack, outputs, name);
}

/** `layer tree` */
export function orderText({ kind, name }: Order): string {
  return [kind, name].filter(Boolean).join(" ");
}
