# shellcheck shell=bash # sourced by `lab`
# The registry beside KinD, busybox as a small image for plain pods and as Tekton's shell image, and this machine's Node with what it
# loads for programs in the cluster.

part tools-root registry,tools,tekton,argo-cd 60 "Debian packages for pipeline steps" "$DEBIAN $TOOLS_PACKAGES" "$WORK/tools" "$WORK/tools.tar"
part programs - 3 "the image of programs in the cluster" "$NODEJS $REGISTRY" "$IMAGES/programs.tar"
part registry - 3 "the registry's image and busybox" "$DEBIAN $REGISTRY $TOOLS $REGISTRY_IMAGE" "$IMAGES/registry.tar"

make_tools_root() {
  debian_root tools "$TOOLS_PACKAGES"
  ln -sf /usr/bin/tini-static "$WORK/tools/usr/sbin/tini" # Tekton's resolvers start through /sbin/tini
  rootless tools
  tar -C tools --numeric-owner --sort=name --xattrs --xattrs-include=security.capability -cf tools.tar.part .
  mv tools.tar.part tools.tar
}

# rootless ROOT: as in coreos-assembler, user 1000 may map other users, by programs that have the capability for it and are not setuid.
rootless() {
  local kind
  echo builder:x:1000:1000::/tmp:/bin/bash >>"$1/etc/passwd"
  echo builder:x:1000: >>"$1/etc/group"
  for kind in uid gid; do
    printf 'builder:1:999\nbuilder:1001:64535\n' >"$1/etc/sub$kind"
    chmod u-s "$1/usr/bin/new${kind}map"
    setcap "cap_set$kind=ep" "$1/usr/bin/new${kind}map"
  done
}

make_registry() {
  local applets root=$WORK/registry-root
  applets=$(busybox --list | grep -vx busybox | jq -Rn '[inputs | {("/bin/" + .): "busybox"}] | add')
  rm -rf "$root"
  collect "$WORK/tools" "$root" /usr/bin/docker-registry
  archive "$IMAGES/registry.tar" <<J
[{"tags": ["$REGISTRY_IMAGE"], "files": {"/": "$root", "/bin/busybox": "$(command -v busybox)"}, "links": $applets, "dirs": ["/tmp", "/var/lib/registry"],
  "text": {"/etc/registry.yml": "version: 0.1\nlog: {level: warn}\nstorage: {filesystem: {rootdirectory: /var/lib/registry}, delete: {enabled: true}}\nhttp: {addr: ':5000'}\n"},
  "entrypoint": ["/usr/bin/docker-registry"], "cmd": ["serve", "/etc/registry.yml"]},
 {"tags": ["$REGISTRY/lab/busybox:$TOOLS"], "files": {"/bin/busybox": "$(command -v busybox)"}, "dirs": ["/tmp"], "links": $applets, "cmd": ["sh"]}]
J
}

make_programs() {
  local node files
  node=$(readlink -f "$(command -v node)")
  files=$(ldd "$node" | grep -oE '/[^ )]+' | sort -u | while read -r file; do
    jq -cn --arg file "$file" --arg real "$(readlink -f "$file")" '{($file): $real}'
  done | jq -cs --arg node "$node" 'add + {"/usr/bin/node": $node}')
  archive "$IMAGES/programs.tar" <<J
[{"tags": ["$REGISTRY/lab/nodejs:$NODEJS"], "files": $files, "cmd": ["node"]}]
J
}
