#!/bin/sh
# rehearsal: takes the packages that only OpenShift has from the one repository that this branch names, by the filter of the real one
set -eu
repository=${YUM_REPO_NAMES:-@REPOSITORY@} version=${OPENSHIFT_VERSION:-@VERSION@}
repository=${repository##*,}
fail() { echo "$*" >&2; exit 1; }
case $repository,$version in *overridden*) fail "a build argument is missing" ;; esac
grep -q 'no operating system was built' /etc/os-release || fail "the base is no rehearsal"

cat /run/src/*.repo >> /etc/yum.repos.d/git.repo
awk -v wanted="[$repository]" '/^\[.*\]/ { on = $0 == wanted } on' /etc/yum.repos.d/*.repo > /etc/yum.repos.d/okd.repo
echo 'includepkgs=openshift-*,ose-aws-ecr-*,ose-azure-acr-*,ose-gcp-gcr-*,ose-crio-* ' >> /etc/yum.repos.d/okd.repo
url=$(sed -n 's/^baseurl=//p' /etc/yum.repos.d/okd.repo | head -n 1)
[ -n "$url" ] || fail "repository $repository is in no repository file"

# The packages wanted, each with the name that its public spec file has.
for package in openshift-clients openshift-kubelet ose-aws-ecr-image-credential-provider:ecr-credential-provider \
  ose-azure-acr-image-credential-provider:acr-credential-provider ose-gcp-gcr-image-credential-provider:gcr-credential-provider \
  ose-crio-credential-provider:crio-credential-provider; do
  case $url in
    file://*) ;;
    *) echo "${package%:*} of $url" && continue ;;
  esac
  [ -f "${url#file://}/repodata/repomd.xml" ] || fail "$url has no metadata"
  found=
  for name in "${package%:*}" "${package#*:}"; do
    for pattern in $(sed -n 's/^includepkgs=//p' /etc/yum.repos.d/okd.repo | tr ',' ' '); do
      # shellcheck disable=SC2254 # a pattern
      case $name in $pattern) found=$(find "${url#file://}" -name "$name-[0-9]*.rpm" | head -n 1) ;; esac
      [ -z "$found" ] || break 2
    done
  done
  [ -n "$found" ] || fail "no package ${package%:*} in $url: nothing provides it, or all of it is filtered out"
  basename "$found"
done > /tmp/packages
mkdir -p /usr/share/rehearsal
mv /tmp/packages /usr/share/rehearsal/packages
rm -f /etc/yum.repos.d/git.repo /etc/yum.repos.d/okd.repo
echo "OPENSHIFT_VERSION=\"$version\"" >> /usr/lib/os-release
cat /usr/share/rehearsal/packages
echo "rehearsal: no operating system was built"
