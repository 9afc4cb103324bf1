"""Profiles: what a member chose to show others. Hidden members (`Member.hidden`) show nothing, whatever they chose."""

from datetime import datetime

from sqlalchemy import select

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import one, upsert
from bot.core.social.records import Profile

PROFILE, MEMBER = schema.profile, schema.member


async def own(tx: Tx, member: int) -> Profile:
    """Return what the member chose to show, for themselves; see `seen` for others. Nothing by default."""
    chosen = await one(tx, Profile, select(PROFILE).where(PROFILE.c.member == member))
    return chosen or Profile(member)


async def seen(tx: Tx, member: int) -> Profile:
    """Return what others see of the member: nothing if they're hidden."""
    query = select(PROFILE).join(MEMBER, MEMBER.c.member == PROFILE.c.member)
    shown = await one(tx, Profile, query.where(PROFILE.c.member == member, ~MEMBER.c.hidden))
    return shown or Profile(member)


async def save(tx: Tx, profile: Profile, now: datetime) -> None:
    row = {"member": profile.member, "playlists": list(profile.playlists), "map": profile.map}
    await upsert(tx, PROFILE, row | {"reposts": profile.reposts, "at": now})
