# shellcheck shell=bash # sourced by `lab`
# An S3 server for tests that upload: versitygw keeps objects as files and takes writes on conditions.

part s3 - 90 "the S3 server versitygw $VERSITYGW" "$VERSITYGW" "$BIN/versitygw"
MODULES[s3]=github.com/versity/versitygw@$VERSITYGW

make_s3() {
  copy "github.com/versity/versitygw@$VERSITYGW" versitygw
  compile -- -o "$BIN/versitygw" ./cmd/versitygw
}
