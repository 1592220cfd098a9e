# shellcheck shell=bash disable=SC2034 # sourced
# Every version of the lab. A changed pin builds again the parts whose key names it, and nothing else.
# The go client checks every module against the checksum database; GOSUMDB and GOFLAGS stay as they are.

# digest_of FOLDER: of its files, for the keys of parts that are made of them.
digest_of() {
  (cd "$HERE/$1" && find . -type f ! -name '*.md' ! -name settings.yaml -print0 | sort -z | xargs -0 sha256sum) | sha256sum | cut -c1-12
}

KIND=v0.33.0
KUBERNETES=1.35.4 # the newest whose modules the proxy held in full (2026-11); the last that takes containerd 1.x
ETCD=v3.6.16
COREDNS=v1.14.7
PULUMI=v3.246.0 # any engine that speaks to the SDK of package.json
TEKTON_PIPELINES=v1.15.0
TEKTON_TRIGGERS=v0.37.0
ARGO_CD=v3.2.11 # 3.2.12 does not compile; 3.3 and newer keep gitops-engine in a module that no zip holds
KUSTOMIZE=v5.7.1
HELM=v3.19.5
LOCAL_PATH=v0.0.30 # the only one that the proxy held (2026-11)
OPENSHIFT_API=v0.0.0-20260805215214-cfb63858e9d7
VERSITYGW=v1.8.0

DEBIAN=bookworm # its systemd 252 still boots where the machine has cgroup v1; newer ones refuse that
# Debian's containerd, runc, CNI plugins and registry serve: none of them is built.
NODE_PACKAGES=systemd,systemd-sysv,containerd,runc,containernetworking-plugins,conntrack,iptables,nftables,iproute2,ethtool,util-linux,mount,kmod,pigz,e2fsprogs,bash,ca-certificates,curl,jq,procps,socat
# debootstrap resolves no virtual packages: netavark stands for buildah's container-network-stack.
TOOLS_PACKAGES=bash,ca-certificates,curl,jq,git,git-lfs,gpg,gpg-agent,openssl,openssh-client,python3,python3-boto3,python3-yaml,skopeo,buildah,uidmap,netavark,fuse-overlayfs,createrepo-c,rpm,make,docker-registry,redis-server,tini,xz-utils,zstd,procps

REGISTRY_IMAGE=lab/registry:2 # raise it when what it holds changes
TOOLS=1 # tag of images that have no upstream version: raise it when what they hold changes
COSA=$(digest_of rehearsal)

NODEJS=$(node --version | tr -d v) # this machine's

REGISTRY_NAME=kind-registry # the container, and its host name for pods: kind-registry:5000
REGISTRY_PORT=5001
REGISTRY=localhost:$REGISTRY_PORT # what manifests and the host say; nodes map it to the container
NODE_IMAGE=lab/kind-node:v$KUBERNETES
