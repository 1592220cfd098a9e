# shellcheck shell=bash # sourced by `lab`
# The services' configuration files: the least that makes them serve, each on 127.0.0.1.

# as_user USER: how a service speaks to others.
as_user() {
  cat <<E
auth_url = $KEYSTONE/v3
auth_type = password
username = $1
password = $PASSWORD
user_domain_name = Default
project_domain_name = Default
project_name = service
region_name = RegionOne
E
}
# checks_tokens USER: how a service checks its callers' tokens.
checks_tokens() {
  printf '[keystone_authtoken]\nwww_authenticate_uri = %s\nservice_token_roles = service\nservice_token_roles_required = true\n' "$KEYSTONE"
  as_user "$1"
}
database_of() { printf '[database]\nconnection = mysql+pymysql://%s:%s@localhost/%s?unix_socket=%s&charset=utf8mb4\n' "$1" "$PASSWORD" "$1" "$SOCKET"; }
listens_on() { printf '%s = 127.0.0.1\n%s = %s\n' "$2" "$3" "${1##*:}"; }

write_configuration() {
  mkdir -p "$ETC"/{keystone,glance,neutron,ironic,esi-leap/.esi-leap} "$VAR"/{fernet,credential,images,locks,sushy,ironic/httpboot,ironic/images}
  keystone_conf >"$ETC/keystone/keystone.conf"
  glance_conf >"$ETC/glance/glance-api.conf"
  neutron_conf >"$ETC/neutron/neutron.conf"
  ironic_conf >"$ETC/ironic/ironic.conf"
  # By the name policy.yaml it would be read whatever the configuration says.
  ironic_policy >"$ETC/ironic/site-policy.yaml"
  # Its rules are read from the default path whatever --config-file says.
  esi_leap_conf >"$ETC/esi-leap/.esi-leap/esi-leap.conf"
  sushy_conf >"$ETC/sushy.conf"
  clouds >"$STATE/clouds.yaml"
}

keystone_conf() {
  cat <<E
[token]
provider = fernet
expiration = 86400
[fernet_tokens]
key_repository = $VAR/fernet
[credential]
key_repository = $VAR/credential
[identity]
password_hash_rounds = 4
# Its one process remembers what it looked up: each call of each service asks for a token's project, user and roles.
[cache]
enabled = true
backend = oslo_cache.dict
E
  database_of keystone
}

glance_conf() {
  cat <<E
[DEFAULT]
enabled_backends = fs:file
enabled_import_methods = [glance-direct]
worker_self_reference_url = $GLANCE
node_staging_uri = file://$VAR/images/staging
transport_url = fake://
[glance_store]
default_backend = fs
[fs]
filesystem_store_datadir = $VAR/images/store
[os_glance_staging_store]
filesystem_store_datadir = $VAR/images/staging
[os_glance_tasks_store]
filesystem_store_datadir = $VAR/images/tasks
[paste_deploy]
flavor = keystone
config_file = $VENV/etc/glance/glance-api-paste.ini
[oslo_concurrency]
lock_path = $VAR/locks
E
  database_of glance
  checks_tokens glance
}

# Ports bind for real; the switch is one to which nothing is sent.
neutron_conf() {
  cat <<E
[DEFAULT]
core_plugin = ml2
service_plugins = router,segments,trunk,port_forwarding,tag,revisions,timestamp
transport_url = fake://
global_physnet_mtu = 9000
api_paste_config = $VENV/etc/neutron/api-paste.ini
api_workers = 1
rpc_workers = 0
dhcp_agent_notification = False
state_path = $VAR/neutron
[oslo_concurrency]
lock_path = $VAR/locks
[nova]
live_migration_events = False
[quotas]
quota_network = -1
quota_subnet = -1
quota_port = -1
[ml2]
type_drivers = flat,vlan,local
tenant_network_types = vlan
mechanism_drivers = genericswitch,logger
extension_drivers = port_security
[ml2_type_flat]
flat_networks = external
[ml2_type_vlan]
network_vlan_ranges = datacentre:1000:1999
[genericswitch:sw0]
device_type = netmiko_fake
ngs_mac_address = 00:53:00:0a:0a:0a
ip = 127.0.0.1
username = x
password = x
E
  database_of neutron
  echo 'max_pool_size = 10'
  checks_tokens neutron
}

