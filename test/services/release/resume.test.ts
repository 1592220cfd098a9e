import assert from "node:assert/strict";
import { ALL, Factory, NAME, NOTHING } from "../../unit/release/factory";
import { lastLine } from "../../unit/scripts/task";

describe("okd-release-pipeline", function () {
  this.timeout(120_000);
  let factory: Factory;
  before(async function () {
    factory = await Factory.start(this);
  });
  beforeEach(() => factory.reset());
  after(() => factory?.stop());

  describe("goes on after", () => {
    const breaks: [
      what: string,
      fault: { method: string; url: RegExp; status: number; after?: number },
      task: string,
      sentence: RegExp,
      seen: object,
    ][] = [
      [
        "a registry that fails half-way",
        { method: "PUT", url: /scos-content\/manifests/, status: 500, after: 1 },
        "mirror",
        /could not be mirrored: .*run again/,
        NOTHING,
      ],
      [
        "a registry that refuses the release image",
        { method: "PUT", url: /scos-release\/manifests/, status: 500 },
        "mirror",
        /could not be mirrored: .*run again/,
        NOTHING,
      ],
      [
        "GitHub answering 403 to the release",
        { method: "POST", url: /github\/repos\/.*\/releases$/, status: 403 },
        "create-github-release",
        /cannot be created: GitHub answered 403, out of order/,
        { ...NOTHING, images: [NAME] },
      ],
      [
        "GitHub answering 422 to the release",
        { method: "POST", url: /github\/repos\/.*\/releases$/, status: 422 },
        "create-github-release",
        /cannot be created: GitHub answered 422, out of order/,
        { ...NOTHING, images: [NAME] },
      ],
      [
        "GitHub answering 500 to the third file",
        { method: "POST", url: /\/assets\?name=/, status: 500, after: 2 },
        "create-github-release",
        /cannot be uploaded to release .*: GitHub answered 500/,
        { ...NOTHING, images: [NAME] },
      ],
      [
        "GitHub answering 500 at the end",
        { method: "PATCH", url: /github\/repos/, status: 500 },
        "create-github-release",
        /cannot be published; its draft is complete: GitHub answered 500/,
        { ...NOTHING, images: [NAME] },
      ],
      [
        "a cluster that is out of order",
        { method: "POST", url: /imagestreamtags/, status: 500 },
        "update-release-channel",
        /answered 500 to tag release-scos-next/,
        { ...ALL, channel: [] },
      ],
    ];
    for (const [what, { method, url, status, after = 0 }, task, sentence, seen] of breaks) {
      it(what, async () => {
        let passed = 0;
        factory.outside.override = (request) =>
          request.method === method && url.test(request.url) && passed++ >= after
            ? [status, { message: "out of order" }]
            : undefined;
        const first = await factory.publish();
        assert.equal(first.failed, task, first.log);
        assert.match(lastLine(first.log), sentence);
        assert.deepEqual(await factory.published(), seen);
        factory.outside.override = () => undefined;
        const second = await factory.publish();
        assert.equal(second.failed, undefined, second.log);
        assert.deepEqual(await factory.published(), ALL);
        assert.equal(factory.outside.releases.length, 1, "no second draft");
        assert.equal(factory.outside.releases[0]!.assets.length, Object.keys(factory.outside.contents).length);
        if (after === 2) {
          assert.match(second.log, /going on with the draft of an earlier run/);
          assert.equal(
            factory.outside.changes.filter((change) => change.includes("assets?name=")).length,
            Object.keys(factory.outside.contents).length + 1,
            "no file goes twice, but for the one refused",
          );
        }
      });
    }
  });
});
