import assert from "node:assert/strict";
import fc from "fast-check";
import { type Graph, graphOf } from "../../../components/programs/updates/graph";
import type { Release } from "../../../components/programs/updates/release";
import type { UpgradeVerdict } from "../../../components/programs/updates/verdicts";

const digestOf = (version: string) => `sha256:${Buffer.from(version).toString("hex").padEnd(64, "0").slice(0, 64)}`;
const release = (version: string, previous: string[] = [], more: Partial<Release> = {}): Release => ({
  ...{ version, previous, digest: digestOf(version), image: `quay.io/okd/scos-release@${digestOf(version)}` },
  architectures: ["amd64", "arm64"],
  ...more,
});
/** Edges by names. */
const named = ({ nodes, edges }: Graph) => edges.map(([from, to]) => [nodes[from]!.version, nodes[to]!.version]);

/** Who updates to what, as OKD published it (names.test.ts has where). */
const OKD = ["4.22.0-okd-scos.ec.16", "5.0.0-okd-scos.ec.0", "5.0.0-okd-scos.ec.1"];
const TO = "5.0.0-okd-scos.ec.2";

/**
 * Reads a graph as a cluster does: the cluster-version-operator's own steps (pkg/cincinnati), as far as they decide.
 * @returns what may be updated to, without and with a risk
 */
function read({ nodes, edges, conditionalEdges }: Graph, version: string): { updates: string[]; risky: string[] } {
  const current = nodes.findIndex((node) => node.version === version);
  assert.ok(current >= 0, `currently reconciling cluster version ${version} not found`);
  const risky = conditionalEdges.flatMap((group) => {
    assert.ok(group.risks.length > 0);
    for (const { name, message, url, matchingRules } of group.risks) {
      assert.match(name, /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/);
      assert.ok(message.length > 0 && URL.canParse(url));
      assert.deepEqual(matchingRules, [{ type: "Always" }]);
    }
    return group.edges.filter(({ from }) => from === version).map(({ to }) => to);
  });
  for (const to of risky)
    assert.ok(
      nodes.some((node) => node.version === to),
      `no node for conditional update ${to}`,
    );
  const updates = edges.filter(([from]) => from === current).map(([, to]) => nodes[to]!.version);
  assert.equal(new Set([...updates, ...risky]).size, updates.length + risky.length, "an update is listed once");
  return { updates, risky };
}

