"""The doctor's advice fits the platform."""

import pytest

from bot.cli.doctor import set_the_clock


@pytest.mark.parametrize(("platform", "says"), [("linux", "timedatectl"), ("darwin", "sntp")])
def test_the_clock_advice_fits_the_platform(platform: str, says: str) -> None:
    assert says in set_the_clock(platform)
