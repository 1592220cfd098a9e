import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import type { FakeCloud } from "./fake-cloud";

/**
 * Lets a dynamic provider, which finds its account by the environment, find a fake cloud: before and after all tests of a suite.
 *
 * @param names of entries in clouds.yaml, which are also the ids of their application credentials
 */
export function findableAs(names: string | string[], cloud: FakeCloud): void {
  const { OS_CLIENT_CONFIG_FILE: former } = process.env;
  let home: string;

  before(async () => {
    await cloud.start();
    home = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-clouds-"));
    const entry = (id: string) => ({
      auth_type: "v3applicationcredential",
      auth: { auth_url: cloud.url, application_credential_id: id, application_credential_secret: "s3cret" },
    });
    const file = path.join(home, "clouds.yaml");
    fs.writeFileSync(
      file,
      stringify({ clouds: Object.fromEntries([names].flat().map((name) => [name, entry(name)])) }),
    );
    process.env.OS_CLIENT_CONFIG_FILE = file;
  });
  after(() => {
    cloud.stop();
    fs.rmSync(home, { recursive: true });
    if (former === undefined) delete process.env.OS_CLIENT_CONFIG_FILE;
    else process.env.OS_CLIENT_CONFIG_FILE = former;
  });
}
