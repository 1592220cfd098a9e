import * as fs from "node:fs";
import * as path from "node:path";
import type { NodeShape } from "./site";

/** A machine of the lab's Redfish emulator. */
export interface RedfishMachine {
  /** URL of it there. */
  url: string;
  shape: NodeShape;
}

/** @param clouds clouds.yaml of the lab's accounts @param machine the last digit of its id, from 0 on */
export function redfishMachine(clouds: string, machine: number): RedfishMachine {
  const [, address] = /^REDFISH=(.*)$/m.exec(fs.readFileSync(path.join(path.dirname(clouds), "ports"), "utf8"))!;
  const system = `/redfish/v1/Systems/00000000-0000-4000-8000-00000000000${String(machine)}`;
  return {
    url: `${address!}${system}`,
    shape: {
      driver: "redfish",
      more: {
        // No agent answers on it.
        automated_clean: false,
        boot_interface: "redfish-virtual-media",
        deploy_interface: "direct",
        driver_info: {
          redfish_address: address!,
          redfish_system_id: system,
          redfish_username: "x",
          redfish_password: "x",
        },
      },
    },
  };
}
