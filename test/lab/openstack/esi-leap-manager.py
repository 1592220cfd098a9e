"""ESI-Leap's manager, which looks every minute which leases begin or end: here every 2 seconds."""

import sys

import esi_leap.cmd.manager as manager
import esi_leap.manager.service as service

service.EVENT_INTERVAL = 2
sys.argv = ["esi-leap-manager"]
sys.exit(manager.main())
