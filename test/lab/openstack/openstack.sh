# shellcheck shell=bash # sourced by `lab`
# Keystone, Neutron, Glance, Ironic and ESI-Leap with a fake BMC, from PyPI and Debian: the real services, on 127.0.0.1,
# at ports that the kernel gave. `up` goes on where a killed one was; `down` ends what it started and forgets its data.

OPENSTACK=$LAB/openstack
VENV=$OPENSTACK/venv VENV_ESI=$OPENSTACK/venv-esi # kept by `down`, as is SCHEMAS
SCHEMAS=$OPENSTACK/schemas                        # a database with every service's empty tables, which take a minute to make
STATE=${OKD_STREAMS_OPENSTACK:-$OPENSTACK/state} # services, data and accounts of one lab: of another folder, of another lab
ETC=$STATE/etc VAR=$STATE/var LOGS=$STATE/log RUN=$STATE/run
REQUIREMENTS=$HERE/openstack/requirements
NEEDED_BY_OPENSTACK=(mariadb-server-core:mariadbd mariadb-client-core:mariadb curl:curl openipmi:ipmi_sim ipmitool:ipmitool)
# What tests make a machine of, and a program that it boots.
NEEDED_BY_MACHINE=(qemu-system-x86:qemu-system-x86_64 binutils:as)
PORTS=(KEYSTONE GLANCE NEUTRON IRONIC ESI_LEAP REDFISH BOOT BMC0 BMC1 BMC2 BMC3)

openstack() {
  local verb=${1:-}
  shift || true
  case $verb in
    deps | up | down | status | env) "openstack_$verb" "$@" ;;
    *) die "there is no \`openstack ${verb:-}\`: deps [machine] [--list], up, down, status, env" 2 ;;
  esac
}

openstack_missing() {
  lacking "${NEEDED_BY_OPENSTACK[@]}"
  python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv
}

# openstack_deps [machine] [--list]
openstack_deps() {
  local missing
  if [ "${1:-}" = machine ]; then
    shift
    mapfile -t missing < <(lacking "${NEEDED_BY_MACHINE[@]}")
  else
    mapfile -t missing < <(openstack_missing)
  fi
  add_packages "${1:-}" "${missing[@]}"
}

openstack_up() {
  local missing configuration start=$SECONDS
  PROFILE=${OPENSTACK_PROFILE:-$(cat "$STATE/profile" 2>/dev/null || echo newest)}
  require_profile
  needs_root
  missing=$(openstack_missing | tr '\n' ' ')
  [ -z "$missing" ] || die "Debian packages are missing (\`npm run lab -- openstack deps\` adds them): $missing" 3
  umask 077 # passwords
  mkdir -p "$OPENSTACK"
  exec 8>"$OPENSTACK/.lock"
  flock -w 600 8 || die "another \`lab openstack\` is at work in $OPENSTACK"
  # esi-leap mixes local time and UTC.
  export TZ=UTC PYTHONWARNINGS=ignore
  virtual_environments
  mkdir -p "$ETC" "$VAR" "$LOGS" "$RUN"
  [ -s "$STATE/ports" ] || choose_ports
  # shellcheck source=/dev/null
  . "$STATE/ports"
  [ -s "$STATE/password" ] || head -c 18 /dev/urandom | base64 | tr -d '+/\n' >"$STATE/password"
  PASSWORD=$(cat "$STATE/password")
  configuration=$(cat "$ETC/ironic/ironic.conf" 2>/dev/null) || true
  FAKE_DELAY=${FAKE_DELAY:-$(sed -n 's/^deploy_delay = //p' <<<"$configuration")}
  # A BMC takes no longer ones.
  BMC_PASSWORD=${PASSWORD:0:16}
  echo "$PROFILE" >"$STATE/profile"
  write_configuration
  # Ironic reads another FAKE_DELAY, or what another profile has, only when it starts.
  if [ "$configuration" != "$(cat "$ETC/ironic/ironic.conf")" ]; then end ironic; elif all_run; then return; fi
  databases
  start_keystone
  [ -e "$STATE/complete" ] || seed identity
  start_services
  [ -e "$STATE/complete" ] || seed networks
  touch "$STATE/complete"
  say "OpenStack is up after $((SECONDS - start)) s: export OS_CLIENT_CONFIG_FILE=$STATE/clouds.yaml"
}

# In the order opposite to the start, as services write to the database until their end.
openstack_down() {
  local name
  for name in $(started | tac); do end "$name"; done
  rm -rf "$STATE"
}

all_run() {
  local name
  [ -e "$STATE/complete" ] || return 1
  for name in $(started); do is_running "$name" || return 1; done
}

openstack_status() {
  local name
  echo "folder $STATE"
  for name in $(started); do printf '  %-18s %s\n' "$name" "$(is_running "$name" && echo "runs, process $(pid_of "$name")" || echo ended)"; done
  [ -e "$STATE/complete" ] || die "OpenStack is not up"
  for name in $(started); do is_running "$name" || die "$name has ended: its log is $LOGS/$name.log, and \`lab openstack up\` starts it again"; done
}

openstack_env() { printf 'export OS_CLIENT_CONFIG_FILE=%q\n' "$STATE/clouds.yaml"; }

# virtual_environments: esi-leap needs an old openstacksdk, so that it has one of its own. Hashes are checked.
virtual_environments() {
  local key
  key=$(cat "$REQUIREMENTS"/*.txt | sha256sum)
  [ "$(cat "$OPENSTACK/venv.key" 2>/dev/null)" != "$key" ] || return 0
  say "installing OpenStack's services from PyPI (about 1 min; logs are in $OPENSTACK)"
  rm -rf "$OPENSTACK/venv.key" "$VENV" "$VENV_ESI" "$SCHEMAS"
  {
    python3 -m venv "$VENV" &&
      "$VENV/bin/pip" install --quiet --require-hashes -r "$REQUIREMENTS/uv.txt" &&
      "$VENV/bin/uv" pip install --quiet --require-hashes --python "$VENV/bin/python" -r "$REQUIREMENTS/openstack.txt" &&
      python3 -m venv --without-pip "$VENV_ESI" &&
      "$VENV/bin/uv" pip install --quiet --require-hashes --python "$VENV_ESI/bin/python" -r "$REQUIREMENTS/esi-leap.txt"
  } >"$OPENSTACK/install.log" 2>&1 || {
    tail -n 5 "$OPENSTACK/install.log" >&2
    die "OpenStack's services cannot be installed from PyPI; all that pip said is in $OPENSTACK/install.log" 3
  }
  echo "$key" >"$OPENSTACK/venv.key"
}

# choose_ports: all at once, so that they differ.
choose_ports() {
  python3 - "${PORTS[@]}" >"$STATE/ports" <<'PY'
import socket, sys
held = {name: socket.socket() for name in sys.argv[1:]}
for name, one in held.items():
    one.bind(("127.0.0.1", 0))
    print(f"{name}=http://127.0.0.1:{one.getsockname()[1]}")
PY
}

seed() {
  PASSWORD=$PASSWORD CLOUDS=$STATE/clouds.yaml GLANCE=$GLANCE NEUTRON=$NEUTRON IRONIC=$IRONIC ESI_LEAP=$ESI_LEAP \
    "$VENV/bin/python" "$HERE/openstack/seed.py" "$1" >"$LOGS/seed-$1.log" 2>&1 ||
    die "seeding OpenStack's $1 failed: $(tail -n 1 "$LOGS/seed-$1.log")"
}
