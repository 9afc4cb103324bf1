"""Turns: let threads take turns quickly, so that a long computation in one keeps nobody waiting in the others.

Only one thread runs Python at a time. A click's transaction changes threads some twenty times, and each change waits
for the computing thread's turn to end. A full garbage collection stops all of them until it has looked at every object.
"""

import gc
import sys

TURN = 0.001  # seconds; Python's own is 0.005


def take_short_turns() -> None:
    """Shorten the turns, and spare the collector what the imports left: it lives as long as the program."""
    sys.setswitchinterval(TURN)
    gc.collect()
    gc.freeze()
