# shellcheck shell=bash # sourced by `lab`
# Whether a cluster's nodes do what Tekton and the pipelines take for granted.

# smoke [CLUSTER]: makes a namespace of its own, and removes it.
smoke() {
  local start=$SECONDS
  use "${1:-}"
  kubectl delete namespace lab-smoke --ignore-not-found >/dev/null
  kubectl create namespace lab-smoke >/dev/null
  smoke_objects | kubectl -n lab-smoke apply -f - >/dev/null
  succeeded volume "a pod that is not root writes to a volume of the default StorageClass"
  kubectl -n lab-smoke wait --for=condition=Available deployment/two --timeout=120s >/dev/null
  succeeded service "a Service with two pods behind it answers by name, each time"
  succeeded push "skopeo and buildah pull from the registry and push to it"
  curl -fsS "$REGISTRY/v2/smoke/built/tags/list" >/dev/null || die "the registry lacks what the pod pushed"
  kubectl delete namespace lab-smoke --wait=false >/dev/null
  say "smoke: all well after $((SECONDS - start)) s"
}

# succeeded POD WHAT
succeeded() {
  local phase
  for _ in $(seq 180); do
    phase=$(kubectl -n lab-smoke get pod "$1" -o 'jsonpath={.status.phase}')
    case $phase in
      Succeeded) say "smoke: $2" && return ;;
      Failed) break ;;
    esac
    sleep 1
  done
  kubectl -n lab-smoke describe pod "$1" | tail -n 8 >&2
  kubectl -n lab-smoke logs "$1" --tail=20 >&2
  die "smoke: pod $1 is $phase: $2"
}

smoke_objects() {
  cat <<K
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Mi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: volume}
spec:
  restartPolicy: Never
  securityContext: {runAsUser: 1000}
  containers: [{name: write, image: "$REGISTRY/lab/busybox:$TOOLS", command: [sh, -ec, "echo kept > /data/file && grep kept /data/file"], volumeMounts: [{name: data, mountPath: /data}]}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: two}
spec:
  replicas: 2
  selector: {matchLabels: {app: two}}
  template:
    metadata: {labels: {app: two}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: web
        image: "$REGISTRY/lab/busybox:$TOOLS"
        command: [sh, -ec, "echo here > /tmp/index.html; exec httpd -f -p 8080 -h /tmp"]
        readinessProbe: {httpGet: {port: 8080, path: /}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: two}
spec: {selector: {app: two}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: service}
spec:
  restartPolicy: Never
  containers:
  - name: ask
    image: "$REGISTRY/lab/tools:$TOOLS"
    command: [bash, -ec, "until curl -fs http://two; do sleep 1; done; for _ in {1..20}; do curl -fsS -m 2 http://two; done"]
---
apiVersion: v1
kind: Pod
metadata: {name: push}
spec:
  restartPolicy: Never
  containers:
  - name: build
    image: "$REGISTRY/lab/tools:$TOOLS"
    securityContext: {privileged: true}
    workingDir: /tmp
    command:
    - bash
    - -ec
    - |
      printf 'FROM $REGISTRY_NAME:5000/lab/busybox:$TOOLS\nRUN echo built > /built\n' > Dockerfile
      buildah build --tag $REGISTRY_NAME:5000/smoke/built:1 .
      buildah push $REGISTRY_NAME:5000/smoke/built:1
      skopeo inspect docker://$REGISTRY_NAME:5000/smoke/built:1
K
}
