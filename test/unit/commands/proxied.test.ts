import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { BehindProxy } from "./behind-proxy";

// `up` needs Pulumi's engine: test/services/connected/proxied.test.ts.
describe("commands behind a proxy", () => {
  let behind: BehindProxy;

  before(async () => (behind = await BehindProxy.start()));
  beforeEach(() => (behind.asked = []));
  after(() => behind.stop());

  it("preview asks it for manifests", async () => {
    const { code, said, direct } = await behind.run(["preview", "kind"]);
    assert.equal(code, 0, said);
    assert.deepEqual(direct, []);
    assert.deepEqual(behind.hosts, ["infra.tekton.dev:443", "raw.githubusercontent.com:443"], said);
  });

  it("start asks it for every official host", async () => {
    const { code, said, direct } = await behind.run(["start"]);
    assert.equal(code, 3, said);
    assert.deepEqual(direct, []);
    for (const host of ["get.pulumi.com", "github.com"])
      assert.ok(behind.asked.includes(`${host}:443`), behind.hosts.join(", "));
  });

  it("capacity asks it for the cloud", async () => {
    const home = path.join(behind.folder, "clouds.yaml");
    fs.writeFileSync(
      home,
      JSON.stringify({
        clouds: {
          openstack: {
            auth: {
              ...{
                auth_url: "https://keystone.example.org:5000/v3",
                username: "me",
                password: "word",
                project_name: "mine",
              },
              ...{ user_domain_name: "Default", project_domain_name: "Default" },
            },
          },
        },
      }),
    );
    // What does not answer is asked again for minutes: once is enough here.
    const { direct } = await behind.run(["capacity", "moc"], { OS_CLIENT_CONFIG_FILE: home }, { once: true });
    assert.deepEqual(direct, []);
    assert.deepEqual(behind.hosts, ["keystone.example.org:5000"]);
  });

  it("doctor asks nobody", async () => {
    const { said, direct } = await behind.run(["doctor", "kind"]);
    assert.match(said, /proxy +http:\/\/127\.0\.0\.1:/);
    assert.deepEqual([direct, behind.asked], [[], []]);
  });

  it("whatever is an exception goes its own way, and is seen there", async () => {
    const { direct } = await behind.run(["preview", "kind"], { NO_PROXY: "infra.tekton.dev" });
    assert.deepEqual(behind.hosts, ["raw.githubusercontent.com:443"]);
    assert.ok(direct.includes("name infra.tekton.dev"), direct.join(", "));
  });
});
