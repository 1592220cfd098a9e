import assert from "node:assert/strict";
import { nextBootIn, progressIn } from "../../../../components/clusters/moc/next-boot";

describe("what the installer says of the next boot", () => {
  // As openshift-install logs assisted-service's events, on a terminal and into a pipe.
  const lines: [line: string, boot: ReturnType<typeof nextBootIn>][] = [
    ["INFO Host: control-plane-1, reached installation stage Rebooting", { host: "control-plane-1", again: false }],
    [
      'level=info msg="Host: control-plane-0, reached installation stage Rebooting"',
      { host: "control-plane-0", again: false },
    ],
    ["INFO Host: worker-0.moc.example.org, reached installation stage Rebooting", { host: "worker-0", again: false }],
    [
      "WARNING Host worker-0: updated status from installing-in-progress to installing-pending-user-action (Expected the host to boot from disk, but it booted the installation image)",
      { host: "worker-0", again: true },
    ],
    ["INFO Host: control-plane-1, reached installation stage Writing image to disk: 45%", undefined],
    ["INFO Host control-plane-1: updated status from preparing-successful to installing", undefined],
    ["INFO Cluster installation in progress", undefined],
  ];
  for (const [line, boot] of lines) {
    it(`${boot ? (boot.again ? "hears of a second boot of the ISO" : "hears of a boot") : "hears nothing"} in ${line.slice(0, 70)}`, () =>
      assert.deepEqual(nextBootIn(line), boot));
  }
});

describe("progress of an installation", () => {
  const lines: [line: string, progress: string | undefined][] = [
    [
      "INFO Host: worker-0, reached installation stage Rebooting",
      "Host: worker-0, reached installation stage Rebooting",
    ],
    ['level=info msg="Cluster installation in progress"', "Cluster installation in progress"],
    ["level=info msg=cluster bootstrap is complete", "cluster bootstrap is complete"],
    ['INFO Login to the console with user: "kubeadmin", and password: "s3cret"', undefined],
    ['level=info msg="Login to the console with user: \\"kubeadmin\\", and password: \\"s3cret\\""', undefined],
    ["DEBUG asset directory: /tmp/x", undefined],
  ];
  for (const [line, progress] of lines) {
    it(`is ${progress ? "" : "not "}in ${line.slice(0, 60)}`, () => assert.equal(progressIn(line), progress));
  }
});
