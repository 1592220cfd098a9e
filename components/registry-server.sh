#!/bin/sh
# Serves a registry of ours, and sweeps it: what no manifest names any more goes. The program for that has to be alone with the folder
# (a push at the same moment would lose what it has uploaded), so it waits until a day has passed and nothing was written for a while.
# https://distribution.github.io/distribution/about/garbage-collection/
set -u

DATA=${REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY:-/var/lib/registry}
SWEEP_MINUTES=${SWEEP_MINUTES:-1440} # from one sweep to the next
QUIET_MINUTES=${QUIET_MINUTES:-30}   # in which nothing was pushed
LOOK_SECONDS=${LOOK_SECONDS:-60}
MARK=$DATA/.swept

program=$(command -v registry || command -v docker-registry) || {
  echo "error: this image has no registry (github.com/distribution/distribution)" >&2
  exit 1
}

# what differs is in REGISTRY_… variables
configuration() {
  echo '{"version": "0.1", "log": {"level": "warn"}, "http": {"addr": ":5000", "draintimeout": "60s"},'
  echo ' "storage": {"filesystem": {"rootdirectory": "'"$DATA"'"}, "delete": {"enabled": true}}}'
}

due() { [ -n "$(find "$MARK" -mmin +"$((SWEEP_MINUTES - 1))")" ]; }
quiet() { [ -z "$(find "$DATA/docker" -type f -mmin -"$QUIET_MINUTES" 2> /dev/null | head -n 1)" ]; }
sweep() {
  # first: one that is killed, or cannot be done, comes again tomorrow
  : > "$MARK"
  count=$(configuration | "$program" garbage-collect /dev/stdin 2>&1 | grep -c '^blob eligible for deletion')
  echo "swept: $count blobs that nothing names are gone"
}

server=
stop() {
  trap - TERM INT
  if [ -n "$server" ]; then
    kill -TERM "$server" 2> /dev/null
    wait "$server"
  fi
  exit 0
}
trap stop TERM INT

[ -e "$MARK" ] || : > "$MARK"
while :; do
  configuration | "$program" serve /dev/stdin &
  server=$!
  said=
  while :; do
    sleep "$LOOK_SECONDS" &
    wait $!
    if ! kill -0 "$server" 2> /dev/null; then
      wait "$server"
      exit $?
    fi
    due || continue
    if quiet; then break; fi
    [ -n "$said" ] || echo "a sweep is due, and waits until nothing was pushed for $QUIET_MINUTES minutes"
    said=yes
  done
  kill -TERM "$server"
  wait "$server"
  server=
  # what came while the last requests were answered
  if quiet; then sweep; fi
done
