# shellcheck shell=bash # sourced by `lab`
# Tekton Pipelines and Triggers: the images that upstream's release holds, and its manifests with their names.

part tekton - 170 "Tekton Pipelines $TEKTON_PIPELINES and Triggers $TEKTON_TRIGGERS" "$TEKTON_PIPELINES $TEKTON_TRIGGERS $REGISTRY $DEBIAN $TOOLS" \
  "$IMAGES/tekton.tar" "$MANIFESTS"/tekton-{pipelines,triggers,interceptors}.yaml
MODULES[tekton]="github.com/tektoncd/pipeline@$TEKTON_PIPELINES github.com/tektoncd/triggers@$TEKTON_TRIGGERS"

make_tekton() {
  local images=() name
  local pipelines=(controller webhook events entrypoint nop sidecarlogresults workingdirinit resolvers)
  local triggers=(controller webhook interceptors eventlistenersink)
  mkdir -p "$BUILT"/{pipelines,triggers}
  copy "github.com/tektoncd/pipeline@$TEKTON_PIPELINES" tekton-pipelines
  compile -- -o "$BUILT/pipelines/" "${pipelines[@]/#/./cmd/}"
  copy "github.com/tektoncd/triggers@$TEKTON_TRIGGERS" tekton-triggers
  compile -- -o "$BUILT/triggers/" "${triggers[@]/#/./cmd/}"
  resolvers_root "$WORK/resolvers-root"
  for name in "${pipelines[@]}"; do images+=("$(tekton_image pipelines "$name" "pipeline-$name:$TEKTON_PIPELINES")"); done
  for name in "${triggers[@]}"; do images+=("$(tekton_image triggers "$name" "triggers-$name:$TEKTON_TRIGGERS")"); done
  (IFS=, && echo "[${images[*]}]") | archive "$IMAGES/tekton.tar"
  tekton_manifest tekton-pipelines/config pipeline "$TEKTON_PIPELINES" >"$MANIFESTS/tekton-pipelines.yaml"
  tekton_manifest tekton-triggers/config triggers "$TEKTON_TRIGGERS" --skip interceptors >"$MANIFESTS/tekton-triggers.yaml"
  # ClusterInterceptor objects go through the webhook of the file before.
  tekton_manifest tekton-triggers/config/interceptors triggers "$TEKTON_TRIGGERS" >"$MANIFESTS/tekton-interceptors.yaml"
}

# tekton_image FOLDER PROGRAM REFERENCE: paths and user as ko makes them, which the manifests rely on.
tekton_image() {
  local root="" entry="[\"/ko-app/$2\"]"
  [ "$2" != resolvers ] || root="\"/\": \"$WORK/resolvers-root\", "
  cat <<J
{"tags": ["$REGISTRY/tekton/$3"], "files": {$root"/ko-app/$2": "$BUILT/$1/$2", $CERTIFICATES}, "dirs": ["/tmp", "/home/nonroot"],
 "text": {"/etc/passwd": "root:x:0:0::/:/sbin/nologin\nnonroot:x:65532:65532::/home/nonroot:/sbin/nologin\n"},
 "own": {"/home/nonroot": [65532, 65532]}, "env": ["HOME=/home/nonroot"], "entrypoint": $entry, "user": "65532:65532"}
J
}

# resolvers_root FOLDER: the resolvers start through tini, and call git.
resolvers_root() {
  local root=$WORK/tools git=/usr/lib/git-core
  rm -rf "$1"
  collect "$root" "$1" /usr/bin/git $git/git-remote-http
  mkdir -p "$1"{$git,/usr/sbin,/usr/share/git-core/templates}
  cp -a "$root"$git/. "$1$git/"
  install -m755 "$root/usr/bin/tini-static" "$1/usr/sbin/tini"
  ln -s usr/sbin "$1/sbin"
}

# tekton_manifest FOLDER pipeline|triggers VERSION [--skip SUBFOLDER]
tekton_manifest() { python3 "$HERE/manifests.py" tekton "$WORK/$1" "$2" "$REGISTRY" "$3" "$TOOLS" "${@:4}"; }
