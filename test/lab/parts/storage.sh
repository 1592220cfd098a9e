# shellcheck shell=bash # sourced by `lab`
# The local-path provisioner, upstream's: what KinD has of that name is the lab's own.

part storage - 120 "local-path provisioner $LOCAL_PATH" "$LOCAL_PATH $REGISTRY $TOOLS" "$IMAGES/storage.tar" "$MANIFESTS/local-path-storage.yaml"
MODULES[storage]="github.com/rancher/local-path-provisioner@$LOCAL_PATH"

make_storage() {
  mkdir -p "$BUILT/storage" # the node's own has the same name
  copy "github.com/rancher/local-path-provisioner@$LOCAL_PATH" local-path-provisioner
  compile "-X main.VERSION=$LOCAL_PATH" -- -o "$BUILT/storage/local-path-provisioner" .
  archive "$IMAGES/storage.tar" <<J
[{"tags": ["$REGISTRY/rancher/local-path-provisioner:$LOCAL_PATH"], "files": {"/usr/bin/local-path-provisioner": "$BUILT/storage/local-path-provisioner"},
  "cmd": ["local-path-provisioner"]}]
J
  python3 "$HERE/manifests.py" storage deploy/local-path-storage.yaml "$REGISTRY" "$LOCAL_PATH" "$TOOLS" >"$MANIFESTS/local-path-storage.yaml"
}
