"""Quiet hours by the member's own clock, also in summer, and the time zones to choose from."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.core import quiet
from bot.core.records import Member
from bot.messages import account, zones

WINTER, SUMMER = datetime(2026, 1, 15, 21, 30, tzinfo=UTC), datetime(2026, 7, 15, 20, 30, tzinfo=UTC)
ADA = Member(7, WINTER, quiet_from=22, quiet_to=7, time_zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("zone", "when", "silent"),
    [
        ("Europe/Berlin", WINTER, True),  # 22:30 there
        ("Europe/Berlin", WINTER.replace(hour=20), False),  # 21:30
        ("Europe/Berlin", SUMMER, True),  # 22:30 there, an hour earlier by UTC
        ("Europe/Berlin", SUMMER.replace(hour=5), False),  # 7:30
        ("Asia/Kolkata", WINTER.replace(hour=16), False),  # 22:00 is half past four by UTC
        ("Asia/Kolkata", WINTER.replace(hour=17), True),
        (None, WINTER, False),
        (None, WINTER.replace(hour=22), True),
        ("Nowhere/At all", WINTER.replace(hour=22), True),  # as UTC
    ],
)
def test_it_is_quiet_by_the_members_own_clock(zone: str | None, when: datetime, silent: bool) -> None:
    if zone == "Asia/Kolkata":
        when = when.replace(minute=0)
    assert quiet.is_quiet(replace(ADA, time_zone=zone), when) == silent


@pytest.mark.parametrize("none", [{"quiet_from": None}, {"quiet_to": None}, {"quiet_from": 7}])
def test_without_hours_it_is_never_quiet(none: dict[str, int | None]) -> None:
    assert not quiet.is_quiet(replace(ADA, **none), WINTER)


def test_the_hours_are_said_by_the_members_clock_and_without_one_in_the_readers_time() -> None:
    assert account.updates(ADA, WINTER).endswith("Quiet from 22:00 to 7:00 (Europe/Berlin).")
    said = account.updates(replace(ADA, time_zone=None), WINTER)
    assert "Quiet from <t:" in said
    assert "`/updates time_zone:`" in said


@pytest.mark.parametrize(
    ("locale", "first"),
    [("de", "Europe/Berlin"), ("en-GB", "Europe/London"), ("fr", "Europe/Paris"), ("ja", "Asia/Tokyo")],
)
def test_the_zones_of_the_members_country_come_first(locale: str, first: str) -> None:
    assert zones.suggested(locale)[0] == first
    assert {"Europe/Berlin", "America/New_York", "UTC"} <= set(zones.suggested(locale))


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("europe/paris", "Europe/Paris"),
        ("Atlantis", None),
    ],
)
def test_a_zone_is_known_by_its_city(typed: str, zone: str | None) -> None:
    assert zones.named(typed) == zone
