# shellcheck shell=bash # sourced by `lab`
# Images for pipeline steps, in one archive, where the large layer of Debian packages is kept once: the tools, and over
# them a rehearsal's coreos-assembler with the repositories that it builds from.

part tools - 15 "images for pipeline steps, and a rehearsal's" "$DEBIAN $TOOLS_PACKAGES $KUBERNETES $REGISTRY_NAME $REGISTRY $TOOLS $COSA" "$IMAGES/tools.tar"

make_tools() {
  local rehearsal=$WORK/rehearsal debian
  rm -rf "$rehearsal"
  python3 "$HERE/rehearsal/make.py" "$rehearsal" --builder "$REGISTRY_NAME:5000/lab/busybox:$TOOLS"
  debian="\"layers\": [\"$WORK/tools.tar\"], \"cmd\": [\"bash\"]"
  archive "$IMAGES/tools.tar" <<J
[{"tags": ["$REGISTRY/lab/tools:$TOOLS"], $debian, "files": {"/usr/local/bin/kubectl": "$BIN/kubectl"}, $(step_settings), $(step_environment)},
 {"tags": ["$REGISTRY/lab/coreos-assembler:$COSA"], $debian, $(cosa_files), $(step_environment)},
 {"tags": ["$REGISTRY/lab/coreos-assembler-one-stage:$COSA"], $debian, $(cosa_files), $(step_environment COSA_COMMANDS=/usr/local/lib/cosa/one-stage.json)},
 {"tags": ["$REGISTRY/lab/openshift-rpms:$COSA"], "files": {"/srv/repo": "$rehearsal/repo"}}]
J
}

cosa_files() {
  cat <<J
"files": {"/usr/local/lib/cosa": "$HERE/rehearsal/cosa", "/rehearsal": "$WORK/rehearsal"}, $(step_settings),
  "links": {"/usr/local/bin/cosa": "/usr/local/lib/cosa/cosa", "/usr/local/bin/go": "/usr/local/lib/cosa/go"}
J
}

# The registry of the lab speaks plain HTTP; and the rehearsal's repositories belong to root, whoever clones them.
step_settings() {
  cat <<J
"text": {"/etc/containers/registries.conf.d/lab.conf": "[[registry]]\nlocation = '$REGISTRY_NAME:5000'\ninsecure = true\n",
  "/etc/gitconfig": "[safe]\n\tdirectory = *\n"}
J
}

# step_environment VARIABLE=VALUE…: buildah works in a container, without fuse.
step_environment() {
  printf '"env": '
  jq -cn '$ARGS.positional' --args BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs "$@"
}
