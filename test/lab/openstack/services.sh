# shellcheck shell=bash # sourced by `lab`
# The services themselves: their database, their tables, their processes.

SOCKET=$RUN/mysqld.sock
DATABASES=(keystone glance neutron ironic esi_leap)

sql() { mariadb --no-defaults -S "$SOCKET" -uroot "$@"; }

# databases: from the saved schemas, or made by the services' own migrations.
databases() {
  local name
  if [ ! -d "$VAR/mysql/mysql" ] && [ -e "$SCHEMAS/complete" ]; then
    rm -rf "$VAR/mysql"
    cp -a "$SCHEMAS" "$VAR/mysql"
  fi
  [ -d "$VAR/mysql/mysql" ] ||
    mariadb-install-db --no-defaults --user=root --datadir="$VAR/mysql" --skip-test-db --auth-root-authentication-method=normal >"$LOGS/mysql-install.log" 2>&1
  start_database
  for name in "${DATABASES[@]}"; do
    sql <<E
create database if not exists $name character set utf8mb3;
create user if not exists '$name'@'localhost';
alter user '$name'@'localhost' identified by '$PASSWORD';
grant all on $name.* to '$name'@'localhost';
E
  done
  if [ ! -e "$VAR/mysql/complete" ]; then
    say "making the services' tables (about 40 s, once)"
    migrate
    save_schemas
  fi
}

# Tests survive a power failure's loss: no flush to disk is waited for.
start_database() {
  launch database mariadbd --no-defaults --user=root --datadir="$VAR/mysql" --socket="$SOCKET" --skip-networking --skip-name-resolve --pid-file="$RUN/mysqld" \
    --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-buffer-pool-size=128M --max-connections=500 \
    --character-set-server=utf8mb3 --collation-server=utf8mb3_general_ci
  for _ in $(seq 150); do
    sql -e 'select 1' >/dev/null 2>&1 && return
    is_running database || break
    sleep 0.2
  done
  tail -n 5 "$LOGS/database.log" >&2
  die "the database did not start; its log is $LOGS/database.log"
}

migrate() {
  local neutron rest
  "$VENV/bin/neutron-db-manage" --config-file "$ETC/neutron/neutron.conf" upgrade heads >"$LOGS/tables-neutron.log" 2>&1 &
  neutron=$!
  {
    keystone_manage db_sync &&
      "$VENV/bin/glance-manage" --config-file "$ETC/glance/glance-api.conf" db_sync &&
      "$VENV/bin/ironic-dbsync" --config-file "$ETC/ironic/ironic.conf" upgrade &&
      HOME=$ETC/esi-leap "$VENV_ESI/bin/esi-leap-dbsync" create_schema
  } >"$LOGS/tables.log" 2>&1 &
  rest=$!
  wait $neutron || die "Neutron's tables cannot be made; its log is $LOGS/tables-neutron.log"
  wait $rest || die "tables cannot be made; the log is $LOGS/tables.log"
}

# save_schemas: as the database is on disk when it does not run.
save_schemas() {
  end database
  touch "$VAR/mysql/complete"
  rm -rf "$SCHEMAS" "$SCHEMAS.part"
  cp -a "$VAR/mysql" "$SCHEMAS.part"
  mv "$SCHEMAS.part" "$SCHEMAS"
  start_database
}

keystone_manage() { "$VENV/bin/keystone-manage" --config-file "$ETC/keystone/keystone.conf" "$@"; }

# wsgi NAME URL MODULE THREADS. Without `Connection: close` clients that keep connections see them reset.
wsgi() {
  launch "$1" "$VENV/bin/uwsgi" --master --die-on-term --http-socket "${2#http://}" --processes 1 --threads "$4" --enable-threads --lazy-apps --need-app \
    --buffer-size 65535 --http-chunked-input --add-header "Connection: close" --virtualenv "$VENV" --module "$3"
}

start_keystone() {
  [ -e "$STATE/complete" ] || {
    keystone_manage fernet_setup --keystone-user root --keystone-group root &&
      keystone_manage credential_setup --keystone-user root --keystone-group root &&
      OS_BOOTSTRAP_PASSWORD=$PASSWORD keystone_manage bootstrap --bootstrap-region-id RegionOne \
      --bootstrap-public-url "$KEYSTONE/v3" --bootstrap-internal-url "$KEYSTONE/v3"
  } >"$LOGS/keystone-bootstrap.log" 2>&1 || die "Keystone cannot be set up; the log is $LOGS/keystone-bootstrap.log"
  OS_KEYSTONE_CONFIG_FILES=$ETC/keystone/keystone.conf wsgi keystone "$KEYSTONE" keystone.wsgi.api:application 8
  answers keystone "$KEYSTONE/v3"
}

start_services() {
  launch redfish "$VENV/bin/sushy-emulator" --config "$ETC/sushy.conf" --fake
  start_bmcs
  # Of an ISO iPXE reads a block at a time, from whoever says that he serves parts.
  launch boot-files "$VENV/bin/uwsgi" --master --die-on-term --http-socket "${BOOT#http://}" --processes 1 --threads 4 --honour-range \
    --static-map "/=$VAR/ironic/httpboot" --add-header "Accept-Ranges: bytes" --add-header "Connection: close"
  OS_GLANCE_CONFIG_DIR=$ETC/glance wsgi glance "$GLANCE" glance.wsgi.api:application 2
  OS_NEUTRON_CONFIG_DIR=$ETC/neutron OS_NEUTRON_CONFIG_FILES=neutron.conf wsgi neutron "$NEUTRON" neutron.wsgi.api:application 4
  launch ironic "$VENV/bin/ironic" --config-file "$ETC/ironic/ironic.conf"
  HOME=$ETC/esi-leap launch esi-leap-api "$VENV_ESI/bin/esi-leap-api"
  HOME=$ETC/esi-leap launch esi-leap-manager "$VENV_ESI/bin/python" "$HERE/openstack/esi-leap-manager.py"
  answers glance "$GLANCE/versions"
  answers esi-leap-api "$ESI_LEAP/"
  answers ironic "$IRONIC/"
  answers neutron "$NEUTRON/"
}
