"""ESI-Leap's manager, which looks every minute which leases begin or end: here every second, and whatever happens."""

import gc
import sys

import esi_leap.cmd.manager as manager
import esi_leap.manager.service as service

service.EVENT_INTERVAL = 1


def lasting(look):
    """A look that fails is the last one, as delivered; and its connections to the database are kept until they are collected."""

    def run(self):
        try:
            look(self)
        except Exception:
            service.LOG.exception("%s failed", look.__name__)
        gc.collect()

    return run


for name in ("_fulfill_leases", "_expire_leases", "_cancel_leases", "_expire_offers"):
    setattr(service.ManagerService, name, lasting(getattr(service.ManagerService, name)))
# What is there from the start stays: collecting goes through the rest alone.
gc.collect()
gc.freeze()
sys.argv = ["esi-leap-manager"]
sys.exit(manager.main())
