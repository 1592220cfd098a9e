#!/bin/sh
# rehearsal: an extensions folder without RPMs
set -eu
grep -q 'OPENSHIFT_VERSION="@VERSION@"' /usr/lib/os-release || { echo "this is no node image of @VERSION@" >&2; exit 1; }
mkdir -p /usr/share/rpm-ostree/extensions
echo "rehearsal: no operating system was built" > /usr/share/rpm-ostree/extensions/README
echo '{}' > /usr/share/rpm-ostree/extensions.json
