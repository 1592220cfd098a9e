# shellcheck shell=bash # sourced by `lab`
# What `lab build` makes. A part is a function `make_NAME` in parts/; it is skipped while its outputs are there and its key
# (the pins that decide them) is what it was, so a second build does nothing and a killed one goes on where it was.

declare -A NEEDED_BY SECONDS_OF WHAT KEY OUTPUTS
PARTS=()

# part NAME NEEDED_BY SECONDS WHAT KEY OUTPUT…
# NEEDED_BY: the parts that need this one's intermediate outputs (a,b); it runs only where one of them has to. "-": none, it is wanted itself.
# SECONDS: what it takes from cold on two cores.
part() {
  local name=$1
  PARTS+=("$name")
  NEEDED_BY[$name]=$2 SECONDS_OF[$name]=$3 WHAT[$name]=$4 KEY[$name]=$5
  shift 5
  OUTPUTS[$name]=$*
}

is_stale() {
  local output
  for output in ${OUTPUTS[$1]}; do [ -e "$output" ] || return 0; done
  [ "$(cat "$LAB/.stamps/$1" 2>/dev/null)" != "${KEY[$1]}" ]
}

# to_build WANTED…: the parts that have to run for them, in order.
to_build() {
  local name user
  for name in "${PARTS[@]}"; do
    is_stale "$name" || continue
    if [ "${NEEDED_BY[$name]}" = - ]; then
      [[ " $* " != *" $name "* ]] || echo "$name"
      continue
    fi
    for user in ${NEEDED_BY[$name]//,/ }; do
      if [[ " $* " == *" $user "* ]] && is_stale "$user"; then
        echo "$name"
        break
      fi
    done
  done
}

# run_part NAME POSITION: with a line of progress now, every half minute, and at the end.
run_part() {
  local name=$1 position=$2 start=$SECONDS status=0 refused output
  say "$position $name: ${WHAT[$name]} (about ${SECONDS_OF[$name]} s)"
  rm -f "$LAB/.stamps/$name"
  set -m # a process group of its own, so that it can be stopped with all that it started
  (
    set +m -e
    cd "$WORK"
    "make_${name//-/_}"
  ) >"$LAB/log/$name.log" 2>&1 </dev/null &
  RUNNING=$!
  set +m
  while kill -0 "$RUNNING" 2>/dev/null; do
    sleep 0.5
    if (((SECONDS - start) % 30 == 0 && SECONDS > start)); then
      say "$position $name: $((SECONDS - start)) s"
      sleep 1
    fi
  done
  wait "$RUNNING" || status=$?
  RUNNING=
  if [ $status != 0 ]; then
    refused=$(refused_in "$LAB/log/$name.log")
    [ -z "$refused" ] || die "part $name needs Go modules that cannot be had here: $refused" 3
    tail -n 15 "$LAB/log/$name.log" >&2
    die "part $name failed; all that it said is in $LAB/log/$name.log"
  fi
  for output in ${OUTPUTS[$name]}; do [ -e "$output" ] || die "part $name did not make $output"; done
  echo "${KEY[$name]}" >"$LAB/.stamps/$name"
  say "$position $name: done in $((SECONDS - start)) s"
}

stop_part() { [ -z "${RUNNING:-}" ] || kill -- "-$RUNNING" 2>/dev/null || true; }

# build [PART…]: all of them without an argument.
build() {
  local wanted=("$@") todo=() name total=0 count=0
  [ ${#wanted[@]} != 0 ] || for name in "${PARTS[@]}"; do [ "${NEEDED_BY[$name]}" != - ] || wanted+=("$name"); done
  for name in "${wanted[@]}"; do
    [ "${NEEDED_BY[$name]:-}" = - ] || die "no part is named $name; there are: $(wanted_parts)" 2
  done
  mapfile -t todo < <(to_build "${wanted[@]}")
  if [ ${#todo[@]} != 0 ]; then
    needs_machine
    umask 022
    mkdir -p "$WORK" "$BIN" "$BUILT" "$MANIFESTS" "$IMAGES" "$LAB"/{log,.stamps}
    exec 9>"$LAB/.lock"
    flock -n 9 || die "another \`lab build\` is at work in $LAB"
    probe "${todo[@]}" || exit 3
    trap 'stop_part; exit 130' INT TERM HUP
    for name in "${todo[@]}"; do total=$((total + SECONDS_OF[$name])); done
    say "${#todo[@]} parts to build in $LAB, about $(((total + 59) / 60)) min with nothing cached; logs are in its log/"
    for name in "${todo[@]}"; do run_part "$name" "[$((++count))/${#todo[@]}]"; done
  fi
  write_index
  say "built: ${wanted[*]}"
}

wanted_parts() {
  local name
  for name in "${PARTS[@]}"; do [ "${NEEDED_BY[$name]}" != - ] || printf '%s ' "$name"; done
}
