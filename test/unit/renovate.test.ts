import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { loadImages } from "../../components/pipelines/images";
import { PARTS } from "../../components/platform/parts";
import { kind } from "../../stacks/tools/pins";

interface Manager {
  managerFilePatterns: string[];
  matchStrings: string[];
  extractVersionTemplate?: string;
}

interface Found {
  datasource: string;
  depName: string;
  currentValue: string;
  currentDigest?: string;
}

const { customManagers } = JSON.parse(readFileSync("renovate.json", "utf8")) as { customManagers: Manager[] };

/** What Renovate finds in a file by its expressions: those of each manager whose pattern has the file. */
function found(file: string): Found[] {
  const text = readFileSync(file, "utf8");
  const managers = customManagers.filter(({ managerFilePatterns }) =>
    managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(file)),
  );
  return managers.flatMap(({ matchStrings }) =>
    matchStrings.flatMap((match) =>
      [...text.matchAll(new RegExp(match, "g"))].map(({ groups }) => ({ ...groups }) as unknown as Found),
    ),
  );
}

describe("Renovate's expressions", () => {
  for (const file of [
    "pipelines/images.yaml",
    "pipelines/rpms/data/rpms.yaml",
    "components/platform/parts.ts",
    "stacks/tools/pins.ts",
  ]) {
    it(`find each comment of ${file} once`, () => {
      const comments = readFileSync(file, "utf8").match(/renovate: /g) ?? [];
      assert.ok(comments.length > 0);
      assert.equal(found(file).length, comments.length);
    });
  }

  it("find every image with its tag, and its digest where it has one", () => {
    const references = found("pipelines/images.yaml").map(
      ({ depName, currentValue, currentDigest }) =>
        `${depName}:${currentValue}${currentDigest ? `@${currentDigest}` : ""}`,
    );
    // A component is followed by its release.
    const cli = /^# component: cli of (\S+)$/m.exec(readFileSync("pipelines/images.yaml", "utf8"))![1]!;
    const images = { ...loadImages("pipelines/images.yaml"), "openshift-cli": cli };
    assert.deepEqual(references.sort(), Object.values(images).sort());
  });

  it("find versions of the platform's parts in the form in which their URLs take them", () => {
    const versions = found("components/platform/parts.ts").map(({ currentValue }) => currentValue);
    assert.deepEqual(
      versions.sort(),
      Object.values(PARTS)
        .map(({ version }) => version)
        .sort(),
    );
    const [manager] = customManagers.filter(({ extractVersionTemplate }) => extractVersionTemplate);
    const [, next] = new RegExp(manager!.extractVersionTemplate!).exec("v1.16.0")!;
    assert.equal(next, "1.16.0");
  });

  it("bring the checksums of kind along with its version", () => {
    const pins = found("stacks/tools/pins.ts");
    assert.ok(
      pins.every(({ depName, currentValue }) => depName === "kubernetes-sigs/kind" && currentValue === kind.version),
    );
    const checksums = pins.flatMap(({ currentDigest }) => currentDigest ?? []);
    assert.deepEqual(checksums.sort(), Object.values(kind.sha256).sort());
  });
});
