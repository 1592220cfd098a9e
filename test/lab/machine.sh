# shellcheck shell=bash # sourced by `lab`
# What the machine has to have, and its container engine.

# The Debian packages that the verbs need, and a command of each: where that is there, the package is not added.
NEEDED=(docker.io:dockerd docker.io:docker containerd:containerd runc:runc iptables:iptables debootstrap:debootstrap
  git:git curl:curl jq:jq python3:python3 busybox-static:busybox skopeo:skopeo libcap2-bin:setcap)

# And those with which `npm test` runs the scripts of Tasks.
NEEDED_BY_TESTS=(git:git jq:jq skopeo:skopeo buildah:buildah docker-registry:docker-registry gpg:gpg gpg-agent:gpg-agent shellcheck:shellcheck busybox-static:busybox
  rpm:rpmbuild createrepo-c:createrepo_c chromium:chromium)

missing_packages() {
  lacking "${NEEDED[@]}"
  # Debian's other busybox needs libraries, which images made of it would lack.
  ! ldd "$(command -v busybox)" >/dev/null 2>&1 || echo busybox-static
}

# lacking PACKAGE:COMMAND…: the packages whose command is not there.
lacking() {
  local it
  for it in "$@"; do
    PATH=$PATH:/usr/sbin:/sbin command -v "${it#*:}" >/dev/null || echo "${it%%:*}"
  done | sort -u
}

# lacking_boto3: Debian's python3-boto3, unless some python3 of PATH has the module; the tests look through all of them.
lacking_boto3() {
  local python
  for python in $(type -ap python3); do
    if "$python" -c "import boto3" 2>/dev/null; then return; fi
  done
  echo python3-boto3
}

# deps [tests] [--list]: add what is missing, or name it, one package a line.
deps() {
  local missing
  if [ "${1:-}" = tests ]; then
    shift
    mapfile -t missing < <(lacking "${NEEDED_BY_TESTS[@]}" && lacking_boto3)
  else
    mapfile -t missing < <(missing_packages)
  fi
  add_packages "${1:-}" "${missing[@]}"
}

# add_packages --list|"" PACKAGE…
add_packages() {
  local missing=("${@:2}")
  if [ "$1" = --list ]; then
    [ ${#missing[@]} = 0 ] || printf '%s\n' "${missing[@]}"
    return
  fi
  [ ${#missing[@]} != 0 ] || { say "no Debian package is missing" && return; }
  command -v apt-get >/dev/null || die "these commands' packages are missing, and this machine has no apt-get: ${missing[*]}" 3
  needs_root
  say "adding Debian packages: ${missing[*]}"
  apt-get update -q >/dev/null
  # Packages' services stay off: who needs an engine starts it with \`lab engine\`.
  DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -qy --no-install-recommends "${missing[@]}"
}

needs_root() { [ "$(id -u)" = 0 ] || die "debootstrap, chroot and dockerd need root" 3; }

# needs_machine: everything that a build needs, named at once.
needs_machine() {
  local missing free
  needs_root
  [ "$(uname -m)" = x86_64 ] || die "the lab is for x86_64, this machine is $(uname -m)" 3
  missing=$(missing_packages | tr '\n' ' ')
  [ -z "$missing" ] || die "Debian packages are missing (\`npm run lab -- deps\` adds them): $missing" 3
  go_is_new_enough || die "Go 1.26 or newer is missing ($(go version 2>/dev/null || echo none)): get it where this machine gets its tools" 3
  mkdir -p "$LAB"
  free=$(df -Pk "$LAB" | awk 'NR == 2 { print int($4 / 1048576) }')
  [ "$free" -ge 15 ] || die "a build needs up to 15 GB in $LAB and Go's caches, $free GB are free" 3
}

go_is_new_enough() {
  local version
  version=$(go env GOVERSION 2>/dev/null) || return 1
  printf '1.26\n%s\n' "${version#go}" | sort -CV
}

# container_engine: starts dockerd unless an engine answers; one that runs is left as it is.
container_engine() {
  local runtime=() log=$LAB/log/dockerd.log
  docker info >/dev/null 2>&1 && return
  needs_root
  if ! has_sys_resource; then # docker asks for every capability under --privileged
    [ -x "$BIN/runc-clamp" ] || die "this machine lacks CAP_SYS_RESOURCE, and runc-clamp is not built yet: \`npm run lab -- build node\`" 3
    runtime=(--add-runtime "clamp=$BIN/runc-clamp" --default-runtime clamp)
  fi
  mkdir -p "${log%/*}"
  # shellcheck disable=SC2086 # a list of flags
  setsid nohup dockerd "${runtime[@]}" ${DOCKERD_FLAGS:-} >"$log" 2>&1 </dev/null 9>&- &
  echo $! >"$LAB/dockerd.pid"
  for _ in $(seq 120); do
    docker info >/dev/null 2>&1 && return
    kill -0 "$(cat "$LAB/dockerd.pid")" 2>/dev/null || break
    sleep 0.5
  done
  tail -n 15 "$log" >&2
  die "dockerd did not start; its log is $log"
}

# stop_engine: only the one that container_engine started.
stop_engine() {
  local pid
  pid=$(cat "$LAB/dockerd.pid" 2>/dev/null) || return 0
  if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ]; then
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
  fi
  rm -f "$LAB/dockerd.pid"
}

# capability 24 of the kernel's numbering
has_sys_resource() { ((0x$(awk '/^CapBnd/ { print $2 }' /proc/self/status) >> 24 & 1)); }
