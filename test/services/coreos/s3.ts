import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answering, find, freePort } from "../../unit/scripts/machine";
import { run } from "../../unit/scripts/task";

const ACCESS = "tests";
const SECRET = "a secret of tests";

const PUT = `
import boto3, json, sys
client = boto3.client("s3", endpoint_url=sys.argv[1])
for key, text in json.loads(sys.argv[3]).items():
    client.put_object(Bucket=sys.argv[2], Key=key, Body=text.encode())
`;

/** An S3 server on loopback, versitygw of the lab, with one bucket in a folder of its own. */
export class S3Server {
  readonly folder = mkdtempSync(join(tmpdir(), "okd-streams-s3-"));
  readonly bucket = "okd";
  endpoint = "";
  /** Folder with file `credentials`, as the S3 Secret is mounted. */
  readonly credentials = join(this.folder, "secret");
  private process?: ChildProcess;

  async start(): Promise<this> {
    const objects = join(this.folder, "objects");
    for (const folder of [join(objects, this.bucket), this.credentials]) mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(this.credentials, "credentials"),
      `[default]\naws_access_key_id = ${ACCESS}\naws_secret_access_key = ${SECRET}\n`,
    );
    const port = await freePort();
    this.endpoint = `http://127.0.0.1:${port}`;
    // With extended attributes, not a sidecar: an object changes in one step only with what is written of it.
    this.process = spawn(find("versitygw")!, ["--port", `127.0.0.1:${port}`, "posix", objects], {
      env: { ROOT_ACCESS_KEY: ACCESS, ROOT_SECRET_KEY: SECRET },
      stdio: "ignore",
    });
    await answering(this.endpoint);
    return this;
  }

  stop(): void {
    this.process?.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Uploads what others would: texts by their keys. */
  async put(objects: Record<string, string>): Promise<void> {
    const { code, log } = await run("python3", ["-c", PUT, this.endpoint, this.bucket, JSON.stringify(objects)], {
      AWS_CONFIG_FILE: join(this.credentials, "credentials"),
      HOME: this.folder,
    });
    assert.equal(code, 0, log);
  }

  /** What an object holds. */
  text(key: string): string {
    return readFileSync(join(this.folder, "objects", this.bucket, key), "utf8");
  }
}
