"""Environment: where settings come from, and what of it the processes that we start may see."""

from collections.abc import Mapping

# Where programs, libraries, languages and time zones are, and how many threads; no setting of ours.
PASSED_ON = (
    *("PATH", "LD_LIBRARY_PATH", "TMPDIR", "TZ", "LANG", "LC_ALL", "LC_CTYPE"),
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
)


def passed_on(env: Mapping[str, str]) -> dict[str, str]:
    """Return what of an environment any process that we start may see."""
    return {name: env[name] for name in PASSED_ON if name in env}
