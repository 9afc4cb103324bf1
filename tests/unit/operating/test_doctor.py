"""The doctor's words: advice that fits the platform, and of the guards only those that a machine has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.doctor import guards_in_words, set_the_clock

GUARDS = ("use the network", "open files", "act as root")


@pytest.mark.parametrize(("platform", "says"), [("linux", "timedatectl"), ("darwin", "sntp")])
def test_the_clock_advice_fits_the_platform(platform: str, says: str) -> None:
    assert says in set_the_clock(platform)


@given(st.fixed_dictionaries(dict.fromkeys(GUARDS, st.booleans())))
def test_a_missing_guard_is_named_and_not_claimed(guards: dict[str, bool]) -> None:
    claimed, _, missing = guards_in_words(guards).partition("on this machine, it can ")
    for guard, held in guards.items():
        assert (guard in claimed, guard in missing) == (held, not held)
