# shellcheck shell=bash # sourced by `lab`
# The definitions of OpenShift's kinds that the platform makes objects of: a KinD cluster with them looks like OKD to a stack.
# What stands behind them (admission, router, Machine Config Operator) it does not have.

part openshift - 2 "OpenShift's definitions" "$OPENSHIFT_API" "$LAB/openshift/definitions.yaml"
MODULES[openshift]="github.com/openshift/api@$OPENSHIFT_API"

make_openshift() {
  local folder file
  folder=$(module_folder "github.com/openshift/api@$OPENSHIFT_API")
  mkdir -p "$LAB/openshift"
  for file in "$folder"/payload-manifests/crds/*_{securitycontextconstraints,images,imagedigestmirrorsets,imagetagmirrorsets,machineconfigs}.crd.yaml \
    "$folder"/route/v1/zz_generated.crd-manifests/routes.crd.yaml; do
    printf -- '---\n'
    cat "$file"
  done >"$LAB/openshift/definitions.yaml"
}
