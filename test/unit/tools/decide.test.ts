import assert from "node:assert/strict";
import * as fc from "fast-check";
import { decide, type Asking } from "../../../stacks/tools/decide";
import type { Facts } from "../../../stacks/tools/facts";
import { complete } from "./facts";

const hosts = (reachable: boolean) => [{ url: "https://github.com", serves: "kind", reachable }];
const online: Facts = { ...complete, hosts: hosts(true) };
const cutOff: Facts = { ...complete, hosts: hosts(false) };
const asking: Asking = { terminal: true, yes: false };
const nothing = { download: [], packages: [], build: false, startEngine: false, ask: false, missing: [] };
const dead: Facts["engine"] = { name: "docker", running: false };

describe("decide", () => {
  const cases: [string, Facts, Asking, Partial<ReturnType<typeof decide>>][] = [
    ["deploys at once where everything is there", online, asking, { ...nothing, way: "ready" }],
    [
      "downloads what is missing",
      { ...online, kind: undefined, pulumi: undefined },
      asking,
      { ...nothing, way: "download", download: ["kind", "pulumi"] },
    ],
    [
      "replaces an old tool of its own cache",
      { ...online, kind: { ...complete.kind!, version: "0.20.0" } },
      asking,
      { ...nothing, way: "download", download: ["kind"] },
    ],
    [
      "leaves an old tool of the machine alone",
      { ...online, pulumi: { ...complete.pulumi!, version: "3.100.0" } },
      asking,
      {
        ...nothing,
        way: "stop",
        missing: ["Pulumi: 3.100.0 (machine: /usr/bin/pulumi); remove it, or install 3.206.0 or newer"],
      },
    ],
    [
      "stops without a container engine",
      { ...online, engine: undefined },
      asking,
      {
        ...nothing,
        way: "stop",
        missing: [
          "container engine: no Docker and no Podman; apt-get install docker.io, or https://docs.docker.com/engine/install",
        ],
      },
    ],
    [
      "builds from package registries where downloads cannot be reached, and asks first",
      { ...cutOff, missingPackages: ["debootstrap"] },
      asking,
      { ...nothing, way: "registries", offline: "/lab", packages: ["debootstrap"], build: true, ask: true },
    ],
    [
      "does not ask without a terminal",
      { ...cutOff, engine: undefined, missingPackages: ["docker.io"] },
      { terminal: false, yes: false },
      { ...nothing, way: "registries", offline: "/lab", packages: ["docker.io"], build: true, startEngine: true },
    ],
    [
      "does not ask under --yes",
      cutOff,
      { terminal: true, yes: true },
      { ...nothing, way: "registries", offline: "/lab", build: true },
    ],
    [
      "uses the offline folder that was built before",
      { ...cutOff, lab: { folder: "/lab", missing: [] } },
      asking,
      { ...nothing, way: "ready", offline: "/lab" },
    ],
    [
      "builds an offline folder on that is not complete",
      { ...cutOff, lab: { folder: "/lab", missing: ["bin/pulumi"] } },
      asking,
      { ...nothing, way: "registries", offline: "/lab", build: true, ask: true },
    ],
    [
      "stops where neither downloads nor a build are possible",
      { ...cutOff, root: false, go: undefined },
      asking,
      {
        ...nothing,
        way: "stop",
        missing: [
          "official downloads: no answer from github.com; package registries alone need root, Go 1.26.4 or newer",
        ],
      },
    ],
    [
      "starts a dead engine for an offline folder",
      { ...complete, offline: { folder: "/offline", missing: [] }, kubernetesPlugin: plugin(), engine: dead },
      asking,
      { ...nothing, way: "registries", offline: "/offline", startEngine: true },
    ],
    [
      "stops for an offline folder without its tools",
      { ...complete, offline: { folder: "/offline", missing: [] }, kubernetesPlugin: plugin(), pulumi: undefined },
      asking,
      { ...nothing, way: "stop", missing: ["Pulumi: none; put pulumi into /offline/bin"] },
    ],
    [
      "stops for a port that is taken",
      { ...online, ports: [{ port: 5001, use: "the registry", holder: "somebody" }] },
      asking,
      {
        ...nothing,
        way: "stop",
        missing: [
          "port 5001: taken by somebody else; free it, or set another port for the registry in the stack's configuration",
        ],
      },
    ],
  ];
  for (const [title, facts, by, expected] of cases) {
    it(title, () => assert.deepEqual(decide(facts, "/lab", by), expected));
  }

  const machines = fc.record({
    engine: fc.constantFrom<Facts["engine"]>(complete.engine, dead, undefined),
    kind: fc.constantFrom(complete.kind, undefined),
    pulumi: fc.constantFrom(complete.pulumi, undefined),
    go: fc.constantFrom(complete.go, undefined),
    kubernetesPlugin: fc.constantFrom(plugin(), undefined),
    debian: fc.boolean(),
    root: fc.boolean(),
    offline: fc.constantFrom<Facts["offline"]>(undefined, { folder: "/offline", missing: [] }),
    lab: fc.constantFrom<Facts["lab"]>(
      undefined,
      { folder: "/lab", missing: [] },
      { folder: "/lab", missing: ["bin/kind"] },
    ),
    missingPackages: fc.constantFrom<string[]>([], ["docker.io"]),
    hosts: fc.constantFrom(hosts(true), hosts(false)),
  });

  it("holds its promises on every machine", () => {
    fc.assert(
      fc.property(machines, fc.boolean(), fc.boolean(), (changes, terminal, yes) => {
        const facts: Facts = { ...complete, ...changes };
        const decision = decide(facts, "/lab", { terminal, yes });
        const touchesSystem = decision.packages.length > 0 || decision.startEngine || decision.build;
        // A stop says why, and only a stop does.
        assert.equal(decision.way === "stop", decision.missing.length > 0);
        // A container engine that runs is never touched.
        assert.ok(!(facts.engine?.running && decision.startEngine));
        // The system is changed as root on Debian only, and never unasked while somebody sits there.
        assert.ok(!touchesSystem || (facts.debian && facts.root));
        assert.ok(decision.packages.length === 0 || decision.ask === (terminal && !yes));
        // It goes on only where an engine runs or will.
        assert.ok(decision.way === "stop" || facts.engine?.running || decision.startEngine);
        // Nothing is downloaded where an offline folder is used.
        assert.ok(!decision.offline || decision.download.length === 0);
      }),
      { numRuns: 2_000 },
    );
  });
});

function plugin(): Facts["kubernetesPlugin"] {
  return { path: "/offline/bin/pulumi-resource-kubernetes", standIn: true };
}
