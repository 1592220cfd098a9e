import type { Command } from "commander";

interface Module {
  register: (program: Command) => void;
}

/** What there is to do; only what was asked for is loaded: the engine's library alone takes a second. */
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
  backup: () => import("./backup"),
  restore: () => import("./restore"),
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
};

/** Registers verbs of a table: one that is in it, or all. */
export async function registerVerbs(program: Command, table: typeof verbs, verb = ""): Promise<Command> {
  const wanted = Object.hasOwn(table, verb) ? [table[verb]!] : Object.values(table);
  for (const load of wanted) (await load()).register(program);
  return program;
}
