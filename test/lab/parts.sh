# shellcheck shell=bash # sourced by `lab`
# What `lab build` makes. A part is a function `make_NAME` in parts/; it is skipped while its outputs are there and its key
# (the pins that decide them) is what it was, so a second build does nothing and a killed one goes on where it was. Two are
# made at a time, each as soon as those that it needs are made.

declare -A NEEDED_BY SECONDS_OF WHAT KEY OUTPUTS
PARTS=()
AT_ONCE=2 # downloads, linkers and debootstrap leave a core idle, compilers do not

# part NAME NEEDED_BY SECONDS WHAT KEY OUTPUT…
# NEEDED_BY: the parts that need this one's intermediate outputs (a,b) and stand after it; it is made only where one of them has to be.
#   "-": none, it is wanted itself.
# SECONDS: what it takes from cold on two cores, alone.
# KEY: every pin that its function reads.
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

# to_build WANTED…: the parts that have to be made for them, in order.
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

declare -A RUNNING=() SINCE=() POSITION=() # of the parts that are being made: process group, begin, place

# make_parts PART…: ends the program where one fails; what is being made beside it is finished before, so that it is there next time.
make_parts() {
  local waiting=("$@") rest name begun=0 code=0 said=$SECONDS
  while true; do
    rest=()
    for name in "${waiting[@]}"; do
      if [ "$code" = 0 ] && [ ${#RUNNING[@]} -lt $AT_ONCE ] && is_ready "$name"; then
        begin_part "$name" "[$((++begun))/$#]"
      else
        rest+=("$name")
      fi
    done
    waiting=("${rest[@]}")
    [ ${#RUNNING[@]} != 0 ] || break
    sleep 0.5
    for name in "${!RUNNING[@]}"; do kill -0 "${RUNNING[$name]}" 2>/dev/null || end_part "$name"; done
    if ((SECONDS - said >= 30 && ${#RUNNING[@]} > 0)); then
      said=$SECONDS
      say "$(for name in "${!RUNNING[@]}"; do printf '%s %s: %s s, ' "${POSITION[$name]}" "$name" $((SECONDS - SINCE[$name])); done)$(time_left)"
    fi
  done
  [ "$code" = 0 ] || exit "$code"
  [ ${#waiting[@]} = 0 ] || die "parts need each other: ${waiting[*]}"
}

# time_left: of make_parts: waiting. What is longer under way than it takes alone has nothing left.
time_left() {
  local name left=0 rest
  for name in "${waiting[@]}"; do left=$((left + SECONDS_OF[$name])); done
  for name in "${!RUNNING[@]}"; do
    rest=$((SECONDS_OF[$name] - SECONDS + SINCE[$name]))
    [ $rest -le 0 ] || left=$((left + rest))
  done
  echo "at most about $(((left + 59) / 60)) min left"
}

# is_ready NAME: nothing that it needs is still to be made. Of make_parts: waiting.
is_ready() {
  local other
  for other in "${waiting[@]}" "${!RUNNING[@]}"; do [[ ",${NEEDED_BY[$other]}," != *",$1,"* ]] || return 1; done
}

# begin_part NAME POSITION. Not within a condition, where bash would let `set -e` of the part's own shell do nothing.
begin_part() {
  local name=$1
  POSITION[$name]=$2 SINCE[$name]=$SECONDS
  say "$2 $name: ${WHAT[$name]} (about ${SECONDS_OF[$name]} s)"
  rm -f "$LAB/.stamps/$name"
  set -m # a process group of its own, so that it can be stopped with all that it started
  (
    set +m -e
    cd "$WORK"
    "make_${name//-/_}"
  ) >"$LAB/log/$name.log" 2>&1 </dev/null &
  RUNNING[$name]=$!
  set +m
}

# end_part NAME: of make_parts: code, which is 3 where nothing but refused modules stood in the way.
end_part() {
  local name=$1 status=0 log=$LAB/log/$1.log refused output
  wait "${RUNNING[$name]}" || status=$?
  unset "RUNNING[$name]"
  if [ $status != 0 ]; then
    refused=$(refused_in "$log")
    if [ -n "$refused" ]; then
      echo "lab: part $name needs Go modules that cannot be had here: $refused" >&2
      [ "$code" != 0 ] || code=3
      return
    fi
    tail -n 15 "$log" >&2
    echo "lab: part $name failed; all that it said is in $log" >&2
    code=1
    return
  fi
  for output in ${OUTPUTS[$name]}; do
    [ -e "$output" ] || { code=1 && echo "lab: part $name did not make $output" >&2 && return; }
  done
  echo "${KEY[$name]}" >"$LAB/.stamps/$name"
  say "${POSITION[$name]} $name: done in $((SECONDS - SINCE[$name])) s, $(time_left)"
}

stop_parts() {
  local name
  for name in "${!RUNNING[@]}"; do kill -- "-${RUNNING[$name]}" 2>/dev/null || true; done
}

# build [PART…]: all of them without an argument.
build() {
  local wanted=("$@") todo=() name total=0
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
    trap 'stop_parts; exit 130' INT TERM HUP
    for name in "${todo[@]}"; do total=$((total + SECONDS_OF[$name])); done
    say "${#todo[@]} parts to build in $LAB, $AT_ONCE at a time, at most $(((total + 59) / 60)) min with nothing cached; logs are in its log/"
    make_parts "${todo[@]}"
  fi
  write_index
  say "built: ${wanted[*]}"
}

wanted_parts() {
  local name
  for name in "${PARTS[@]}"; do [ "${NEEDED_BY[$name]}" != - ] || printf '%s ' "$name"; done
}
