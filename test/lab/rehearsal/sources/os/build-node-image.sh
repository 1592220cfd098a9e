#!/bin/sh
# rehearsal: takes the packages that only OpenShift has from the one repository that this branch names
set -eu
repository=@REPOSITORY@
grep -q 'no operating system was built' /etc/os-release || { echo "the base is no rehearsal" >&2; exit 1; }
url=$(sed -n "/^\[$repository\]/,/^\[/s/^baseurl=//p" /run/yumrepos/secret.repo | head -n 1)
[ -n "$url" ] || { echo "repository $repository is in no repository file" >&2; exit 1; }
mkdir -p /usr/share/rehearsal
packages=$(sed -n 's/^  - \(openshift-.*\|ose-.*\)$/\1/p' /run/src/packages-openshift.yaml)
for package in $packages; do
  case $url in
    file://*)
      [ -f "${url#file://}/repodata/repomd.xml" ] || { echo "$url has no metadata" >&2; exit 1; }
      found=$(find "${url#file://}" -name "$package-[0-9]*.rpm")
      [ -n "$found" ] || { echo "no package $package in $url" >&2; exit 1; }
      basename "$found" >> /usr/share/rehearsal/packages
      ;;
    *) echo "$package of $url" >> /usr/share/rehearsal/packages ;;
  esac
done
echo 'OPENSHIFT_VERSION="@VERSION@"' >> /usr/lib/os-release
cat /usr/share/rehearsal/packages
echo "rehearsal: no operating system was built"
