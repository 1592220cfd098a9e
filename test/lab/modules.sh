# shellcheck shell=bash # sourced by `lab`
# Programs from Go modules: fetched, checked and compiled by the go client.

# MODULES[part]: the modules that it compiles, as path@version.
declare -A MODULES

# probe PART…: asks for every module before anything is built, so that a refusal costs seconds.
probe() {
  local name module answer refused=0
  for name in "$@"; do
    for module in ${MODULES[$name]:-}; do
      answer=$(go mod download -json "$module" 2>/dev/null | jq -r '(.Error // empty) | split("\n")[0] | sub(".*: "; "")') || answer=${answer:-no answer}
      [ -z "$answer" ] || { refused=1 && echo "lab: part $name needs the Go module $module, which cannot be had here ($answer)" >&2; }
    done
  done
  [ $refused = 0 ] || echo "lab: nothing was built; \`lab build PART…\` builds the other parts alone" >&2
  return $refused
}

# refused_in LOG: the modules that could not be had. A dependency's refusal shows only while its user compiles.
refused_in() { sed -nE 's|.*[ :]([^ :]+@v[^ :]+): reading .*|\1|p' "$1" | sort -u | tr '\n' ' '; }

module_folder() { go mod download -json "$1" | jq -er .Dir; }

# copy MODULE@VERSION NAME: a writable copy is its own main module, so that its go.mod and go.sum hold as released
# (`go install module@version` ignores neither replace directives nor a 403 where a 404 is meant). Zips leave vendored
# code out but keep vendor/modules.txt, which would switch -mod=vendor on.
copy() {
  local from
  from=$(module_folder "$1")
  rm -rf "${WORK:?}/$2"
  cp -r "$from" "$WORK/$2"
  chmod -R u+w "$WORK/$2"
  rm -rf "$WORK/$2/vendor"
  cd "$WORK/$2"
}

# wrap MODULE VERSION NAME NEIGHBOURS PACKAGE…: a main module that requires MODULE with MODULE's own pins, where MODULE
# replaces neighbours by a relative path that its zip does not hold (Kubernetes: ./staging, Pulumi: ../sdk).
# NEIGHBOURS: the version that they have on their own, or "-": as MODULE requires them.
wrap() {
  local module=$1 version=$2 folder=$WORK/$3 neighbours=$4 from path
  shift 4
  from=$(module_folder "$module@$version")
  rm -rf "$folder"
  mkdir -p "$folder"
  cd "$folder"
  cp --no-preserve=mode "$from"/go.{mod,sum} .
  { printf '//go:build tools\n\npackage tools\n\n' && printf 'import _ "%s"\n' "$@"; } >tools.go
  go mod edit -module lab.local/wrapper -require "$module@$version"
  go mod edit -json | jq -r '.Replace[]? | select(.New.Version == null) | .Old.Path' | while read -r path; do
    if [ "$neighbours" = - ]; then
      go mod edit -dropreplace "$path"
    else
      go mod edit -replace "$path=$path@$neighbours" -require "$path@$neighbours"
    fi
  done
}

# compile [-X NAME=VALUE]… -- ARGUMENT…: static, without debugging symbols, with the same bytes anywhere.
compile() {
  local flags="-s -w"
  while [ "$1" != -- ]; do
    flags+=" $1"
    shift
  done
  shift
  CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "$flags" "$@"
}