describe("the update graph", () => {
  it("has OKD's own edges for the names that OKD gave, across the major version", () => {
    const releases = [release(TO, OKD), release(OKD[2]!, OKD.slice(0, 2)), release(OKD[1]!, [OKD[0]!])];
    const graph = graphOf("5-scos-next", [...releases, release(OKD[0]!, ["4.21.0-okd-scos.ec.15"])]);
    assert.deepEqual(
      named(graph).filter(([, to]) => to === TO),
      OKD.map((from) => [from, TO]),
    );
    assert.deepEqual(
      OKD.map((version) => read(graph, version).updates.includes(TO)),
      [true, true, true],
    );
    assert.deepEqual(read(graph, TO), { updates: [], risky: [] });
  });

  it("says of each node what it is and whose word its edges are", () => {
    const graph = graphOf("4-scos-next", [
      release("4.22.0-okd-scos.1", ["4.22.0-okd-scos.0"], { url: "https://r.example" }),
      release("4.22.0-okd-scos.0"),
    ]);
    assert.deepEqual(graph, {
      nodes: [
        {
          version: "4.22.0-okd-scos.0",
          payload: `quay.io/okd/scos-release@${digestOf("4.22.0-okd-scos.0")}`,
          metadata: {
            "io.openshift.upgrades.graph.release.channels": "4-scos-next",
            "io.openshift.upgrades.graph.release.manifestref": digestOf("4.22.0-okd-scos.0"),
          },
        },
        {
          version: "4.22.0-okd-scos.1",
          payload: `quay.io/okd/scos-release@${digestOf("4.22.0-okd-scos.1")}`,
          metadata: {
            "io.openshift.upgrades.graph.release.channels": "4-scos-next",
            "io.openshift.upgrades.graph.release.manifestref": digestOf("4.22.0-okd-scos.1"),
            url: "https://r.example",
            "io.okd-streams.updates.claimed": "4.22.0-okd-scos.0",
          },
        },
      ],
      edges: [[0, 1]],
      conditionalEdges: [],
    });
  });

  describe("where a tester's verdicts are asked for", () => {
    const [base, other, to] = ["4.22.0-okd-scos.0", "4.22.0-okd-scos.1", "4.22.0-okd-scos.2"];
    const releases = [release(base), release(other), release(to, [base])];
    const judged = (...verdicts: Partial<UpgradeVerdict>[]) =>
      graphOf(
        "mine",
        releases,
        new Map([
          [
            digestOf(to),
            verdicts.map((it) => ({ test: "upgrade/metal", from: digestOf(base), result: "PASSED", ...it })),
          ],
        ]),
      );
    const metadata = ({ nodes }: Graph) =>
      Object.entries(nodes.find(({ version }) => version === to)!.metadata).filter(([key]) =>
        key.startsWith("io.okd-"),
      );

    it("has the edge whose test has passed", () => {
      const graph = judged({});
      assert.deepEqual(read(graph, base), { updates: [to], risky: [] });
      assert.deepEqual(metadata(graph), [["io.okd-streams.updates.tested", base]]);
    });
    it("has one that passed though the release does not name its base", () => {
      const graph = judged({ from: digestOf(other) });
      assert.deepEqual([read(graph, other).updates, read(graph, base)], [[to], { updates: [], risky: [to] }]);
    });
    it("has one with its risk where nobody has tried it", () => {
      const graph = judged();
      assert.deepEqual(read(graph, base), { updates: [], risky: [to] });
      assert.equal(graph.conditionalEdges[0]!.risks[0]!.name, "UpgradeNotTested");
      assert.deepEqual(metadata(graph), [["io.okd-streams.updates.claimed", base]]);
    });
    it("has one with its risk where a test has failed, though another one has passed", () => {
      const graph = judged({}, { test: "upgrade/virtual", result: "FAILED", url: "https://tests.example/2" });
      assert.deepEqual(read(graph, base), { updates: [], risky: [to] });
      const { name, message, url } = graph.conditionalEdges[0]!.risks[0]!;
      assert.deepEqual(
        [name, message, url],
        [
          "UpgradeTestFailed",
          "The last verdict of upgrade/virtual on this update is FAILED.",
          "https://tests.example/2",
        ],
      );
    });
    it("has nothing of a failed test between releases of which neither names the other", () => {
      assert.deepEqual(read(judged({ from: digestOf(other), result: "FAILED" }), other), { updates: [], risky: [] });
    });
    it("knows a base by the payload that it was made of, too", () => {
      const payload = digestOf("payload");
      const made = [release(base, [], { madeOf: `quay.io/payload@${payload}` }), release(to, [base])];
      const verdict = { test: "upgrade/metal", from: payload, result: "PASSED" };
      assert.deepEqual(read(graphOf("mine", made, new Map([[digestOf(to), [verdict]]])), base).updates, [to]);
    });
  });

  it("is for one architecture where a cluster names it: its nodes, and edges between these alone", () => {
    const one = release("4.22.0-okd-scos.0", [], { architectures: ["amd64"] });
    const both = release("4.22.0-okd-scos.1", ["4.22.0-okd-scos.0"]);
    const next = release("4.22.0-okd-scos.2", ["4.22.0-okd-scos.0", "4.22.0-okd-scos.1"]);
    const edges = (architecture?: string) => named(graphOf("mine", [next, both, one], undefined, architecture)).length;
    assert.deepEqual([edges(), edges("amd64"), edges("arm64"), edges("multi"), edges("s390x")], [3, 3, 1, 1, 0]);
  });

  it("names every node once, in order, and edges between nodes alone, for any releases and verdicts", () => {
    const version = fc.tuple(fc.nat(2), fc.nat(4)).map(([minor, number]) => `4.${minor}.0-okd-scos.ec.${number}`);
    const some = fc.uniqueArray(fc.record({ version, previous: fc.uniqueArray(version, { maxLength: 6 }) }), {
      selector: (it) => it.version,
      maxLength: 10,
    });
    const verdict = fc.record({ to: version, from: version, result: fc.constantFrom("PASSED", "FAILED") });
    fc.assert(
      fc.property(some, fc.option(fc.array(verdict, { maxLength: 10 })), (all, verdicts) => {
        const judged = verdicts && new Map<string, UpgradeVerdict[]>();
        for (const { to, from, result } of verdicts ?? []) {
          const own = judged!.get(digestOf(to)) ?? [];
          judged!.set(digestOf(to), [...own, { test: "upgrade/x", from: digestOf(from), result }]);
        }
        const graph = graphOf(
          "x",
          all.map((it) => release(it.version, it.previous)),
          judged ?? undefined,
        );
        assert.deepEqual(new Set(graph.nodes.map((node) => node.version)), new Set(all.map((it) => it.version)));
        assert.ok(graph.edges.every(([from, to]) => from !== to && graph.nodes[from] && graph.nodes[to]));
        for (const node of graph.nodes) read(graph, node.version);
      }),
      { numRuns: 200 },
    );
  });
});