# FAKE_DELAY: seconds that a deploy step of a fake node takes.
ironic_conf() {
  cat <<E
[DEFAULT]
auth_strategy = keystone
host = lab
my_ip = 127.0.0.1
rpc_transport = none
transport_url = fake://
state_path = $VAR/ironic
$(ironic_hardware)
enabled_console_interfaces = fake,no-console
enabled_deploy_interfaces = fake,direct,ramdisk
enabled_firmware_interfaces = fake,no-firmware
enabled_network_interfaces = noop,neutron
enabled_raid_interfaces = fake,no-raid
enabled_rescue_interfaces = fake,no-rescue
enabled_storage_interfaces = noop
enabled_vendor_interfaces = fake,no-vendor
default_network_interface = neutron
[api]
$(listens_on "$IRONIC" host_ip port)
api_workers = 1
[conductor]
automated_clean = true
sync_power_state_interval = 30
[deploy]
http_url = $BOOT
http_root = $VAR/ironic/httpboot
iso_master_path = $VAR/ironic/master_iso_images
default_boot_mode = uefi
erase_devices_priority = 0
[fake]
deploy_delay = ${FAKE_DELAY:-0}
[oslo_concurrency]
lock_path = $VAR/locks
[neutron]
$(as_user ironic)
cleaning_network = provisioning
provisioning_network = provisioning
[glance]
$(as_user ironic)
[service_catalog]
$(as_user ironic)
[nova]
$(as_user ironic)
E
  ironic_rules
  database_of ironic
  checks_tokens ironic
}

esi_leap_conf() {
  cat <<E
[DEFAULT]
transport_url = fake://
[api]
$(listens_on "$ESI_LEAP" host_ip port)
api_workers = 1
[oslo_concurrency]
lock_path = $VAR/locks
[oslo_messaging_notifications]
driver = noop
[ironic]
$(as_user esi-leap | sed '/^project_/d')
system_scope = all
[keystone]
$(as_user esi-leap)
E
  database_of esi_leap
  checks_tokens esi-leap
}

# Systems that a BMC would serve.
sushy_conf() {
  local i
  printf '%s = %s\n' SUSHY_EMULATOR_LISTEN_IP "'127.0.0.1'" SUSHY_EMULATOR_LISTEN_PORT "${REDFISH##*:}" \
    SUSHY_EMULATOR_STATE_DIR "'$VAR/sushy'" SUSHY_EMULATOR_FAKE_DRIVER True
  echo 'SUSHY_EMULATOR_FAKE_SYSTEMS = ['
  for i in "${MACHINES[@]}"; do
    echo "  {'uuid': '00000000-0000-4000-8000-00000000000$i', 'name': 'bm$i', 'power_state': 'Off', 'external_notifier': False,"
    echo "   'nics': [{'mac': '52:54:00:bb:00:0$i', 'ip': '10.100.0.1$i'}]},"
  done
  echo ']'
}

clouds() {
  local name
  echo 'clouds:'
  cloud_of admin admin 'project_name: admin, project_domain_name: Default'
  for name in owner lessee member; do
    cloud_of "$name" "$(user_of "$name")" "project_name: $([ "$name" = member ] && echo lessee || echo "$name"), project_domain_name: Default"
  done
  cloud_of system admin 'system_scope: all'
}
# cloud_of NAME USER SCOPE
cloud_of() {
  echo "  $1: {region_name: RegionOne, auth: {auth_url: $KEYSTONE/v3, username: $2, password: $PASSWORD, user_domain_name: Default, $3}}"
}
