"""Threads: let them switch often, so that a long computation in one keeps nobody waiting in the others.

Only one thread runs Python at a time. A click's transaction changes threads some twenty times, and each change waits
until the computing thread gives way. A full garbage collection stops all of them until it has looked at every object.
"""

import gc
import sys

SWITCH_INTERVAL = 0.001  # seconds; Python's own is 0.005


def switch_often() -> None:
    """Shorten the switch interval, and spare the collector what the imports left: it lives as long as the program."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.collect()
    gc.freeze()
