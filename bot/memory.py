"""Memory: what a large library took is given back to the system once it's done with."""

import ctypes

M_ARENA_MAX, M_TRIM_THRESHOLD = -8, -1  # malloc.h of glibc
ARENAS = 2  # glibc would make eight per core; what threads free in each stays there
TRIM = 128 * 1024  # bytes free at the end of an arena; glibc raises this by itself unless it's set


def give_back() -> None:
    """Have glibc's malloc use few arenas and trim them; other systems' do without. Call it before threads start."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)
        mallopt(M_TRIM_THRESHOLD, TRIM)
