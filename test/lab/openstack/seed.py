"""What a site's administrators make: accounts, roles and the catalogue (identity), shared networks (networks). Repeatable."""

import os
import sys

import openstack
import yaml

with open(os.environ["CLOUDS"], encoding="utf-8") as file:
    auth = yaml.safe_load(file)["clouds"]["admin"]["auth"]
cloud = openstack.connect(region_name="RegionOne", **auth)

SERVICES = {
    "image": ("glance", os.environ["GLANCE"]),
    "network": ("neutron", os.environ["NEUTRON"]),
    "baremetal": ("ironic", os.environ["IRONIC"]),
    "lease": ("esi-leap", os.environ["ESI_LEAP"]),
}
# Projects and roles. Ironic's own rules let a lessee attach and deploy with the role manager only; those of a site like the MOC go by
# who holds a node. The last one of each may deploy nothing, for tests.
ACCOUNTS = {
    "owner": ("owner", "manager", "member", "owner"),
    "lessee": ("lessee", "manager", "member", "lessee"),
    "member": ("lessee", "member", "lessee"),
    "site-owner": ("owner", "member", "owner"),
    "site-lessee": ("lessee", "member", "lessee"),
    "site-member": ("lessee", "member", "lessee", "watcher"),
}


def identity():
    them = cloud.identity

    def role(name):
        return them.find_role(name) or them.create_role(name=name)

    def account(name, project, roles):
        user = them.find_user(name, domain_id="default") or them.create_user(
            name=name, password=os.environ["PASSWORD"], domain_id="default"
        )
        for one in roles:
            them.assign_project_role_to_user(project, user, role(one))
        return user

    def project(name):
        return them.find_project(name, domain_id="default") or them.create_project(name=name, domain_id="default")

    service = project("service")
    for name, _ in SERVICES.values():
        user = account(name, service, ("admin", "service"))
        if name in ("ironic", "esi-leap"):
            for one in ("admin", "service"):
                them.assign_system_role_to_user(user, role(one), "all")
    them.assign_system_role_to_user(them.find_user("admin"), role("admin"), "all")
    for kind, (name, url) in SERVICES.items():
        it = next((it for it in them.services(type=kind)), None) or them.create_service(name=name, type=kind)
        have = {endpoint.interface for endpoint in them.endpoints(service_id=it.id)}
        for interface in {"public", "internal"} - have:
            them.create_endpoint(service_id=it.id, interface=interface, url=url, region_id="RegionOne")
    for name, (of, *roles) in ACCOUNTS.items():
        account(name, project(of), roles)


def networks():
    them = cloud.network
    # Shared, as Ironic looks it up with the rights of whoever undeploys.
    if not them.find_network("provisioning"):
        net = them.create_network(
            name="provisioning",
            shared=True,
            provider_network_type="vlan",
            provider_physical_network="datacentre",
            provider_segmentation_id=100,
        )
        them.create_subnet(network_id=net.id, name="provisioning", ip_version=4, cidr="10.100.0.0/24", gateway_ip="10.100.0.254")
    if not them.find_network("external"):
        net = them.create_network(
            name="external",
            is_router_external=True,
            provider_network_type="flat",
            provider_physical_network="external",
        )
        them.create_subnet(network_id=net.id, name="external", ip_version=4, cidr="203.0.113.0/24", gateway_ip="203.0.113.254", enable_dhcp=False)


{"identity": identity, "networks": networks}[sys.argv[1]]()
