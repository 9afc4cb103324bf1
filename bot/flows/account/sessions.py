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
from bot.errors import LinkUsed

LINK_GOOD_FOR = timedelta(minutes=10)
SESSION_GOOD_FOR = timedelta(days=30)
FRAME_GOOD_FOR = timedelta(days=1)
BYTES = 32
SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)  # 32 bytes in base64
LINK, SESSION, FRAME = "link", "session", "frame"


async def invite(store: Store, member: int, now: datetime, server: int | None = None) -> str:
    """Return the secret of a new link; earlier ones become invalid. server: where it was requested, if in a server."""
    secret = secrets.token_urlsafe(BYTES)
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await sessions.sweep(tx, now)
        for earlier in await sessions.of_member(tx, member, LINK):
            await sessions.use_up(tx, earlier)
        await sessions.add(tx, member, digest(secret), LINK, now, now + LINK_GOOD_FOR, server)
    return secret


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
    return await begin(store, member, now, server)


async def begin(store: Store, member: int, now: datetime, server: int | None = None) -> str:
    """Return the secret of a new session for an authenticated member."""
    return await _begin(store, member, SESSION, now, now + SESSION_GOOD_FOR, server)


async def begin_framed(store: Store, member: int, now: datetime) -> str:
    """Return the secret of a new session in Discord's frame, which forgets it on closing; logs no browser out."""
    return await _begin(store, member, FRAME, now, now + FRAME_GOOD_FOR, None)


async def _begin(store: Store, member: int, kind: str, now: datetime, until: datetime, server: int | None) -> str:
    secret = secrets.token_urlsafe(BYTES)
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await sessions.sweep(tx, now)
        for oldest in (await sessions.of_member(tx, member, kind))[: -limits.SESSIONS + 1]:
            await sessions.use_up(tx, oldest)
        await sessions.add(tx, member, digest(secret), kind, now, until, server)
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
