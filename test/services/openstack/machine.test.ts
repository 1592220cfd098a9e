import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { Ironic } from "../../../components/openstack/ironic";
import { inSequence } from "../../sequence";
import { PROVING } from "../../counts";
import { behindBmc, type Wiring } from "./controllers";
import { labFor, requireMachine } from "./lab";
import { type Machine, machineOf } from "./machines";
import { MocInstallation } from "./moc-installation";
import { MocStack, settingsFor } from "./moc-stack";
import type { Finished } from "./program";
import { bootableHead, Qemu } from "./qemu";
import { Site } from "./site";

/** The machine's number in the lab: the others' are other tests'. */
const NUMBER = 0;

/** Stack `moc-test` with a machine that runs what it boots. What installs it is a program of some bytes, and only says so. */
(PROVING ? describe : describe.skip)(
  "a machine of QEMU's that boots an ISO by iPXE, behind a BMC that speaks IPMI",
  function () {
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
      const clouds = labFor(this, { profile: "site" });
      site = new Site(clouds);
      await site.addNetwork();
      controller = machineOf("site", clouds, NUMBER);
      await site.addNodes(1, controller.shape);
      node = site.nodes[0]!;
      machine = new Qemu();
      const mac = (await new Ironic(site.admin).ports(node))[0]!.address;
      wiring = await behindBmc(machine, { clouds, number: NUMBER, mac, lessee: site.lessee });
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
      assert.deepEqual(machine.starts, ["network", "disk"]);
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
  },
);
