# shellcheck shell=bash # sourced by `lab`
# Processes that outlive the shell that starts them. A file NAME.pid holds the process's id and its start time, by which
# it is told from a later process of that id: nothing else is ever ended.

# launch NAME COMMAND…: unless it runs already.
launch() {
  local name=$1 pid
  shift
  ! is_running "$name" || return 0
  setsid nohup "$@" >>"$LOGS/$name.log" 2>&1 </dev/null 8>&- 9>&- &
  pid=$!
  echo "$pid $(start_time "$pid")" >"$RUN/$name.pid"
  # Names in the order of their start.
  grep -qx "$name" "$RUN/order" 2>/dev/null || echo "$name" >>"$RUN/order"
}

started() { cat "$RUN/order" 2>/dev/null || true; }
pid_of() { cut -d ' ' -f 1 "$RUN/$1.pid" 2>/dev/null; }
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

is_running() {
  local pid start
  read -r pid start 2>/dev/null <"$RUN/$1.pid" || return 1
  [ -n "$start" ] && [ "$(start_time "$pid")" = "$start" ] && ! grep -q '^State:.*Z' "/proc/$pid/status" 2>/dev/null
}

# end NAME: it and the processes of its group, which `setsid` made.
end() {
  local pid
  pid=$(pid_of "$1") || return 0
  if is_running "$1"; then
    kill -TERM "$pid" 2>/dev/null || true
    for _ in $(seq 150); do
      is_running "$1" || break
      sleep 0.1
    done
  fi
  # A group's id is nobody else's while a process of it lives: what is left of it is ours, unless somebody has that id now.
  if is_running "$1" || [ ! -e "/proc/$pid" ]; then kill -KILL -- "-$pid" 2>/dev/null || true; fi
  rm -f "$RUN/$1.pid"
  say "$1 ended"
}

# answers NAME URL: waits until the service answers anything; ends with its log's end when it has ended or stays silent.
answers() {
  local code
  for _ in $(seq 450); do
    code=$(curl -s -o /dev/null -m 5 -w '%{http_code}' "$2") || true
    [ "$code" = 000 ] || return 0
    is_running "$1" || break
    sleep 0.2
  done
  tail -n 5 "$LOGS/$1.log" >&2
  die "$1 does not answer at $2; its log is $LOGS/$1.log"
}
