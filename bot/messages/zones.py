"""Zones: the time zones that a member may choose, by their IANA names; those of their country first.

Discord doesn't say where a member is, only which language they read.
"""

from functools import cache
from zoneinfo import available_timezones

from babel.core import get_global

UTC = "UTC"


@cache
def suggested(locale: str) -> tuple[str, ...]:
    """Return the zones, those of the locale's country first. `locale`: as Discord's "en-GB"."""
    countries, there = get_global("zone_territories"), available_timezones()
    country = _country(locale)
    zones = sorted(there.intersection(countries), key=lambda zone: (countries[zone] != country, zone))
    return (*zones, UTC)


def _country(locale: str) -> str:
    language, _dash, country = locale.partition("-")
    return country or str(get_global("likely_subtags").get(language, "")).rpartition("_")[2]


def named(typed: str) -> str | None:
    """Return the zone that was typed, also by its city alone ("berlin"); None if it's none, or several have it."""
    wanted = typed.strip().casefold().replace(" ", "_")
    whole = [zone for zone in available_timezones() if zone.casefold() == wanted]
    cities = [zone for zone in suggested("") if zone.casefold().rpartition("/")[2] == wanted]
    return whole[0] if whole else cities[0] if len(cities) == 1 else None
