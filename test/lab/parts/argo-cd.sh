# shellcheck shell=bash # sourced by `lab`
# Argo CD: one program under many names. No web UI: its assets come from a Node.js build that the module does not hold.

part argo-cd - 240 "Argo CD $ARGO_CD" "$ARGO_CD $KUSTOMIZE $HELM $REGISTRY $DEBIAN $TOOLS_PACKAGES $TOOLS" "$IMAGES/argo-cd.tar" "$MANIFESTS/argo-cd.yaml" "$BIN/argocd"
MODULES[argo-cd]="github.com/argoproj/argo-cd/v3@$ARGO_CD sigs.k8s.io/kustomize/kustomize/v5@$KUSTOMIZE helm.sh/helm/v3@$HELM"

make_argo_cd() {
  local package=github.com/argoproj/argo-cd/v3/common redis=$WORK/redis-root
  copy "sigs.k8s.io/kustomize/kustomize/v5@$KUSTOMIZE" kustomize
  compile -- -o "$BUILT/kustomize" .
  copy "helm.sh/helm/v3@$HELM" helm
  compile -- -o "$BUILT/helm" ./cmd/helm
  copy "github.com/argoproj/argo-cd/v3@$ARGO_CD" argo-cd
  compile "-X $package.version=${ARGO_CD#v} -X $package.gitTag=$ARGO_CD -X $package.gitCommit=$(printf '%040d' 0) -X $package.gitTreeState=clean -X $package.buildDate=2026-01-01T00:00:00Z" -- \
    -o "$BIN/argocd" ./cmd
  chmod 755 hack/{gpg-wrapper,git-verify-wrapper}.sh entrypoint.sh
  rm -rf "$redis"
  collect "$WORK/tools" "$redis" /usr/bin/redis-server
  mkdir -p "$redis/bin"
  install -m755 "$(command -v busybox)" "$redis/bin/busybox"
  ln -s busybox "$redis/bin/sh"
  argo_cd_images "$WORK/argo-cd" "$redis" | archive "$IMAGES/argo-cd.tar"
  python3 "$HERE/manifests.py" argocd manifests/install.yaml "$REGISTRY" "$ARGO_CD" "$TOOLS" >"$MANIFESTS/argo-cd.yaml"
}

argo_cd_images() {
  local source=$1 redis=$2 bin=/usr/local/bin links=() name
  for name in server repo-server cmp-server application-controller dex notifications applicationset-controller k8s-auth commit-server; do
    links+=("\"$bin/argocd-$name\": \"argocd\"")
  done
  cat <<J
[{"tags": ["$REGISTRY/argocd/argocd:$ARGO_CD"], "layers": ["$WORK/tools.tar"], "entrypoint": ["/usr/bin/tini", "--"], "user": "999",
  "workdir": "/home/argocd", "env": ["USER=argocd", "HOME=/home/argocd"],
  "files": {"$bin/argocd": "$BIN/argocd", "$bin/kustomize": "$BUILT/kustomize", "$bin/helm": "$BUILT/helm",
            "$bin/gpg-wrapper.sh": "$source/hack/gpg-wrapper.sh", "$bin/git-verify-wrapper.sh": "$source/hack/git-verify-wrapper.sh",
            "$bin/entrypoint.sh": "$source/entrypoint.sh"},
  "text": {"/app/config/ssh/ssh_known_hosts": ""}, "dirs": ["/home/argocd", "/app/config/tls", "/app/config/gpg/source", "/app/config/gpg/keys"],
  "links": {"/etc/ssh/ssh_known_hosts": "/app/config/ssh/ssh_known_hosts", $(IFS=, && echo "${links[*]}")},
  "own": {"/home/argocd": [999, 0], "/app/config/gpg/keys": [999, 999]}},
 {"tags": ["$REGISTRY/argocd/redis:$TOOLS"], "files": {"/": "$redis"}, "dirs": ["/tmp", "/data"], "own": {"/data": [999, 999]},
  "workdir": "/data", "user": "999", "entrypoint": ["redis-server"]}]
J
}
