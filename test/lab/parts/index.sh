# shellcheck shell=bash # sourced by `lab`
# What tells others what is in the folder: images/index.txt, and settings.yaml for the stack's configuration.

write_index() {
  local file reference missing=0
  [ -d "$IMAGES" ] || return 0
  for file in "$IMAGES"/*.tar; do
    [ ! -e "$file" ] || tar -xOf "$file" manifest.json | jq -r --arg file "${file##*/}" '.[].RepoTags[] | "\(.) \($file)"'
  done >"$IMAGES/index.txt"
  while read -r reference; do
    grep -q "^$reference " "$IMAGES/index.txt" || { echo "lab: the manifests name $reference, and no archive holds it" >&2 && missing=1; }
  done < <(cat "$MANIFESTS"/*.yaml 2>/dev/null | grep -ohE "$REGISTRY/[A-Za-z0-9./:_-]+" | sort -u)
  write_settings >"$LAB/settings.yaml"
  [ $missing = 0 ]
}

# What this folder adds to stack `kind`: its own settings and a rehearsal's, whose map of images takes those of the platform too.
write_settings() {
  local word program=(-e "/^images:/a\\  registry: $REGISTRY_IMAGE\\n  busybox: $REGISTRY/lab/busybox:$TOOLS")
  for word in REGISTRY REGISTRY_NAME TOOLS COSA NODEJS NODE_IMAGE; do program+=(-e "s|@$word@|${!word}|g"); done
  sed "${program[@]}" "$HERE/settings.yaml" "$HERE/rehearsal/settings.yaml"
}
