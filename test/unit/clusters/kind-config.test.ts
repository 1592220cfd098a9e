import * as assert from "node:assert/strict";
import { markPath, renderKindConfig, type KindShape } from "../../../components/clusters/kind/config";

const shape: KindShape = {
  stack: "kind",
  name: "okd-streams",
  controlPlanes: 1,
  workers: 0,
  mounts: [],
  ports: [],
};

const containerdConfigPatches = [
  `[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "/etc/containerd/certs.d"\n`,
  `[plugins."io.containerd.grpc.v1.cri"]\n  device_ownership_from_security_context = true\n`,
  `[plugins."io.containerd.cri.v1.runtime"]\n  device_ownership_from_security_context = true\n`,
];

describe("renderKindConfig", () => {
  it("renders the smallest cluster: one marked node", () => {
    assert.deepEqual(renderKindConfig(shape), {
      kind: "Cluster",
      apiVersion: "kind.x-k8s.io/v1alpha4",
      name: "okd-streams",
      containerdConfigPatches,
      nodes: [
        {
          role: "control-plane",
          extraMounts: [{ hostPath: "/dev/null", containerPath: "/etc/okd-streams/kind/375eed914e2a", readOnly: true }],
        },
      ],
    });
  });

  it("renders every setting: mounts and image on all nodes, ports on the first one", () => {
    const extraMounts = [
      { hostPath: "/srv/a", containerPath: "/a", readOnly: false },
      { hostPath: "/srv/b", containerPath: "/b", readOnly: true },
      { hostPath: "/dev/null", containerPath: "/etc/okd-streams/kind/57f4a599eb34", readOnly: true },
    ];
    const image = "kindest/node:v1.34.0";
    assert.deepEqual(
      renderKindConfig({
        ...shape,
        controlPlanes: 2,
        workers: 1,
        nodeImage: image,
        mounts: [
          { hostPath: "/srv/a", containerPath: "/a" },
          { hostPath: "/srv/b", containerPath: "/b", readOnly: true },
        ],
        ports: [
          { host: 8080, container: 80 },
          { host: 5353, container: 53, protocol: "UDP" },
        ],
      }),
      {
        kind: "Cluster",
        apiVersion: "kind.x-k8s.io/v1alpha4",
        name: "okd-streams",
        containerdConfigPatches,
        nodes: [
          {
            role: "control-plane",
            image,
            extraMounts,
            extraPortMappings: [
              { hostPort: 8080, containerPort: 80, protocol: "TCP", listenAddress: "127.0.0.1" },
              { hostPort: 5353, containerPort: 53, protocol: "UDP", listenAddress: "127.0.0.1" },
            ],
          },
          { role: "control-plane", image, extraMounts },
          { role: "worker", image, extraMounts },
        ],
      },
    );
  });
});

describe("markPath", () => {
  it("differs with every setting, and is the same when a default is written out", () => {
    const others: Partial<KindShape>[] = [
      { stack: "other" },
      { name: "other" },
      { controlPlanes: 2 },
      { workers: 1 },
      { nodeImage: "kindest/node:v1.34.0" },
      { mounts: [{ hostPath: "/a", containerPath: "/a" }] },
      { mounts: [{ hostPath: "/a", containerPath: "/a", readOnly: true }] },
      { ports: [{ host: 8080, container: 80 }] },
      { ports: [{ host: 8080, container: 80, protocol: "UDP" }] },
    ];
    const paths = new Set([{}, ...others].map((other) => markPath({ ...shape, ...other })));
    assert.equal(paths.size, others.length + 1);
    assert.equal(
      markPath({ ...shape, mounts: [{ hostPath: "/a", containerPath: "/a", readOnly: false }] }),
      markPath({ ...shape, mounts: [{ hostPath: "/a", containerPath: "/a" }] }),
    );
  });
});
