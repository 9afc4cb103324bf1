"""Create: make a playlist in the member's account, once. A repeated request makes two, so requests are stored first.

It converges as writes do: each request has its own mark in the playlist's description. After a crash or a lost answer,
the bot searches for that mark before it requests the playlist again.
"""

import secrets
from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.sorting import creations
from bot.core.sorting.writing.creations import Making
from bot.core.sorting.writing.journal import SETTLE
from bot.errors import CratekeeperError
from bot.errors.spotify import SpotifyDown, Unsettled
from bot.flows.sorting.writing.converge import running_from
from bot.ports import ListedPlaylist, Music


def new_making(member: int, purpose: str, name: str) -> Making:
    return Making(member, purpose, name, secrets.token_hex(5))


async def create(store: Store, music: Music, new: Making, now: datetime) -> ListedPlaylist:
    """Return the playlist made for `new`, or for an earlier making with its purpose.

    The caller stores it and ends the making in one transaction. Raises Unsettled while it may exist but isn't listed
    yet, SpotifyDown if that's unknown.
    """
    async with store.writing() as tx:
        making = await creations.begin(tx, new)
    if making.asked_at is not None:
        made = await _made_before(music, making) or await _made_before(music, making)  # a list may be incomplete once
        if made is not None:
            return made
        await _wait(store, making, making.asked_at, now)
    return await _ask(store, music, making, now)


async def _wait(store: Store, making: Making, asked_at: datetime, now: datetime) -> None:
    """Raises Unsettled while what was asked for may still be made; a clock that was set back starts that anew."""
    if asked_at > now:
        async with store.writing() as tx:
            await creations.asked(tx, making, now)
    until = min(asked_at, now) + SETTLE
    if now < until:
        raise Unsettled(until)


async def _ask(store: Store, music: Music, making: Making, now: datetime) -> ListedPlaylist:
    clock = running_from(now)
    async with store.writing() as tx:
        await creations.asked(tx, making, clock())
    try:
        return await music.create(making.name, making.mark)
    except SpotifyDown:
        async with store.writing() as tx:
            await creations.asked(tx, making, clock())  # it may still be made
        made = await _made_before(music, making)
        if made is None:
            raise
        return made
    except CratekeeperError:  # refused: it was not made
        async with store.writing() as tx:
            await creations.end(tx, making.member, making.purpose)
        raise


async def _made_before(music: Music, making: Making) -> ListedPlaylist | None:
    return next((playlist for playlist in await music.playlists() if making.mark in playlist.description), None)
