"""Sessions: one-time links to the feed's page, valid for ten minutes, and sessions of browsers and Discord's frame.

Secrets are 256 random bits, shown once and stored only as SHA-256.
"""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from bot.adapters.store import Store
from bot.adapters.store.account import members, sessions
from bot.core import limits
from bot.core.account.records import NewSession
from bot.core.records import Actor
from bot.errors import LinkUsed, NotLinked

SESSION_GOOD_FOR = timedelta(days=30)
FRAME_GOOD_FOR = timedelta(days=1)
BYTES = 32
SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)  # 32 bytes in base64
LINK, SESSION, FRAME = "link", "session", "frame"
GOOD_FOR = {LINK: timedelta(minutes=10), SESSION: SESSION_GOOD_FOR, FRAME: FRAME_GOOD_FOR}


async def invite(store: Store, actor: Actor) -> str:
    """Return the secret of a new link; earlier ones become invalid."""
    return await _begin(store, actor, LINK, most=1)


async def invited(store: Store, link: str, now: datetime) -> int:
    """Return a link's member without using it up. Raises LinkUsed if it's used, expired or unknown."""
    if not SECRET.fullmatch(link):
        raise LinkUsed
    async with store.reading() as tx:
        member = await sessions.holder(tx, digest(link), LINK, now)
    if member is None:
        raise LinkUsed
    return member


async def enter(store: Store, link: str, now: datetime) -> str:
    """Exchange a link's secret for that of a session. Raises LinkUsed if it's used, expired or unknown."""
    await invited(store, link, now)  # made-up links never block real writes
    async with store.writing() as tx:
        member, server = await sessions.holder(tx, digest(link), LINK, now), await sessions.server(tx, digest(link))
        if member is None or not await sessions.use_up(tx, digest(link)):
            raise LinkUsed
    try:
        return await begin(store, Actor(member, server, now), members.still)
    except NotLinked:  # they deleted their data just now, and the link with it
        raise LinkUsed from None


async def begin(store: Store, actor: Actor, find: members.Find = members.ensure) -> str:
    """Return the secret of a new session for an authenticated member. Raises what `find` does."""
    return await _begin(store, actor, SESSION, limits.SESSIONS, find)


async def begin_framed(store: Store, member: int, now: datetime) -> str:
    """Return the secret of a new session in Discord's frame, which forgets it on closing; logs no browser out."""
    return await _begin(store, Actor(member, None, now), FRAME, limits.SESSIONS)


async def _begin(store: Store, actor: Actor, kind: str, most: int, find: members.Find = members.ensure) -> str:
    """Return a new secret of that kind; the oldest beyond `most` become invalid."""
    secret, now = secrets.token_urlsafe(BYTES), actor.now
    async with store.writing() as tx:
        await find(tx, actor.member, now)
        await sessions.sweep(tx, now)
        kept = await sessions.of_member(tx, actor.member, kind)
        for oldest in kept[: max(0, len(kept) + 1 - most)]:
            await sessions.use_up(tx, oldest)
        await sessions.add(tx, NewSession(actor.member, digest(secret), kind, actor.server, now, now + GOOD_FOR[kind]))
    return secret


async def server_of(store: Store, secret: str) -> int | None:
    """Return the server where a session's link was requested."""
    async with store.reading() as tx:
        return await sessions.server(tx, digest(secret))


async def holder(store: Store, secret: str, now: datetime) -> int | None:
    """Return a session's member; None if it's unknown or expired."""
    if not SECRET.fullmatch(secret):
        return None
    async with store.reading() as tx:
        holders = [await sessions.holder(tx, digest(secret), kind, now) for kind in (SESSION, FRAME)]
    return next((member for member in holders if member is not None), None)


async def end(store: Store, secret: str) -> None:
    """Log this browser out."""
    if not SECRET.fullmatch(secret):
        return
    async with store.reading() as tx:
        if not await sessions.is_kept(tx, digest(secret)):
            return
    async with store.writing() as tx:
        await sessions.use_up(tx, digest(secret))


async def end_all(store: Store, member: int) -> None:
    """Log out all of the member's browsers."""
    async with store.writing() as tx:
        await sessions.end_all(tx, member)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
