#!/bin/sh
# rehearsal: stands for a build of Go programs
set -eu
if [ ! -L link ] || [ "$(cat link)" != target ]; then echo "links did not survive" >&2 && exit 1; fi
echo "rehearsal: no operating system was built; @NAME@ $OS_GIT_VERSION" > built
