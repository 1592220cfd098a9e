import assert from "node:assert/strict";
import { requirePullSecret } from "../../../../components/clusters/moc/keys";
import { NO_PULL_SECRET } from "../../../../components/clusters/moc/install-config";

const auth = (text: string) => Buffer.from(text).toString("base64");

describe("pull secret of an installation", () => {
  it("is right as registries and `docker login` give it", () => {
    for (const right of [
      NO_PULL_SECRET,
      JSON.stringify({ auths: { "quay.io": { auth: auth("me:t0ken"), email: "me@example.org" } } }),
      JSON.stringify({ auths: { "quay.io": { credsStore: "desktop" } } }),
    ])
      requirePullSecret(right, "cluster.okd.pullSecret");
  });

  for (const [name, text, words] of [
    ["what is no JSON", "t0psecret", "is not JSON"],
    ["JSON that is no object", '"t0psecret"', "is not JSON"],
    ["one without auths", '{"quay.io": {"auth": "t0psecret"}}', "has no auths"],
    ["one with empty auths", '{"auths": {}}', "has no auths"],
    ["one whose entry has nothing", '{"auths": {"quay.io": {}}}', "has no user with a password for quay.io"],
    ["one whose entry is null", '{"auths": {"quay.io": null}}', "has no user with a password for quay.io"],
    [
      "one without a user",
      JSON.stringify({ auths: { "quay.io": { auth: auth("t0psecret") } } }),
      "has no user with a password for quay.io",
    ],
  ] as const) {
    it(`refuses ${name}, and shows nothing of it`, () => {
      assert.throws(
        () => requirePullSecret(text, "cluster.okd.pullSecret"),
        (error: Error) => {
          assert.equal(
            error.message,
            `cluster.okd.pullSecret ${words}: take it whole, as {"auths": {"HOST": {"auth": "…"}}}.`,
          );
          assert.doesNotMatch(error.message, /t0psecret/);
          return true;
        },
      );
    });
  }
});
