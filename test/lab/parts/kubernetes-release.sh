# shellcheck shell=bash # sourced by `lab`
# A release archive as Kubernetes publishes it, from which `kind build node-image` makes a node.

CERTIFICATES='"/etc/ssl/certs/ca-certificates.crt": "/etc/ssl/certs/ca-certificates.crt"'

# release_archive KIND FOLDER
release_archive() {
  local kind=$1 folder=$2 bin=$2/kubernetes/server/bin name
  mkdir -p "$bin"
  EXPECTED=$("$BUILT/kubeadm" config images list --kubernetes-version "v$KUBERNETES")
  for name in kube-apiserver kube-controller-manager kube-scheduler; do
    archive "$bin/$name.tar" <<<"[{\"tags\": [\"$(expected $name)\"], \"files\": {\"/usr/local/bin/$name\": \"$BUILT/$name\", $CERTIFICATES}}]"
  done
  kube_proxy_root "$WORK/kube-proxy"
  other_images "$kind" | archive "$bin/kube-proxy.tar" # kind loads every image of every archive here
  cp "$BUILT"/{kubeadm,kubelet,kubectl} "$bin/"
  echo "v$KUBERNETES" >"$folder/kubernetes/version"
  tar -C "$folder" -c kubernetes | gzip -1 >"$folder/kubernetes-server-linux-amd64.tar.gz"
  rm -rf "$WORK/kube-proxy"
}

# expected NAME: the reference by which kubeadm asks for an image.
expected() { grep "/$1:" <<<"$EXPECTED"; }

# constant FILE NAME: an image that kind's Go source names.
constant() { sed -n "s/^const $2 = \"\(.*\)\"/\1/p" "$kind/pkg/build/nodeimage/$1"; }

other_images() {
  local kind=$1 bin=/usr/local/bin pauses
  pauses=$(jq -cn '$ARGS.positional | unique' --args "$(expected pause)" "$(sed -n 's/.*sandbox_image = "\(.*\)"/\1/p' "$kind/images/base/files/etc/containerd/config.toml")")
  cat <<J
[{"tags": ["$(expected kube-proxy)"], "files": {"/": "$WORK/kube-proxy", "$bin/kube-proxy": "$BUILT/kube-proxy"}},
 {"tags": ["$(expected etcd)"], "files": {"$bin/etcd": "$BUILT/etcd", "$bin/etcdctl": "$BUILT/etcdctl"}, "dirs": ["/tmp"]},
 {"tags": ["$(expected coredns)"], "files": {"$bin/coredns": "$BUILT/coredns", $CERTIFICATES}, "entrypoint": ["$bin/coredns"]},
 {"tags": $pauses, "files": {"/pause": "$BUILT/pause"}, "entrypoint": ["/pause"], "user": "65535:65535"},
 {"tags": ["$(constant const_cni.go kindnetdImage)"], "files": {"$bin/kindnetd": "$BUILT/kindnetd"}, "entrypoint": ["$bin/kindnetd"]},
 {"tags": ["$(constant const_storage.go storageProvisionerImage)"], "files": {"/usr/bin/local-path-provisioner": "$BUILT/local-path-provisioner", $CERTIFICATES}},
 {"tags": ["$(constant const_storage.go storageHelperImage)"], "files": {"/bin/busybox": "$(command -v busybox)"},
  "links": {"/bin/sh": "busybox", "/bin/mkdir": "busybox", "/bin/rm": "busybox"}, "dirs": ["/tmp"]}]
J
}

# kube_proxy_root FOLDER: kube-proxy calls iptables and conntrack.
kube_proxy_root() {
  local root=$WORK/node folder=$1 name plugins=/usr/lib/x86_64-linux-gnu/xtables
  rm -rf "$folder"
  collect "$root" "$folder" /usr/sbin/{xtables-nft-multi,xtables-legacy-multi,nft,conntrack} /usr/bin/dash
  mkdir -p "$folder/bin" "$folder${plugins%/*}"
  ln -s /usr/bin/dash "$folder/bin/sh"
  # The plugins' own libraries too: without libm, which libxt_statistic loads, every Service with two endpoints fails.
  cp -a "$root$plugins" "$folder$plugins"
  # shellcheck disable=SC2046
  link_libraries "$root" "$folder" $(cd "$root" && find ".$plugins" -type f -printf "/%p ")
  # As upstream's iptables-wrapper: the backend where the node's kubelet left its hint. Debian's dockerd uses nft.
  for name in {iptables,ip6tables}{,-save,-restore}; do
    cat >"$folder/usr/sbin/$name" <<S
#!/bin/sh
case "\$(xtables-nft-multi iptables-nft-save -t mangle 2>/dev/null)" in
*KUBE-IPTABLES-HINT*) exec xtables-nft-multi $name "\$@" ;;
*) exec xtables-legacy-multi $name "\$@" ;;
esac
S
    chmod 755 "$folder/usr/sbin/$name"
  done
}
