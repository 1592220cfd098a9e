import type { Command } from "commander";

interface Module {
  register: (program: Command) => void;
}

/** Only the verb that was asked for is loaded: the engine's library alone takes a second. */
export const verbs: Record<string, () => Promise<Module>> = {
  start: () => import("./start"),
  up: () => import("./up"),
  destroy: () => import("./destroy"),
  ephemeral: () => import("./ephemeral"),
  preview: () => import("./preview"),
  render: () => import("./render"),
  policy: () => import("./policy"),
  drift: () => import("./drift"),
  bundle: () => import("./bundle"),
  build: () => import("./build"),
  builds: () => import("./builds"),
  status: () => import("./status"),
  release: () => import("./release"),
  payload: () => import("./payload"),
  operators: () => import("./operators"),
  "payload:table": () => import("./payload-table"),
  plan: () => import("./plan"),
  certify: () => import("./certify"),
  "upgrade-test": () => import("./upgrade-test"),
  capacity: () => import("./capacity"),
  sweep: () => import("./sweep"),
  access: () => import("./access"),
  "give-back": () => import("./give-back"),
  doctor: () => import("./doctor"),
  env: () => import("./env"),
  "images:lock": () => import("./images-lock"),
  pins: () => import("./pins"),
  graph: () => import("./graph"),
  completion: () => import("./completion"),
};

/** Registers verbs. @param names all of them where none is of these */
export async function registerVerbs(program: Command, names: string[] = []): Promise<Command> {
  const known = names.filter((name) => Object.hasOwn(verbs, name));
  for (const name of known.length > 0 ? known : Object.keys(verbs)) (await verbs[name]!()).register(program);
  return program;
}
