# shellcheck shell=bash # sourced by `lab`
# KinD and its node image: Kubernetes from Go modules, the rest of a node from Debian packages.

part host node 40 "kind, and runc-clamp for machines that lack a capability" "$KIND $(digest_of src/runc-clamp)" "$BIN"/{kind,runc-clamp}
part kubernetes node,tools 300 "Kubernetes $KUBERNETES: control plane, kubelet, kubeadm, kubectl" "$KUBERNETES" "$BUILT/kubelet" "$BIN/kubectl"
part node-programs node 70 "etcd, CoreDNS, the pod network, volumes" "$ETCD $COREDNS $(digest_of src/node)" "$BUILT"/{etcd,coredns,kindnetd}
part node-root node 45 "Debian packages of a node" "$DEBIAN $NODE_PACKAGES" "$WORK/node"
part node - 60 "the node image $NODE_IMAGE" "$NODE_IMAGE $KUBERNETES $KIND $ETCD $COREDNS $(digest_of src) $DEBIAN $NODE_PACKAGES" \
  "$IMAGES/kind-node.tar" "$BIN"/{kind,kubectl,runc-clamp}
MODULES[host]=sigs.k8s.io/kind@$KIND
MODULES[kubernetes]=k8s.io/kubernetes@v$KUBERNETES
MODULES[node-programs]="go.etcd.io/etcd/server/v3@$ETCD go.etcd.io/etcd/etcdctl/v3@$ETCD github.com/coredns/coredns@$COREDNS"

make_host() {
  copy "sigs.k8s.io/kind@$KIND" kind
  compile -- -o "$BIN/kind" .
  cd "$HERE/src/runc-clamp"
  compile -- -o "$BIN/runc-clamp" .
}

make_kubernetes() {
  local minor=${KUBERNETES#1.} name package version=()
  local programs=(kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubeadm kubectl)
  wrap k8s.io/kubernetes "v$KUBERNETES" kubernetes "v0.$minor" "${programs[@]/#/k8s.io/kubernetes/cmd/}"
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    for name in "gitVersion=v$KUBERNETES" gitMajor=1 "gitMinor=${minor%%.*}" gitTreeState=clean buildDate=2026-01-01T00:00:00Z; do
      version+=("-X $package.$name")
    done
  done
  compile "${version[@]}" -- -mod=mod -o "$BUILT/" "${programs[@]/#/k8s.io/kubernetes/cmd/}"
  cp "$BUILT/kubectl" "$BIN/"
}

make_node_programs() {
  # The daemon's own module holds no command: a few lines make one.
  rm -rf etcd
  mkdir -p etcd/cmd
  cd etcd
  printf 'package main\n\nimport (\n\t"os"\n\n\t"go.etcd.io/etcd/server/v3/etcdmain"\n)\n\nfunc main() { etcdmain.Main(os.Args) }\n' >cmd/main.go
  printf '//go:build tools\n\npackage tools\n\nimport _ "go.etcd.io/etcd/etcdctl/v3"\n' >tools.go
  go mod init lab.local/etcd
  go mod edit -require "go.etcd.io/etcd/server/v3@$ETCD" -require "go.etcd.io/etcd/etcdctl/v3@$ETCD"
  compile -- -mod=mod -o "$BUILT/etcd" ./cmd
  compile -- -mod=mod -o "$BUILT/etcdctl" go.etcd.io/etcd/etcdctl/v3
  copy "github.com/coredns/coredns@$COREDNS" coredns
  compile -- -o "$BUILT/coredns" .
  cd "$HERE/src/node"
  compile -- -o "$BUILT/" ./...
}

make_node_root() { debian_root node "$NODE_PACKAGES"; }

# kind's base image (the files of its module over Debian), a release archive as Kubernetes publishes it, and `kind build`.
make_node() {
  local kind release=$WORK/release
  kind=$(module_folder "sigs.k8s.io/kind@$KIND")
  container_engine
  base_root "$kind" "$WORK/node-base"
  tar -C "$WORK/node-base" --numeric-owner -c . | docker import - lab/kind-base-root >/dev/null
  # `docker import` cannot set a stop signal: a build of metadata alone, by the classic builder, which pulls nothing.
  printf 'FROM lab/kind-base-root\nENV container=docker\nSTOPSIGNAL SIGRTMIN+3\nENTRYPOINT ["/usr/local/bin/entrypoint","/sbin/init"]\n' |
    DOCKER_BUILDKIT=0 docker build -q -t lab/kind-base -
  rm -rf "$release"
  release_archive "$kind" "$release"
  "$BIN/kind" build node-image --type file "$release/kubernetes-server-linux-amd64.tar.gz" --base-image lab/kind-base --image "$NODE_IMAGE"
  docker image rm lab/kind-base lab/kind-base-root || true
  rm -rf "$WORK/node-base" "$release"
  docker save -o "$IMAGES/kind-node.tar.part" "$NODE_IMAGE"
  chmod 644 "$IMAGES/kind-node.tar.part"
  mv "$IMAGES/kind-node.tar.part" "$IMAGES/kind-node.tar"
}

# base_root KIND ROOT: what kind's images/base/Dockerfile does.
base_root() {
  local kind=$1 root=$2 name
  rm -rf "$root"
  cp -a "$WORK/node" "$root"
  mkdir -p "$root"/{kind/bin,LICENSES,etc/kubernetes/manifests,opt/cni/bin}
  cp -r --no-preserve=mode,ownership "$kind"/images/base/files/{etc,kind} "$root/"
  cp --no-preserve=mode,ownership "$kind"/images/base/files/usr/local/bin/* "$root/usr/local/bin/"
  chmod 755 "$root"/kind "$root"/kind/bin{,/*} "$root"/usr/local/bin/*
  rm -f "$root"/lib/systemd/system/{multi-user.target.wants,local-fs.target.wants,basic.target.wants}/* "$root"/etc/systemd/system/*.wants/* \
    "$root"/lib/systemd/system/sockets.target.wants/*{udev,initctl}* "$root"/lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service
  echo "ReadKMsg=no" >>"$root/etc/systemd/journald.conf"
  ln -sf /usr/lib/systemd/systemd "$root/sbin/init"
  for name in containerd containerd-shim-runc-v2; do ln -s "../../bin/$name" "$root/usr/local/bin/$name"; done
  install -m755 "$HERE/src/ctr.sh" "$root/usr/local/bin/ctr"
  cp -a "$root"/usr/lib/cni/* "$root/opt/cni/bin/"
  install -m755 "$BIN/runc-clamp" "$root/usr/local/sbin/runc" # found before /usr/sbin/runc, which it execs
  chroot "$root" systemctl enable kubelet.service containerd.service undo-mount-hacks.service
  chroot "$root" systemctl mask systemd-binfmt.service
  chroot "$root" ctr oci spec | jq '.hooks.createContainer += [{path: "/kind/bin/mount-product-files.sh"}] | del(.process.rlimits)' >"$root/etc/containerd/cri-base.json"
  # Without CAP_SYS_RESOURCE nobody may lower oom_score_adj. And containerd 1.x looks for registries' mirrors where it is told.
  sed -i 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' "$root/etc/containerd/config.toml"
  printf '\n[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "/etc/containerd/certs.d"\n' >>"$root/etc/containerd/config.toml"
  # Kubernetes 1.35 starts on cgroup v1 only where it is told to.
  sed -i 's/^KUBELET_EXTRA_ARGS=.*/& --fail-cgroupv1=false/' "$root/etc/default/kubelet"
}
