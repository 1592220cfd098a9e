# shellcheck shell=bash # sourced by `lab`
# A KinD cluster beside a registry, without Pulumi: for tests below it and for the benchmark's baseline.

kubeconfig() { echo "$LAB/kubeconfig-${1:-okd-streams}"; }
use() {
  KUBECONFIG=$(kubeconfig "${1:-}")
  export KUBECONFIG
  [ -s "$KUBECONFIG" ] || die "no cluster ${1:-okd-streams}: \`npm run lab -- up ${1:-}\` makes it"
}

# up [CLUSTER]
up() {
  local cluster=${1:-okd-streams} node config
  container_engine
  [ -e "$IMAGES/registry.tar" ] || die "nothing is built in $LAB: \`npm run lab -- build node registry\`" 3
  docker image inspect "$NODE_IMAGE" >/dev/null 2>&1 || docker load -q -i "$IMAGES/kind-node.tar"
  registry_up
  config=$(kubeconfig "$cluster")
  kind get clusters 2>/dev/null | grep -qx "$cluster" ||
    kind_config "${WORKERS:-0}" | kind create cluster --name "$cluster" --image "$NODE_IMAGE" --kubeconfig "$config" --wait 180s --config -
  [ -s "$config" ] || kind export kubeconfig --name "$cluster" --kubeconfig "$config"
  for node in $(kind get nodes --name "$cluster"); do
    docker exec "$node" mkdir -p "/etc/containerd/certs.d/$REGISTRY"
    printf '[host."http://%s:5000"]\n' "$REGISTRY_NAME" | docker exec -i "$node" cp /dev/stdin "/etc/containerd/certs.d/$REGISTRY/hosts.toml"
  done
}

# kind_config WORKERS
kind_config() {
  printf 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n'
  node_config control-plane
  for _ in $(seq "$1"); do node_config worker; done
}
node_config() {
  printf -- '- role: %s\n' "$1"
  [ ! -e /dev/kvm ] || printf '  extraMounts: [{hostPath: /dev/kvm, containerPath: /dev/kvm}]\n'
}

registry_up() {
  docker image inspect "$REGISTRY_IMAGE" >/dev/null 2>&1 || docker load -q -i "$IMAGES/registry.tar"
  docker network inspect kind >/dev/null 2>&1 || docker network create -o com.docker.network.bridge.enable_ip_masquerade=true kind >/dev/null
  docker start "$REGISTRY_NAME" >/dev/null 2>&1 ||
    docker run -d --name "$REGISTRY_NAME" --network kind -p "127.0.0.1:$REGISTRY_PORT:5000" "$REGISTRY_IMAGE" >/dev/null
  for _ in $(seq 50); do
    curl -fs "$REGISTRY/v2/" >/dev/null && break
    sleep 0.2
  done
  push_images
}

# push_images: compressing takes time, so what the registry holds is left (the configuration's digest names all content).
push_images() {
  local file tag configuration path have
  for file in "$IMAGES"/*.tar; do
    while read -r tag configuration; do
      [[ $tag == "$REGISTRY"/* ]] || continue
      path=${tag#"$REGISTRY/"}
      have=$(curl -fs -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' "$REGISTRY/v2/${path%:*}/manifests/${path##*:}" | jq -r .config.digest) || true
      [ "$have" != "sha256:${configuration%.json}" ] || continue
      say "pushing $tag"
      skopeo copy -q --dest-tls-verify=false "docker-archive:$file:$tag" "docker://$tag" </dev/null
    done < <(tar -xOf "$file" manifest.json | jq -r '.[] | "\(.RepoTags[]) \(.Config)"')
  done
}

# down [CLUSTER]
down() {
  docker info >/dev/null 2>&1 || return 0
  ! command -v kind >/dev/null || kind delete cluster --name "${1:-okd-streams}" --kubeconfig "$(kubeconfig "${1:-}")"
  rm -f "$(kubeconfig "${1:-}")"
  [ -n "$(kind get clusters -q 2>/dev/null)" ] || docker rm -fv "$REGISTRY_NAME" >/dev/null 2>&1 || true
}

status() {
  local cluster name
  echo "folder $LAB"
  for name in "${PARTS[@]}"; do
    [ "${NEEDED_BY[$name]}" != - ] || printf '  %-10s %s\n' "$name" "$(is_stale "$name" && echo "not built" || echo built)"
  done
  docker info >/dev/null 2>&1 || { echo "engine: none answers" && return; }
  docker info --format 'engine: docker {{.ServerVersion}}, runtime {{.DefaultRuntime}}, cgroup v{{.CgroupVersion}}'
  docker ps -a --filter "name=^$REGISTRY_NAME\$" --format 'registry: {{.Status}}'
  for cluster in $(kind get clusters -q 2>/dev/null); do echo "cluster: $cluster"; done
}

environment() {
  printf 'export %s=%q\n' OKD_STREAMS_OFFLINE "$LAB" KUBECONFIG "$(kubeconfig "${1:-}")"
  # shellcheck disable=SC2016 # for the shell that evaluates it
  printf 'export PATH=%q:"$PATH"\n' "$BIN"
}
