# shellcheck shell=bash # sourced by `lab`
# What the lab's site is like. `newest`: the newest services as they come, Redfish, rights by the role `manager`. `site`: as the MOC's own
# repositories describe it: Ironic's API up to 1.72, machines behind IPMI that boot by iPXE, rights of whoever holds a node.

MACHINES=(0 1 2 3) # behind each kind of controller

require_profile() { case $PROFILE in newest | site) ;; *) die "OPENSTACK_PROFILE is $PROFILE: newest or site" 2 ;; esac }

# user_of ACCOUNT: those of the two profiles are for the same projects.
user_of() { if [ "$PROFILE" = site ]; then echo "site-$1"; else echo "$1"; fi; }

ironic_hardware() {
  local hardware=redfish boot=redfish-virtual-media power=redfish more=,redfish
  if [ "$PROFILE" = site ]; then
    hardware=ipmi boot=ipxe power=ipmitool more=
    echo "pin_release_version = 17.0" # Wallaby: API 1.72
  fi
  cat <<H
enabled_hardware_types = fake-hardware,$hardware
enabled_bios_interfaces = fake,no-bios$more
enabled_boot_interfaces = fake,$boot
enabled_inspect_interfaces = fake,no-inspect$more
enabled_management_interfaces = fake,$power
enabled_power_interfaces = fake,$power
H
}

ironic_rules() {
  [ "$PROFILE" = site ] || return 0
  cat <<R
[oslo_policy]
policy_file = $ETC/ironic/site-policy.yaml
[ipmi]
min_command_interval = 1
[pxe]
tftp_root = $VAR/ironic/tftpboot
tftp_master_path = $VAR/ironic/tftpboot/master_images
R
}

# A lessee may do with a node what its owner may, whatever their roles, but nothing with its virtual media. Who merely watches may do nothing.
ironic_policy() {
  local rule
  echo '"site:admin": "role:admin and system_scope:all or role:service and system_scope:all"'
  echo '"site:tenant": "rule:site:admin or (project_id:%(node.owner)s or project_id:%(node.lessee)s) and not role:watcher"'
  for rule in update_extra update_instance_info validate set_maintenance clear_maintenance get_boot_device set_boot_device get_states \
    set_power_state set_provision_state get_console set_console_state vif:list vif:attach vif:detach; do
    echo "\"baremetal:node:$rule\": \"rule:site:tenant\""
  done
  for rule in vmedia:attach vmedia:detach vmedia:get; do echo "\"baremetal:node:$rule\": \"rule:site:admin\""; done
}

# bmc N: its address, and where what it was told is kept.
bmc() {
  local port=BMC$1
  echo "${!port##*:}"
}

start_bmcs() {
  local n folder
  [ "$PROFILE" = site ] || return 0
  for n in "${MACHINES[@]}"; do
    folder=$VAR/bmc/$n
    mkdir -p "$folder"
    bmc_conf "$n" "$folder" >"$ETC/bmc-$n.conf"
    launch "bmc-$n" ipmi_sim -n -c "$ETC/bmc-$n.conf" -f "$HERE/openstack/bmc.emu" -s "$folder"
  done
}

bmc_conf() {
  cat <<B
name "bmc$1"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 $(bmc "$1")
    priv_limit admin
    allowed_auths_callback md5
    allowed_auths_user md5
    allowed_auths_operator md5
    allowed_auths_admin md5
    guid 0000000000000000000000000000000$1
  endlan
  chassis_control "$HERE/openstack/chassis $2"
  user 2 true "admin" "$BMC_PASSWORD" admin 10 md5
B
}
