import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Cluster } from "../../../components/clusters/cluster";
import { UserError } from "../../../components/errors";
import { authored } from "../../../components/kubernetes/marks";
import { requireFit } from "../../../components/pipelines/check-run";
import { readData } from "../../../components/pipelines/data";
import { type OperatorsContext, renderOperatorsFiles } from "../../../components/streams/operators/operators";
import type { Operators } from "../../../components/streams/operators/schema";
import { imageRows, operatorTable } from "../../../components/streams/operators/table";
import { tableFile } from "../../../components/streams/payload/table";
import { renderOperators } from "../../../components/streams/payloads";
import { chooseOperators } from "../../../stacks/commands/follow/choose";
import { configurationSchema } from "../../../stacks/configuration/schema";
import { KIND, LIBRARY, REGISTRY } from "../streams/samples";

const place = { namespace: "okd-payload", labels: authored("kind") };
const pipelines = LIBRARY.objects(["payload", "signing", "operators", "notifications"], place);
const COMPONENTS = readData("pipelines/payload/data/components.yaml", tableFile);
const TABLE = readData("pipelines/operators/data/operators.yaml", operatorTable);
const args = {
  cluster: { capabilities: KIND } as Cluster,
  platform: { tekton: [], registry: REGISTRY },
  ...{ library: LIBRARY, push: { enabled: true } },
};
const OPERATORS: Operators = {
  name: "mine",
  from: `quay.io/okd/scos-release@sha256:${"0".repeat(64)}`,
  okd: "4.22",
  operators: { "vertical-pod-autoscaler-operator": {} },
};
const context: OperatorsContext = {
  ...{ table: TABLE, components: COMPONENTS, images: LIBRARY.images, recipe: "0" },
  ...{ mirrored: (image) => image, patch: (file) => `text of ${file}` },
};
const filesOf = (operators: Operators["operators"], more: Partial<OperatorsContext> = {}, okd = "4.22") =>
  renderOperatorsFiles({ ...OPERATORS, okd, operators }, { ...context, ...more });

