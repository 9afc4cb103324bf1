"""Create: a playlist at the member's, made once. Asking Spotify twice makes two, so what is asked for is noted first.

Converges as writes do: each is asked for under a mark of its own, which stands in its description. After a crash, or
an answer that never came, it is looked for by that mark before it is asked for again.
"""

import secrets
from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.sorting import creations
from bot.core.records import Making
from bot.core.sorting.journal import SETTLE
from bot.errors import CratekeeperError, SpotifyDown, Unsettled
from bot.flows.sorting.converge import running_from
from bot.ports import ListedPlaylist, Music


async def create(store: Store, music: Music, member: int, purpose: str, name: str, now: datetime) -> ListedPlaylist:
    """Return the playlist that was made for `purpose`; whoever keeps it ends the making in the same transaction.

    Raises Unsettled while it may have been made and is not listed yet, SpotifyDown when that is not known.
    """
    async with store.writing() as tx:
        making = await creations.begin(tx, Making(member, purpose, name, secrets.token_hex(5)))
    if making.asked_at is not None:
        made = await _made_before(music, making) or await _made_before(music, making)  # a list may come short once
        if made is not None:
            return made
        if making.asked_at <= now < making.asked_at + SETTLE:
            raise Unsettled(making.asked_at + SETTLE)
    return await _ask(store, music, making, now)


async def _ask(store: Store, music: Music, making: Making, now: datetime) -> ListedPlaylist:
    clock = running_from(now)
    async with store.writing() as tx:
        await creations.asked(tx, making, clock())
    try:
        return await music.create(making.name, making.mark)
    except SpotifyDown:
        async with store.writing() as tx:
            await creations.asked(tx, making, clock())  # it may be made yet
        made = await _made_before(music, making)
        if made is None:
            raise
        return made
    except CratekeeperError:  # refused: it was not made
        async with store.writing() as tx:
            await creations.end(tx, making.member, making.purpose)
        raise


async def _made_before(music: Music, making: Making) -> ListedPlaylist | None:
    return next((each for each in await music.playlists() if making.mark in each.description), None)
