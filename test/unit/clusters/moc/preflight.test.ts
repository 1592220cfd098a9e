import assert from "node:assert/strict";
import { requireReadableIso } from "../../../../components/clusters/moc/preflight";
import { UserError } from "../../../../components/errors";
import { FakeCloud } from "../../openstack/fake-cloud";

describe("an ISO that Ironic is to read", () => {
  let cloud: FakeCloud;
  let version = "";
  before(async () => {
    cloud = new FakeCloud(() => ({ status: 200, body: { default_version: { version } } }));
    await cloud.start();
  });
  after(() => cloud.stop());

  const SENTENCE = /^cluster\.okd\.ironicProject is missing: Ironic of .* \(API 1\.\d+\) .* Nothing was claimed\.$/;
  const iso = { folder: "/srv/iso", url: "https://iso.example.org" };
  const cases: [version: string, okd: Parameters<typeof requireReadableIso>[1], refused: boolean][] = [
    ["1.98", {}, false],
    ["1.99", {}, true],
    ["1.115", {}, true],
    ["1.115", { ironicProject: "0".repeat(32) }, false],
    ["1.115", { iso }, false],
  ];
  for (const [api, okd, refused] of cases) {
    const from = Object.keys(okd).join() || "a private image";
    it(`is ${refused ? "refused" : "taken"} from ${from} by API ${api}`, async () => {
      version = api;
      const look = requireReadableIso(cloud.client(), okd);
      if (!refused) return look;
      await assert.rejects(look, (error: Error) => error instanceof UserError && SENTENCE.test(error.message));
    });
  }
});
