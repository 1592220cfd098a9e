import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { description, markedName, properties } from "../../../components/openstack/marks";
import { find } from "../../../stacks/tools/search";
import { inSequence } from "../../sequence";
import { proves, PROVING } from "../../counts";
import { labFor, type Profile } from "./lab";
import { type Machine, machineOf } from "./machines";
import { MocInstallation, NAME_SERVER } from "./moc-installation";
import { MocStack, settingsFor } from "./moc-stack";
import { Site } from "./site";

const PLUGIN = "pulumi-resource-openstack";

/** A network that the stack makes. */
const OWN = { cidr: "192.168.21.0/24", allocationPool: "192.168.21.10-192.168.21.99", external: "external" };
const VIRTUAL = { api: "192.168.21.5", ingress: "192.168.21.6" };

export function moc(profile: Profile): void {
  describe(`stack moc-test on OpenStack's services (${profile}), with a stand-in for openshift-install`, function () {
    this.timeout("20m");
    inSequence(this);
    let site: Site;
    let clouds: string;
    let ironicProject: string;
    let storage: string;
    let atFirst: string[];
    let stack: MocStack;
    let installation: MocInstallation | undefined;
    /** By the ids of their nodes. */
    const machines = new Map<string, Machine>();
    /** A stack whose ISO makes a cluster of so many nodes. */
    const open = async (cluster: object, nodes = 1) => {
      installation = new MocInstallation(nodes, machines, site.admin, site.lessee);
      await installation.start();
      stack = new MocStack(clouds, cluster);
      stack.installs(installation.service.cluster.kubeconfig);
    };
    const close = () => {
      stack?.close();
      installation?.stop();
      installation = undefined;
    };

    before(async function () {
      clouds = labFor(this, { profile });
      site = new Site(clouds);
      await site.addNetwork();
      storage = await site.addStorage();
      // The test of a single machine has the first.
      for (const number of [1, 2, 3]) {
        const machine = machineOf(profile, clouds, number);
        await site.addNodes(1, machine.shape);
        machines.set(site.nodes.at(-1)!, machine);
      }
      ironicProject = await site.projectOfServices();
      atFirst = await belongings();
    });
    after(async () => {
      close();
      await site?.close();
    });

    const settings = (shape?: { nodes?: object; network?: object }) => settingsFor(site, ironicProject, shape);
    const listed = async (service: "network" | "image" | "lease", at: string, collection: string) => {
      const answer = await site.lessee.request<Record<string, Record<string, unknown>[]>>(service, "GET", at);
      return answer[collection]!;
    };
    /** All that the lessee has, whatever mark it bears, but for what another site's tests have. */
    const belongings = async (): Promise<string[]> => {
      const project = await site.lessee.projectId();
      const of = (path: string) => `${path}?project_id=${project!}`;
      const things = await Promise.all([
        ...["networks", "subnets", "routers", "trunks", "ports", "floatingips"].map((it) =>
          listed("network", of(`/v2.0/${it}`), it),
        ),
        listed("image", `/v2/images?owner=${project!}`, "images"),
        listed("lease", "/v1/leases", "leases"),
      ]);
      const named = things.flat().map(({ id, uuid, name }) => `${String(id ?? uuid)} ${String(name)}`);
      return named.filter((it) => it.includes(site.name) || !/\bt[0-9a-f]{8}\b/.test(it)).sort();
    };
    const image = async () =>
      (await listed("image", "/v2/images?okd-streams-stack=moc-test", "images"))[0] as { id: string; status: string };
    const succeeds = async (...run: Parameters<MocStack["run"]>) => {
      const { exitCode, text, took } = await stack.run(...run);
      assert.equal(exitCode, 0, text);
      console.log(`        ${run[0]} ${took.toFixed(0)} s`);
      return text;
    };
    const nothingIsLeft = async () => {
      assert.deepEqual(await site.leftovers(), []);
      assert.deepEqual(await belongings(), atFirst);
    };

    for (const controlPlanes of [1, 3]) {
      const network = { ...OWN, ...(controlPlanes > 1 && { ...VIRTUAL, sharedAddress: profile === "site" }) };
      const title = controlPlanes > 1 ? `${String(controlPlanes)} nodes` : "one node";
      it(`lives from nothing to its end with the OpenStack plugin, ${title} on a network of its own`, async function () {
        if (!find(PLUGIN)) {
          console.log(`      skipped: no ${PLUGIN} on PATH`);
          return this.skip();
        }
        const shape = settings({ nodes: { controlPlanes } });
        await open({ ...shape, network: { ...network, nameservers: [NAME_SERVER] } }, controlPlanes);
        const { dns, nodes } = outputsIn(await succeeds("up"));
        assert.equal((nodes!.value as object[]).length, controlPlanes);
        const outside = (dns!.value as { address: string }[]).map(({ address }) => address);
        assert.ok(
          outside.some((address) => address.startsWith("203.0.113.")),
          outside.join(),
        );
        const floating = (await listed("network", "/v2.0/floatingips", "floatingips")).filter(
          ({ floating_ip_address: it }) => outside.includes(it as string),
        );
        assert.equal(floating.length, controlPlanes > 1 && profile === "newest" ? 2 : 1);
        if (controlPlanes > 1 && profile === "site") {
          const at = `/v2.0/floatingips/${String(floating[0]!.id)}/port_forwardings`;
          const led = await listed("network", at, "port_forwardings");
          const ports = led.map(({ external_port: port }) => port as number).sort((a, b) => a - b);
          assert.deepEqual(ports, [80, 443, 6443, 8090]);
        }
        await succeeds("up-again");
        await succeeds("destroy");
        await nothingIsLeft();
        assert.deepEqual(
          [...installation!.service.boots].sort(),
          Array.from({ length: controlPlanes }, (_, index) => `control-plane-${String(index)}`),
          "a node booted the ISO again",
        );
        close();
      });
    }

    if (PROVING || profile === "site") {
      it("lives from nothing to its end, one node on a network that exists, as that is, and in another by its tag", async () => {
        await open(settings({ network: { tagged: [storage] } }));
        const { nodes } = outputsIn(await succeeds("up"));
        assert.deepEqual(
          (nodes!.value as { boot: string }[]).map(({ boot }) => boot),
          [profile === "site" ? "iPXE" : "virtual media"],
        );
        const state = fs.readFileSync(stack.stateFile, "utf8");
        const settingsOf = (key: string) => new RegExp(`"${key}": *"?([^",}]+)`).exec(state)?.[1]?.trim();
        assert.equal(settingsOf("next-hop-address"), site.gateway);
        assert.equal(settingsOf("mtu"), "9000");
        const [trunk] = await listed(
          "network",
          "/v2.0/trunks?description=okd-streams%20stack%3Dmoc-test%20name%3Dcontrol-plane-0",
          "trunks",
        );
        const [{ segmentation_id: tag }] = trunk!.sub_ports as [{ segmentation_id: number }];
        assert.match(state, new RegExp(`"ip": *"10\\.8\\.0\\.\\d+"[^\\]]*"prefix-length": *25`));
        assert.match(state, new RegExp(`"base-iface": *"nic0",\\s*"id": *${String(tag)}\\b`));
        await succeeds("up-again");
        await succeeds("destroy");
        await nothingIsLeft();
        assert.deepEqual(installation!.service.boots, ["control-plane-0"], "the node booted the ISO again");
        close();
      });
    }

    if (PROVING || profile === "newest") {
      it("goes on after it was killed while OKD was being installed, with the same certificates", async () => {
        await open(settings());
        const { service } = installation!;
        service.held = true;
        const first = stack.run("up");
        while (service.looks === 0) {
          const ended = await Promise.race([first, sleep(500)]);
          assert.equal(ended, undefined, ended?.text);
        }
        assert.equal((await image()).status, "active");
        stack.kill();
        await first;
        service.held = false;
        const text = await succeeds("up");
        assert.deepEqual(service.boots, ["control-plane-0"]);
        assert.equal(stack.installerCalls().filter((call) => call.startsWith("agent create")).length, 1);
        const { kubeconfig, nodes, dns } = outputsIn(text);
        assert.equal(kubeconfig!.secret, true);
        assert.match(String(kubeconfig!.value), /# stand-in /);
        assert.equal((nodes!.value as object[]).length, 1);
        assert.deepEqual(
          (dns!.value as { name: string }[]).map(({ name }) => name),
          ["api", "api-int", "*.apps"].map((name) => `${name}.moc-test.okd.example.org`),
        );
        const state = fs.readFileSync(stack.stateFile, "utf8");
        assert.ok(!state.includes("# stand-in"), "the kubeconfig is in the state in clear");
        assert.equal(await image(), undefined, "the ISO is there after the installation");
        await succeeds("up-again");
      });

      it("has what its state does not know swept away, and nothing else", async () => {
        assert.match(await succeeds("sweep"), /^Nothing bears the mark of stack moc-test that its state does not know/);
        const strays = await stray();
        const told = await succeeds("sweep");
        for (const id of strays) assert.ok(told.includes(id), told);
        assert.equal(told.trim().split("\n").length, strays.length + 2, told);
        assert.match(told, /Nothing was freed: npm run sweep -- moc-test --yes frees it\.$/m);
        const freed = await succeeds("sweep", "--yes");
        for (const id of strays) assert.match(freed, new RegExp(`^freed \\w+ \\S+ \\(${id}\\)$`, "m"));
        const left = await belongings();
        for (const id of strays) assert.ok(!left.some((it) => it.startsWith(id)));
        if (PROVING) await succeeds("up-again");
      });

      it("gives everything back, what its state does not know too, and tells of that", async () => {
        const strays = await stray();
        const text = await succeeds("destroy");
        for (const id of strays) assert.match(text, new RegExp(`^freed \\w+ \\S+ \\(${id}\\)$`, "m"));
        await nothingIsLeft();
        close();
      });
    }

    proves("is swept away whole where its state was lost", async () => {
      await open(settings());
      await succeeds("up");
      fs.rmSync(stack.stateFile);
      const text = await succeeds("sweep", "--yes");
      for (const sort of ["deployment", "port", "lease"]) {
        assert.match(text, new RegExp(`^freed ${sort} control-plane-0 `, "m"));
      }
      await nothingIsLeft();
      close();
    });

    /** What a killed run could have left: an image, a network with a port. @returns their ids */
    async function stray(): Promise<string[]> {
      const mark = { stack: "moc-test", name: "stray" };
      const body = { name: markedName(mark), disk_format: "iso", container_format: "bare", ...properties(mark) };
      const { id } = await site.lessee.request<{ id: string }>("image", "POST", "/v2/images", { body });
      const marked = { name: markedName(mark), description: description(mark) };
      const made = async <K extends string>(sort: K, fields: object) =>
        (
          await site.lessee.request<Record<K, { id: string }>>("network", "POST", `/v2.0/${sort}s`, {
            body: { [sort]: { ...marked, ...fields } },
          })
        )[sort].id;
      const network = await made("network", {});
      return [id, network, await made("port", { network_id: network })];
    }
  });
}

/** Outputs that a run printed. */
function outputsIn(text: string): Record<string, { value: unknown; secret: boolean }> {
  const line = text.split("\n").find((it) => it.startsWith('{"'))!;
  return JSON.parse(line) as ReturnType<typeof outputsIn>;
}
