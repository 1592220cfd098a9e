import assert from "node:assert/strict";
import { Ironic } from "../../../components/openstack/ironic";
import { isoBootOf } from "../../../components/openstack/iso-boot";
import { leaveIso, requireDiskNext } from "../../../components/openstack/next-boot";
import { FakeCloud, type Answer } from "./fake-cloud";

describe("how a node boots an ISO", () => {
  const ways: [bootInterface: string | undefined, way: string][] = [
    ["ipxe", "iPXE"],
    ["http-ipxe", "iPXE"],
    ["http", "iPXE"],
    ["redfish-virtual-media", "virtual media"],
    ["idrac-redfish-virtual-media", "virtual media"],
    ["ilo-virtual-media", "virtual media"],
    ["fake", "virtual media"],
    [undefined, "virtual media"],
  ];
  for (const [bootInterface, way] of ways) {
    it(`is ${way} with ${bootInterface ?? "nothing said"}`, () => assert.equal(isoBootOf("r4u25", bootInterface), way));
  }

  it("is refused with plain PXE", () => {
    assert.throws(() => isoBootOf("r4u25", "pxe"), {
      message: /^Node r4u25 boots by plain PXE .*ask its owner for ipxe/,
    });
  });
});

describe("a node's next boot", () => {
  let cloud: FakeCloud;
  let answers: Record<"boot_device" | "vmedia", number>;
  const words: Record<number, string> = {
    400: "The following failures happened: driver does not support it.",
    403: "Policy forbids it.",
    406: "Version 1.89 was requested, but the maximum is 1.72.",
  };
  before(async () => {
    cloud = new FakeCloud(({ method, path }): Answer => {
      const what = path.includes("boot_device") ? "boot_device" : "vmedia";
      if (method === "GET") return { status: answers.vmedia === 406 ? 406 : 200, body: [] };
      const status = answers[what];
      return { status, ...(status > 299 && { body: { error_message: `{"faultstring": "${words[status]!}"}` } }) };
    });
    await cloud.start();
  });
  after(() => cloud.stop());
  beforeEach(() => (cloud.requests.length = 0));
  const asked = () =>
    cloud.requests
      .filter(({ path }) => path.includes("/nodes/"))
      .map(({ method, path }) => `${method} ${path.split("/").at(-1)!}`);

  it("is the disk by its boot device, for good and with the API of Wallaby, where the site lets one set it", async () => {
    answers = { boot_device: 204, vmedia: 403 };
    await requireDiskNext(new Ironic(cloud.client()), "node");
    await leaveIso(new Ironic(cloud.client()), "node");
    assert.deepEqual(asked(), ["PUT boot_device", "PUT boot_device"]);
    const { body } = cloud.requests.find(({ path }) => path.includes("boot_device"))!;
    assert.deepEqual(body, { boot_device: "disk", persistent: true });
  });

  it("is the disk by an empty drive where that is refused, which is asked of a drive in which nothing is", async () => {
    answers = { boot_device: 403, vmedia: 204 };
    await requireDiskNext(new Ironic(cloud.client()), "node");
    assert.deepEqual(asked(), ["PUT boot_device", "DELETE vmedia?device_types=floppy"]);
    await leaveIso(new Ironic(cloud.client()), "node");
    assert.deepEqual(asked().slice(2), ["PUT boot_device", "DELETE vmedia", "GET vmedia"]);
  });

  for (const [device, drive] of [
    [403, 403],
    [403, 406],
    [400, 400],
  ] as const) {
    it(`is refused, in Ironic's words, where neither is possible (${String(device)}, ${String(drive)})`, async () => {
      answers = { boot_device: device, vmedia: drive };
      await assert.rejects(requireDiskNext(new Ironic(cloud.client()), "node"), (error: Error) => {
        assert.match(error.message, /^Node node was not deployed: after the installation it would boot the ISO again/);
        for (const status of [device, drive]) assert.ok(error.message.includes(words[status]!.replace(/\.$/, "")));
        return true;
      });
    });
  }
});
