import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { Ironic } from "../../../components/openstack/ironic";
import { inSequence } from "../../sequence";
import { PROVING } from "../../counts";
import { behindBmc, behindRedfish, type Wiring } from "./controllers";
import { labFor, type Profile, requireMachine } from "./lab";
import { type Machine, machineOf, type RedfishMachine } from "./machines";
import { MocInstallation } from "./moc-installation";
import { MocStack, settingsFor } from "./moc-stack";
import type { Finished } from "./program";
import { bootableHead, Qemu } from "./qemu";
import { Site } from "./site";

/** The machine's number in the lab: the others' are other tests'. */
const NUMBER = 0;

/** How one boots an ISO, and what it tries when it starts: the ISO, then what is left of that order. */
const WAYS: Record<Profile, { way: string; starts: [string, string] }> = {
  site: { way: "by iPXE from Ironic's web server, behind a BMC that speaks IPMI", starts: ["network", "disk"] },
  // A lessee may not set the boot device there: the drive is first still, and empty.
  newest: { way: "by virtual media, behind the Redfish emulator", starts: ["drive", "drive"] },
};

for (const profile of ["site", "newest"] as const) oneMachine(profile);

/** Stack `moc-test` with a machine that runs what it boots. What installs it is a program of some bytes, and only says so. */
function oneMachine(profile: Profile): void {
  const { way, starts } = WAYS[profile];
  (PROVING ? describe : describe.skip)(`a machine of QEMU's that boots an ISO ${way}`, function () {
    this.timeout("60m");
    inSequence(this);
    const mark = randomBytes(16).toString("hex");
    let site: Site;
    let node: string;
    let controller: Machine;
    let machine: Qemu;
    let wiring: Wiring | undefined;
    let installation: MocInstallation | undefined;
    let stack: MocStack | undefined;

    before(async function () {
      requireMachine(this);
      const clouds = labFor(this, { profile });
      site = new Site(clouds);
      await site.addNetwork();
      controller = machineOf(profile, clouds, NUMBER);
      await site.addNodes(1, controller.shape);
      node = site.nodes[0]!;
      machine = new Qemu();
      const mac = (await new Ironic(site.admin).ports(node))[0]!.address;
      wiring =
        profile === "site"
          ? await behindBmc(machine, { clouds, number: NUMBER, mac, lessee: site.lessee })
          : behindRedfish(machine, { url: (controller as RedfishMachine).url, mac });
      machine.outside = wiring.outside;
      const behind = { shape: controller.shape, bootsDisk: restarts };
      installation = new MocInstallation(1, new Map([[node, behind]]), site.admin, site.lessee);
      await installation.start();
      const project = await site.projectOfServices();
      stack = new MocStack(clouds, settingsFor(site, project), bootableHead(mark));
      stack.installs(installation.service.cluster.kubeconfig);
    });
    after(async () => {
      stack?.kill();
      stack?.close();
      installation?.stop();
      await site?.close();
      await wiring?.end();
      await machine?.close();
    });

    /** What the ISO runs installs, and restarts. @returns whether the disk was booted then */
    const restarts = async () => {
      machine.goOn();
      assert.equal(await machine.report(), "written");
      return (await machine.report()) === `disk ${mark}`;
    };
    const succeeded = ({ exitCode, text, took }: Finished) => {
      assert.equal(exitCode, 0, text);
      console.log(`        ${took.toFixed(0)} s`);
    };

    it("boots the ISO, installs from it, and boots its disk then", async () => {
      const { service } = installation!;
      service.held = true;
      const up = stack!.run("up");
      // The service is on the machine: nothing of it is heard before.
      assert.equal(await Promise.race([machine.report(), up.then(({ text }) => text)]), "ISO");
      assert.equal(await controller.bootsDisk(), false);
      service.held = false;
      succeeded(await up);
      assert.deepEqual(service.boots, ["control-plane-0"]);
      assert.deepEqual(machine.starts, starts);
      assert.equal(await controller.bootsDisk(), true);
      assert.ok(fs.readFileSync(machine.disk).includes(mark));
    });

    it("boots its disk whenever it is restarted", async () => {
      await new Ironic(site.lessee).power(node, "rebooting");
      assert.equal(await machine.report(), `disk ${mark}`);
      succeeded(await stack!.run("up-again"));
    });

    it("is given back switched off", async () => {
      succeeded(await stack!.run("destroy"));
      assert.deepEqual(await site.leftovers(), []);
      assert.equal((await site.node(node)).power_state, "power off");
    });
  });
}
