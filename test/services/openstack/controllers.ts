import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { OpenStack } from "../../../components/openstack/client";
import type { First, Outside, Qemu } from "./qemu";

/** What puts a machine behind a controller of the lab. */
export interface Wiring {
  outside: Outside;
  /** Takes it away. */
  end: () => Promise<void>;
}

interface System {
  PowerState: "On" | "Off";
  Boot: { BootSourceOverrideTarget: string };
}

/** Between two looks at a controller that tells nobody. */
const PERIOD_MS = 500;

/**
 * Behind one that speaks IPMI: ipmi_sim's script tells the machine of its power, and what it is to boot is in the script's files.
 * What DHCP has it boot is what Ironic has told Neutron, whose own DHCP the lab lacks.
 */
export async function behindBmc(
  machine: Qemu,
  { clouds, number, mac, lessee }: { clouds: string; number: number; mac: string; lessee: OpenStack },
): Promise<Wiring> {
  const folder = path.join(path.dirname(clouds), "var/bmc", String(number));
  const server = http.createServer((request, response) => {
    void textOf(request).then((value) => {
      // The controller does not wait for its machine, which does one after the other.
      if (request.url === "/reset" || (request.url === "/power" && value === "0")) void machine.switchOff();
      if (request.url === "/reset" || (request.url === "/power" && value === "1")) void machine.switchOn();
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  fs.writeFileSync(path.join(folder, "machine"), `http://127.0.0.1:${String(port)}`);
  return {
    outside: {
      mac,
      first: () =>
        Promise.resolve(fs.readFileSync(path.join(folder, "boot"), "utf8").trim() === "pxe" ? "network" : "disk"),
      bootFile: () => bootFileOf(lessee, mac),
    },
    end: async () => {
      fs.rmSync(path.join(folder, "machine"));
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Behind the Redfish emulator, whose machines are none: what it is told is looked up again and again, and done. */
export function behindRedfish(machine: Qemu, { url, mac }: { url: string; mac: string }): Wiring {
  const ask = async <T>(at = "") => (await (await fetch(`${url}${at}`)).json()) as T;
  let ended = false;
  const follow = async () => {
    while (!ended) {
      if ((await ask<System>()).PowerState === "On") await machine.switchOn();
      else await machine.switchOff();
      await sleep(PERIOD_MS);
    }
  };
  const following = sleep(PERIOD_MS).then(follow);
  const orders: Record<string, First> = { Cd: "drive", Pxe: "network" };
  return {
    outside: {
      mac,
      first: async () => orders[(await ask<System>()).Boot.BootSourceOverrideTarget] ?? "disk",
      iso: async () => {
        const { Inserted, Image } = await ask<{ Inserted: boolean; Image: string }>("/VirtualMedia/Cd");
        return Inserted ? Buffer.from(await (await fetch(Image)).arrayBuffer()) : undefined;
      },
    },
    end: async () => {
      ended = true;
      await following;
    },
  };
}

/** What Ironic has Neutron's DHCP tell iPXE at a network card. */
async function bootFileOf(lessee: OpenStack, mac: string): Promise<string | undefined> {
  interface Port {
    extra_dhcp_opts: { opt_name: string; opt_value: string }[];
  }
  const { ports } = await lessee.request<{ ports: Port[] }>("network", "GET", `/v2.0/ports?mac_address=${mac}`);
  const options = ports.flatMap((port) => port.extra_dhcp_opts);
  return options.find(({ opt_name: name }) => /^tag:ipxe,/.test(name))?.opt_value;
}

async function textOf(request: http.IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
