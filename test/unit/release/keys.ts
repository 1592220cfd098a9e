import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../scripts/task";
import { CLUSTER_TOKEN, GITHUB_TOKEN } from "./outside";

/** Keys of everybody who signs: the payload's maker, the releaser, a stranger, and the GitHub App. */
export class Keys {
  /** Public key of the maker. */
  maker = "";
  /** Public key of the App. */
  app = "";

  private constructor(private readonly folder: string) {}

  static async make(folder: string): Promise<Keys> {
    const keys = new Keys(folder);
    for (const [home, user, kind] of [
      ["maker", "maker@example.org", "ed25519"],
      ["stranger", "stranger@example.org", "ed25519"],
      ["release", "release@example.org", "rsa2048"],
    ] as const) {
      await keys.gpg(home, "--quick-generate-key", user, kind, "sign", "never");
    }
    await keys.gpg("maker", "--armor", "--output", join(folder, "maker.pub"), "--export");
    await keys.gpg("release", "--armor", "--output", join(folder, "release.key"), "--export-secret-keys");
    keys.maker = readFileSync(join(folder, "maker.pub"), "utf8");
    const { publicKey, privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs1", format: "pem" },
    });
    writeFileSync(join(folder, "app.pem"), privateKey);
    keys.app = publicKey;
    return keys;
  }

  /** What the Secrets of a release hold, by their keys. @param repository that the account is for */
  secrets(repository: string): Record<string, string> {
    const auths = { [repository]: { auth: Buffer.from("robot:robot-password").toString("base64") } };
    return {
      ".dockerconfigjson": JSON.stringify({ auths }),
      "private.key": readFileSync(join(this.folder, "release.key"), "utf8"),
      "githubapp-private-key": readFileSync(join(this.folder, "app.pem"), "utf8"),
      "ci-prow-token": CLUSTER_TOKEN,
    };
  }

  /** All that must never be seen. */
  get secretTexts(): string[] {
    // What comes first in a key of RSA is its public half.
    const middle = (file: string) => readFileSync(join(this.folder, file), "utf8").split("\n")[12]!;
    return [GITHUB_TOKEN, CLUSTER_TOKEN, "robot-password", middle("app.pem"), middle("release.key")];
  }

  /** Signs a claim about a digest, as a release's maker does; or only packs it. */
  async sign(digest: string, home = "maker", how: "--sign" | "--store" = "--sign"): Promise<Buffer> {
    const file = join(mkdtempSync(join(this.folder, "claim-")), "claim");
    const claim = {
      critical: { image: { "docker-manifest-digest": digest }, type: "atomic container signature", identity: {} },
      optional: {},
    };
    writeFileSync(file, JSON.stringify(claim));
    await this.gpg(home, how, "--output", `${file}.gpg`, file);
    return readFileSync(`${file}.gpg`);
  }

  async gpg(home: string, ...args: string[]): Promise<string> {
    const folder = join(this.folder, home);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const options = ["--homedir", folder, "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""];
    const { code, log } = await run("gpg", [...options, ...args]);
    if (code !== 0) throw new Error(log);
    return log;
  }
}
