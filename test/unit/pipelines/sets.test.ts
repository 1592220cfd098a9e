import assert from "node:assert/strict";
import { checkPipelines } from "../../../components/pipelines/check";
import { findingText } from "../../../components/pipelines/finding";
import { loadImages, unusedImages } from "../../../components/pipelines/images";
import { loadPipelines } from "../../../components/pipelines/load";
import { loadPrivileged } from "../../../components/pipelines/privileged";
import { type Source, tasksOf } from "../../../components/pipelines/source";

/** Images that the platform runs, not a step. */
const PLATFORM_IMAGES = ["registry", "kvm-device-plugin", "busybox", "kind-node"];
/** Images that components of payloads are built with. */
const BUILDERS = ["golang-builder", "nodejs-builder"];

describe("the pipelines of this project", () => {
  const images = loadImages("pipelines/images.yaml");
  const privileged = loadPrivileged("pipelines/privileged.yaml");
  let sources: Source[];
  before(() => {
    sources = loadPipelines([
      "pipelines/certification",
      "pipelines/coreos",
      "pipelines/multi-arch",
      "pipelines/notifications",
      "pipelines/release",
      "pipelines/rpms",
      "pipelines/signatures",
      "pipelines/signing",
      "pipelines/triggers",
      "pipelines/layering",
      "pipelines/payload",
      "pipelines/operators",
    ]);
  });

  it("have no fault", () => {
    assert.deepEqual(checkPipelines(sources, { images, privileged }).map(findingText), []);
  });

  it("use every image of the list", () => {
    assert.deepEqual(unusedImages(images, tasksOf(sources), [...PLATFORM_IMAGES, ...BUILDERS]), []);
  });

  it("give no variable an empty text, which Tekton drops and each update would put back", () => {
    const empty = tasksOf(sources).flatMap(({ object: { metadata, spec } }) =>
      spec.steps.flatMap(({ name, env = [] }) =>
        env.filter(({ value }) => value === "").map((it) => `${metadata.name} ${name} ${it.name}`),
      ),
    );
    assert.deepEqual(empty, []);
  });

  it("grant rights to no Task that is not there", () => {
    const names = tasksOf(sources).map(({ object }) => object.metadata.name);
    assert.deepEqual(
      Object.keys(privileged).filter((task) => !names.includes(task)),
      [],
    );
  });
});
