# shellcheck shell=bash # sourced by `lab`
# Pulumi's command and engine. Its language hosts and providers are in no Go module that the proxy holds: the Automation
# API with an inline program needs no host, and kubernetes-plugin/ stands in for the Kubernetes plugin.

part pulumi - 180 "the Pulumi engine $PULUMI" "$PULUMI" "$BIN"/pulumi{,-resource-kubernetes,-resource-pulumi-nodejs}
MODULES[pulumi]=github.com/pulumi/pulumi/pkg/v3@$PULUMI

make_pulumi() {
  wrap github.com/pulumi/pulumi/pkg/v3 "$PULUMI" pulumi - github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
  compile "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$PULUMI" -- -mod=mod -o "$BIN/pulumi" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
  plugins
}

# plugins: the launchers that the engine finds on PATH.
plugins() {
  install -m755 "$HERE"/plugins/* "$BIN/"
}
