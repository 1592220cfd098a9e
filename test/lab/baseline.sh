# shellcheck shell=bash # sourced by `lab`
# Tekton by kubectl, in the order that a user finds out: what `npm run bench` compares with.

# baseline [CLUSTER]
baseline() {
  use "${1:-}"
  apply tekton-pipelines
  await tekton-pipelines tekton-pipelines-resolvers
  has_certificate validatingwebhookconfiguration/validation.webhook.pipeline.tekton.dev '{.webhooks[0].clientConfig.caBundle}'
  apply tekton-triggers
  await tekton-pipelines
  has_certificate validatingwebhookconfiguration/validation.webhook.triggers.tekton.dev '{.webhooks[0].clientConfig.caBundle}'
  apply tekton-interceptors
  await tekton-pipelines
  has_certificate clusterinterceptor/cel '{.spec.clientConfig.caBundle}'
}

# The objects that a webhook or a definition of the same file still refuses are taken the second time.
apply() { kubectl apply --server-side -f "$MANIFESTS/$1.yaml" >/dev/null 2>&1 || kubectl apply --server-side -f "$MANIFESTS/$1.yaml" | tail -n 1; }

await() {
  local namespace
  for namespace in "$@"; do kubectl -n "$namespace" wait --for=condition=Available deployment --all --timeout=300s; done
}

# A webhook refuses everything until its controller has written its certificate into the configuration.
has_certificate() {
  for _ in $(seq 120); do
    [ -z "$(kubectl get "$1" -o "jsonpath=$2" 2>/dev/null)" ] || return 0
    sleep 1
  done
  die "$1 has no certificate"
}
