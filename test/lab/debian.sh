# shellcheck shell=bash # sourced by `lab`
# Folders with Debian systems in them, and parts of such.

# The mirror that this machine's apt uses for the release; a machine of another distribution names one in DEBIAN_MIRROR.
mirror() {
  # shellcheck disable=SC2016 # apt's own variable
  echo "${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $DEBIAN" 'Component: main' | head -n 1)}"
}

# debian_root NAME PACKAGE,…: packages are fetched once for all roots, of which one is made at a time: debootstrap locks nothing.
debian_root() {
  local root=$WORK/$1
  mkdir -p "$WORK/debs"
  rm -rf "$root" "$root.part"
  flock "$WORK/debs.lock" debootstrap --variant=minbase --cache-dir="$WORK/debs" --include="$2" "$DEBIAN" "$root.part" "$(mirror)"
  rm -rf "$root.part"/var/cache/apt/archives/*.deb "$root.part"/var/lib/apt/lists/* "$root.part"/usr/share/{doc,man,locale}/* "$root.part"/var/log/*
  rm -f "$root.part"/etc/{resolv.conf,hostname} "$root.part"/etc/apt/sources.list
  : >"$root.part/etc/machine-id"
  mv "$root.part" "$root"
}

# collect ROOT TARGET PROGRAM…: programs of a Debian root with the libraries that they load, for an image of their own.
collect() {
  local root=$1 target=$2 program library
  shift 2
  for program in "$@"; do install -D "$root/$(chroot "$root" readlink -f "$program")" "$target$program"; done
  link_libraries "$root" "$target" "$@"
}

# link_libraries ROOT TARGET PROGRAM…: under the names by which the loader asks for them.
link_libraries() {
  local root=$1 target=$2 library
  shift 2
  for library in $(chroot "$root" ldd "$@" 2>/dev/null | grep -oE '/[^ ):]+' | sort -u); do
    [ -e "$target$library" ] || install -D "$root/$(chroot "$root" readlink -f "$library")" "$target$library"
  done
}
