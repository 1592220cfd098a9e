#!/bin/sh
# ctr of containerd 1.6 (Debian's), asked as kind 0.33 asks ctr of 2.x: `info`, and `images import --label`.
if [ "$1" = info ]; then exec /usr/bin/ctr version; fi
for argument; do
  shift
  case $argument in --label=*) ;; *) set -- "$@" "$argument" ;; esac
done
exec /usr/bin/ctr "$@"
