"""Tokens: authenticate a member's own programs. Shown once; stored only as hashes.

A secret is 256 random bits, so plain SHA-256 is enough: there's no dictionary to try.
"""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.adapters.store import Store
from bot.adapters.store.account import members, tokens
from bot.core import limits
from bot.core.account.records import ApiToken, NewToken
from bot.errors.account import BadTokenLife, NoSuchToken, TooManyTokens
from bot.flows.account.sessions import digest
from bot.flows.names import on_one_line

PREFIX = "ck_"  # so that secret scanners recognise it
BYTES = 32
SECRET = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}", re.ASCII)  # 32 bytes in base64
LONGEST_NAME = 40  # characters
DAYS, MOST_DAYS = 90, 365  # of validity: default, and maximum
USE = timedelta(minutes=1)  # the last use is stored by the minute, so not every request writes


@dataclass(frozen=True, slots=True)
class Issued:
    secret: str = field(repr=False)
    expires_at: datetime


async def issue(store: Store, member: int, name: str, days: int, now: datetime) -> Issued:
    """Create a token. Raises BadLength, BadTokenLife, TooManyTokens."""
    named = on_one_line(name, LONGEST_NAME)
    if not 1 <= days <= MOST_DAYS:
        raise BadTokenLife(MOST_DAYS)
    issued = Issued(PREFIX + secrets.token_urlsafe(BYTES), now + timedelta(days=days))
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await tokens.sweep(tx, now)
        if len(await tokens.of_member(tx, member)) >= limits.TOKENS:
            raise TooManyTokens(limits.TOKENS)
        await tokens.add(tx, NewToken(member, digest(issued.secret), named, now, issued.expires_at))
    return issued


async def holder(store: Store, secret: str, now: datetime) -> ApiToken | None:
    """Return the token with this secret, and record its use; None if it's invalid or expired."""
    if not SECRET.fullmatch(secret):
        return None
    async with store.reading() as tx:
        token = await tokens.by_digest(tx, digest(secret))
    if token is None or token.expires_at <= now:
        return None
    if token.used_at is None or now - token.used_at >= USE:
        async with store.writing() as tx:
            await tokens.note_use(tx, token.token, now)
    return token


async def active(store: Store, member: int, now: datetime) -> list[ApiToken]:
    """Return the member's active tokens, oldest first."""
    async with store.reading() as tx:
        return [token for token in await tokens.of_member(tx, member) if token.expires_at > now]


async def revoke(store: Store, member: int, token: int) -> None:
    """Revoke a token at once. Raises NoSuchToken if it isn't the member's."""
    async with store.writing() as tx:
        if not await tokens.revoke(tx, member, token):
            raise NoSuchToken
