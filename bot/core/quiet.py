"""Quiet hours: when a member wants no updates, by the clock where they are. Pure."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from bot.core.records import Member


def zone_of(member: Member) -> tzinfo:
    """Return the member's time zone; UTC if they named none, or this machine doesn't know it."""
    try:
        return ZoneInfo(member.time_zone) if member.time_zone else UTC
    except (KeyError, ValueError, OSError):
        return UTC


def hours(member: Member) -> tuple[int, int] | None:
    """Return the hours of the day from and until which it's quiet; they may span midnight. None without any."""
    if member.quiet_from is None or member.quiet_to is None or member.quiet_from == member.quiet_to:
        return None
    return member.quiet_from, member.quiet_to


def is_quiet(member: Member, now: datetime) -> bool:
    """Whether `now` is in the member's quiet hours."""
    quiet = hours(member)
    if quiet is None:
        return False
    return (now.astimezone(zone_of(member)).hour - quiet[0]) % 24 < (quiet[1] - quiet[0]) % 24
