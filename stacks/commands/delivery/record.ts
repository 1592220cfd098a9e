import * as fs from "node:fs";
import * as path from "node:path";
import type { Deliverer } from "../../../components/delivery/hands";
import { UserError } from "../../../components/errors";
import { workspaceFolder } from "../../environment";
import { writePrivate } from "../engine/files";

const file = (stack: string) => path.join(workspaceFolder(stack), "delivery-switch");

/** Writes down that a stack is on its way to another who delivers. How far it is, its state says. */
export function beginSwitch(stack: string, to: Deliverer): void {
  writePrivate(file(stack), to);
}

export function endSwitch(stack: string): void {
  fs.rmSync(file(stack), { force: true });
}

/** @throws UserError where a switch was begun and has not ended */
export function requireNoSwitch(stack: string): void {
  if (!fs.existsSync(file(stack))) return;
  const to = fs.readFileSync(file(stack), "utf8");
  throw new UserError(
    `Stack ${stack} is half-way to ${to} delivering its pipelines: npm run delivery -- ${stack} ${to} goes on; ` +
      `with the other as delivery.by it goes back.`,
  );
}
