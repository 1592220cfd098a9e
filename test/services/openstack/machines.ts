import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Profile } from "./lab";
import type { NodeShape } from "./site";

/** A machine of the lab: it boots nothing, but its controller is asked, and told, as a real one's is. */
export interface Machine {
  shape: NodeShape;
  /** Whether it boots its disk next, as its controller has it. */
  bootsDisk: () => Promise<boolean>;
}

export interface RedfishMachine extends Machine {
  /** URL of it at the emulator. */
  url: string;
}

/** What is true of both: no agent answers on it. */
const WITHOUT_AGENT = { automated_clean: false, deploy_interface: "direct" };

/** @param clouds clouds.yaml of the lab's accounts @param machine its number, from 0 on */
export function machineOf(profile: Profile, clouds: string, machine: number): Machine {
  return profile === "site" ? ipmiMachine(clouds, machine) : redfishMachine(clouds, machine);
}

export function redfishMachine(clouds: string, machine: number): RedfishMachine {
  const address = placeOf(clouds, "REDFISH");
  const system = `/redfish/v1/Systems/00000000-0000-4000-8000-00000000000${String(machine)}`;
  const url = `${address}${system}`;
  return {
    url,
    shape: {
      driver: "redfish",
      more: {
        ...WITHOUT_AGENT,
        boot_interface: "redfish-virtual-media",
        driver_info: {
          redfish_address: address,
          redfish_system_id: system,
          redfish_username: "x",
          redfish_password: "x",
        },
      },
    },
    async bootsDisk() {
      const ask = async (at: string) => (await fetch(`${url}${at}`)).json();
      const { Inserted } = (await ask("/VirtualMedia/Cd")) as { Inserted: boolean };
      const { Boot } = (await ask("")) as { Boot: { BootSourceOverrideTarget: string } };
      return !Inserted || Boot.BootSourceOverrideTarget === "Hdd";
    },
  };
}

/** One behind a BMC that speaks IPMI. */
function ipmiMachine(clouds: string, machine: number): Machine {
  const { hostname: address, port } = new URL(placeOf(clouds, `BMC${String(machine)}`));
  // The longest that a BMC takes.
  const password = fs.readFileSync(path.join(path.dirname(clouds), "password"), "utf8").slice(0, 16);
  const ask = (...words: string[]) =>
    execFileSync("ipmitool", ["-I", "lanplus", "-C", "3", "-H", address, "-p", port, "-U", "admin", "-E", ...words], {
      encoding: "utf8",
      env: { ...process.env, IPMI_PASSWORD: password },
    });
  return {
    shape: {
      driver: "ipmi",
      more: {
        ...WITHOUT_AGENT,
        boot_interface: "ipxe",
        driver_info: {
          ...{ ipmi_address: address, ipmi_port: port, ipmi_username: "admin", ipmi_password: password },
          ipmi_cipher_suite: "3",
        },
      },
    },
    bootsDisk: () =>
      Promise.resolve(/Force Boot from default Hard-Drive/.test(ask("chassis", "bootparam", "get", "5"))),
  };
}

/** URL of a part of the lab. */
function placeOf(clouds: string, part: string): string {
  return new RegExp(`^${part}=(.*)$`, "m").exec(fs.readFileSync(path.join(path.dirname(clouds), "ports"), "utf8"))![1]!;
}