describe("operators of a stack", () => {
  it("of the README are a run that the Pipeline takes, rows of images, and what is said of bundles", () => {
    const readme = readFileSync("pipelines/operators/README.md", "utf8");
    const [, yaml] = /```yaml\nokd-streams:operators:\n([^]*?)```/.exec(readme)!;
    const configuration = configurationSchema.parse({ cluster: { type: "kind" }, operators: parse(yaml!) as unknown });
    const { entry, output } = renderOperators(configuration.operators[0]!, args, {
      place,
      pipelines,
      table: COMPONENTS,
    });
    requireFit(output.run, pipelines);
    const { data } = entry as unknown as { data: Record<string, string> };
    const { components, substitutions, release } = JSON.parse(data["entry.json"]!) as ReturnType<
      typeof filesOf
    >["entry"];
    assert.equal(release, undefined);
    assert.deepEqual(Object.keys(components).sort(), [
      ...[
        "disk-maker",
        "disk-operator",
        "local-storage-diskmaker",
        "local-storage-mustgather",
        "local-storage-operator",
      ],
      ...["vertical-pod-autoscaler", "vertical-pod-autoscaler-operator"],
    ]);
    assert.deepEqual(components["vertical-pod-autoscaler"], {
      ...{ repository: "https://github.com/openshift/kubernetes-autoscaler", ref: "release-4.22", network: false },
      ...{ dockerfile: "Dockerfile.rhel", context: "vertical-pod-autoscaler", arguments: {}, parent: true },
    });
    assert.ok(substitutions.length > COMPONENTS.substitutions.length);
    assert.deepEqual(
      (JSON.parse(data["operators.json"]!) as ReturnType<typeof filesOf>["operators"]).operators["disk-operator"],
      { manifests: ["bundle/manifests"], metadata: "bundle/metadata", version: "1.0.0" },
    );
    assert.deepEqual(output.plan.slice(-2), [
      `operators mine: disk-maker is quay.io/me/disk-maker@sha256:${"1".repeat(64)}`,
      "operators mine: bundles go into catalog quay.io/me/okd-catalog:4.22",
    ]);
  });

  it("are chosen by the catalog's name, or are the only ones", () => {
    const { output } = renderOperators(OPERATORS, args, { place, pipelines, table: COMPONENTS });
    const { title, runs } = chooseOperators("kind", { operators: [output] });
    assert.deepEqual([title, runs], ["Catalog mine", [output.run]]);
    assert.equal(output.run.metadata.generateName, "okd-operators-mine-");
    assert.throws(() => chooseOperators("kind", {}), {
      message: "Stack kind has no catalogs: add one to its configuration.",
    });
  });

  it("are given patches of the table, where they are built of the table's source", () => {
    const [first, ...others] = TABLE.operators.filter(({ name }) => name === "vertical-pod-autoscaler-operator");
    const table = { ...TABLE, operators: [{ ...first!, patches: ["a.patch", "b.patch"] }, ...others] };
    const patchesOf = (source: object) =>
      Object.values(filesOf({ [first!.name]: source }, { table }).entry.components).map(
        (row) => "patches" in row && row.patches,
      )[0];
    assert.deepEqual(patchesOf({}), ["text of a.patch", "text of b.patch"]);
    assert.equal(patchesOf({ repository: "https://github.com/me/vpa", ref: "main" }), false);
  });

  const VPA = "vertical-pod-autoscaler-operator";
  const refused: [given: string, made: () => unknown, message: string][] = [
    [
      "an operator that the table lacks",
      () => filesOf({ "vertical-pod-autoscaler-operater": {} }),
      "operators: vertical-pod-autoscaler-operater of mine is not in the table, did you mean vertical-pod-autoscaler-operator: mend the name, or say its repository and ref.",
    ],
    [
      "an operand that its row lacks",
      () => filesOf({ [VPA]: { operands: { "vertical-pod-autoscalr": {} } } }),
      "operators: vertical-pod-autoscalr of mine is not in the table, did you mean vertical-pod-autoscaler: mend the name, or say its repository and ref.",
    ],
    [
      "one of its own whose bundle nobody knows",
      () => filesOf({ mine: { repository: "https://github.com/me/mine", ref: "main" } }),
      "operators: mine of mine is not in the table: say in which folders of its repository its bundle is (manifests, metadata).",
    ],
    [
      "another version of OKD",
      () => filesOf({ [VPA]: {} }, {}, "4.21"),
      "operators: vertical-pod-autoscaler-operator of mine is for OKD >=4.22, and okd is 4.21: leave it out, or build for another version.",
    ],
    [
      "a branch of another version",
      () => filesOf({ [VPA]: { ref: "release-4.21" } }),
      "operators: vertical-pod-autoscaler-operator of mine: branch release-4.21 is of 4.21, and would go into 4.22: name release-4.22, or a commit if it is meant.",
    ],
    [
      "an image that two mean otherwise",
      () =>
        filesOf({
          [VPA]: {},
          "local-storage-operator": { operands: { "vertical-pod-autoscaler": { image: "quay.io/me/x@sha256:0" } } },
        }),
      "operators: image vertical-pod-autoscaler of mine is of vertical-pod-autoscaler-operator and of local-storage-operator, and not the same: rename one, or say the same of both.",
    ],
  ];
  for (const [given, made, message] of refused) {
    it(`are refused for ${given}`, () => {
      assert.throws(made, new UserError(message));
    });
  }

  it("of the table have images of names that no release has, and patches that are there", () => {
    const rows = imageRows(TABLE);
    const names = new Set(COMPONENTS.rows.map(({ name }) => name));
    assert.deepEqual(
      rows.filter(({ name }) => names.has(name)).map(({ name }) => name),
      [],
    );
    assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
    for (const file of rows.flatMap(({ patches }) => patches)) LIBRARY.text("operators", `patches/${file}`);
    assert.throws(() => LIBRARY.text("operators", "patches/none.patch"), /is not there, and a row of the set's table/);
  });
});
