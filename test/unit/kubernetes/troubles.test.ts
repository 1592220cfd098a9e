import assert from "node:assert/strict";
import { remedyFor, troublesOf } from "../../../components/kubernetes/troubles";

// States as Kubernetes 1.35 reports them, recorded from KinD.
const waiting = (reason: string, message?: string) => ({ waiting: { reason, message } });
const container = (state: object, lastState?: object) => ({ image: "quay.io/okd/x:1", state, lastState });
const pod = (status: object) => ({ metadata: { name: "p" }, status });

describe("why a pod does not run", () => {
  const cases: [what: string, status: object, reasons: string[]][] = [
    ["it is on its way", { containerStatuses: [container(waiting("ContainerCreating"))] }, []],
    [
      "its image cannot be pulled",
      {
        containerStatuses: [
          container(waiting("ImagePullBackOff", 'Back-off pulling image "quay.io/okd/x:1": ErrImagePull: not found')),
        ],
      },
      ['ImagePullBackOff: Back-off pulling image "quay.io/okd/x:1": ErrImagePull: not found'],
    ],
    [
      "the image of one that comes before cannot be pulled",
      { initContainerStatuses: [container(waiting("ErrImagePull"))] },
      ["ErrImagePull, image quay.io/okd/x:1"],
    ],
    [
      "no node takes it",
      {
        conditions: [
          {
            type: "PodScheduled",
            status: "False",
            reason: "Unschedulable",
            message: "0/1 nodes are available: 1 Insufficient memory.",
          },
        ],
      },
      ["Unschedulable: 0/1 nodes are available: 1 Insufficient memory."],
    ],
    [
      "it crashes",
      {
        containerStatuses: [
          container(waiting("CrashLoopBackOff", "back-off 10s restarting failed container"), {
            terminated: { exitCode: 137, reason: "OOMKilled" },
          }),
        ],
      },
      [
        "CrashLoopBackOff: back-off 10s restarting failed container, image quay.io/okd/x:1 (it ended with 137, OOMKilled)",
      ],
    ],
    [
      "its node ran out of room",
      { phase: "Failed", reason: "Evicted", message: "The node was low on resource: ephemeral-storage." },
      ["Evicted: The node was low on resource: ephemeral-storage."],
    ],
    ["it ended well", { containerStatuses: [container({ terminated: { exitCode: 0, reason: "Completed" } })] }, []],
  ];
  for (const [what, status, reasons] of cases) {
    it(`is that ${what}`, () => {
      assert.deepEqual(troublesOf([pod(status), pod(status)]), reasons);
      for (const reason of reasons) assert.notEqual(remedyFor(reason), undefined);
    });
  }

  it("has no remedy where it goes by itself", () => {
    for (const text of ["waiting: 0 of 2 replicas available", "Pending", "Initialized=False"]) {
      assert.equal(remedyFor(text), undefined);
    }
  });

  it("is told of a quota by whoever makes pods", () => {
    const text =
      'FailedCreate: pods "x" is forbidden: exceeded quota: mine, requested: pods=1, used: pods=3, limited: pods=3';
    assert.equal(remedyFor(text), "raise the namespace's ResourceQuota, or end what uses it up");
  });
});
