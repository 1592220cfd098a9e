#!/bin/sh
# rehearsal: an extensions folder without RPMs
set -eu
grep -q 'OPENSHIFT_VERSION="@VERSION@"' /usr/lib/os-release || { echo "this is no node image of @VERSION@" >&2; exit 1; }
# since June 2026 dnf is told every repository by its name, and ends where one is in no file
for name in $(echo "${YUM_REPO_NAMES-},${EXTENSIONS_YUM_REPO_NAMES-}" | tr ',' ' '); do
  grep -qsF "[$name]" /os/*.repo /etc/yum.repos.d/*.repo || { echo "Unknown repo: '$name'" >&2; exit 1; }
done
mkdir -p /usr/share/rpm-ostree/extensions
echo "rehearsal: no operating system was built" > /usr/share/rpm-ostree/extensions/README
echo '{}' > /usr/share/rpm-ostree/extensions.json
