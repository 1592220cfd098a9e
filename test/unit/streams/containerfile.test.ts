import assert from "node:assert/strict";
import { renderContainerfile, renderContext } from "../../../components/streams/layers/containerfile";
import { type Layer, layerSettings } from "../../../components/streams/layers/schema";
import { exampleLayer, type WrittenLayer } from "./samples";

const BASE = `quay.io/okd/centos-stream-coreos-9@sha256:${"a".repeat(64)}`;
const layerWith = (changes: Partial<WrittenLayer>): Layer =>
  layerSettings.parse({ name: "test", version: "4.21", base: BASE, ...changes });

const linesOf = (changes: Partial<WrittenLayer>) => renderContainerfile(layerWith(changes)).split("\n").slice(2, -1);

describe("the Containerfile of a layer", () => {
  it("of the README's example is the talk's, with the repository that has the packages", () => {
    assert.deepEqual(renderContext({ ...exampleLayer(), base: BASE }), {
      Containerfile: `# Layer layer-crio of OKD 4.21, as its stack wants it.
FROM ${BASE}
COPY --chmod=0644 repository-okd /etc/yum.repos.d/layer-okd.repo
RUN rpm-ostree install cri-o cri-tools conmon-rs && \\
    rpm-ostree cleanup -m && \\
    rm -f /etc/yum.repos.d/layer-okd.repo && \\
    ostree container commit
RUN systemctl enable crio.service && \\
    ostree container commit
`,
      "repository-okd": `[okd]
name=okd
baseurl=https://mirror.stream.centos.org/SIGs/9-stream/cloud/$basearch/okd-4.20/
enabled=1
gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-CentOS-SIG-Cloud
`,
    });
  });

  it("takes what the run builds on where the layer names no image", () => {
    assert.match(renderContainerfile(exampleLayer()), /^ARG BASE=overridden\nFROM \$\{BASE\}$/m);
  });

  it("of a layer on a release is another one on another release: the gate compares contexts", () => {
    const on = (release: string) =>
      renderContainerfile(layerWith({ base: { release }, units: [{ name: "a.service" }] }));
    assert.equal(
      on("4.21.0-okd-scos.3"),
      `# Layer layer-test of OKD 4.21, as its stack wants it.
# On the node image of quay.io/okd/scos-release:4.21.0-okd-scos.3.
ARG BASE=overridden
FROM \${BASE}
RUN systemctl enable a.service && \\
    ostree container commit
`,
    );
    assert.match(on("example.org/release:4.21.0"), /^# On the node image of example\.org\/release:4\.21\.0\.$/m);
  });

  it("takes a newer kernel of the same packages from a repository, as the README's example does", () => {
    const { Containerfile, ...files } = renderContext(exampleLayer("kernel"));
    assert.deepEqual(Containerfile!.split("\n").slice(4, -1), [
      "COPY --chmod=0644 repository-c10s-baseos /etc/yum.repos.d/layer-c10s-baseos.repo",
      "RUN kernel=$(/usr/bin/rpm -qa --queryformat '%{NAME} ' kernel kernel-core 'kernel-modules*') && \\",
      "    rpm-ostree cliwrap install-to-root / && \\",
      "    rpm-ostree override replace --experimental --freeze --from repo=c10s-baseos $kernel && \\",
      "    rpm-ostree cleanup -m && \\",
      "    rm -f /etc/yum.repos.d/layer-c10s-baseos.repo && \\",
      "    ostree container commit",
    ]);
    assert.deepEqual(Object.keys(files), ["repository-c10s-baseos"]);
  });

  it("swaps packages in one transaction", () => {
    assert.deepEqual(linesOf({ packages: { add: ["crun"], remove: ["moby-engine", "runc"] } }), [
      "RUN rpm-ostree override remove moby-engine runc --install crun && \\",
      "    rpm-ostree cleanup -m && \\",
      "    ostree container commit",
    ]);
  });

  it("swaps the kernel in one transaction, after rpm-ostree has its hands on dracut", () => {
    assert.deepEqual(
      linesOf({ kernel: ["kernel-rt-core", "kernel-rt-modules"], packages: { remove: ["irqbalance"] } }),
      [
        "RUN kernel=$(/usr/bin/rpm -qa --queryformat '%{NAME} ' kernel kernel-core 'kernel-modules*') && \\",
        "    rpm-ostree cliwrap install-to-root / && \\",
        "    rpm-ostree override remove irqbalance $kernel --install kernel-rt-core --install kernel-rt-modules && \\",
        "    rpm-ostree cleanup -m && \\",
        "    ostree container commit",
      ],
    );
  });

  it("replaces packages by those of another repository, which is not left behind", () => {
    const repositories = [
      { name: "next", baseUrl: "https://example.org/next", gpgCheck: false, includes: ["podman*"] },
    ];
    const packages = { replace: { next: ["podman", "kernel-core"] } };
    assert.deepEqual(linesOf({ repositories, packages }), [
      "COPY --chmod=0644 repository-next /etc/yum.repos.d/layer-next.repo",
      "RUN rpm-ostree cliwrap install-to-root / && \\",
      "    rpm-ostree override replace --experimental --freeze --from repo=next podman kernel-core && \\",
      "    rpm-ostree cleanup -m && \\",
      "    rm -f /etc/yum.repos.d/layer-next.repo && \\",
      "    ostree container commit",
    ]);
    assert.match(
      renderContext(layerWith({ repositories, packages }))["repository-next"]!,
      /^gpgcheck=0\nincludepkgs=podman\*$/m,
    );
  });

  it("adds files and units after the packages, whose configuration they may change", () => {
    const contents = "anything ' \" $(at) `all`\nRUN rm -rf /\n";
    const layer = {
      packages: { add: ["rsyslog"] },
      files: [
        { path: "/etc/rsyslog.d/remote.conf", contents },
        { path: "/usr/bin/hello", contents, mode: "0755" },
      ],
      units: [
        { name: "hello.service", contents },
        { name: "sshd.service", enabled: false },
      ],
    };
    assert.deepEqual(linesOf(layer), [
      "RUN rpm-ostree install rsyslog && \\",
      "    rpm-ostree cleanup -m && \\",
      "    ostree container commit",
      "COPY --chmod=0644 file-0 /etc/rsyslog.d/remote.conf",
      "COPY --chmod=0755 file-1 /usr/bin/hello",
      "COPY --chmod=0644 unit-0 /usr/lib/systemd/system/hello.service",
      "RUN systemctl enable hello.service && \\",
      "    systemctl disable sshd.service && \\",
      "    ostree container commit",
    ]);
    const { Containerfile, ...data } = renderContext(layerWith(layer));
    assert.deepEqual(data, { "file-0": contents, "file-1": contents, "unit-0": contents });
    assert.doesNotMatch(Containerfile!, /anything/);
  });

  it("commits files that no command follows", () => {
    assert.deepEqual(linesOf({ files: [{ path: "/etc/motd", contents: "" }] }), [
      "COPY --chmod=0644 file-0 /etc/motd",
      "RUN ostree container commit",
    ]);
  });

  it("refuses files that a ConfigMap does not hold", () => {
    const files = [{ path: "/etc/motd", contents: "x".repeat(1024 * 1024) }];
    assert.throws(() => renderContext(layerWith({ files })), {
      name: "UserError",
      message: /^layers: the files of test are 1048\d{3} bytes, a ConfigMap holds 1032192: /,
    });
  });
});
