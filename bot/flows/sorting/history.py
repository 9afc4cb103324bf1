"""History: what changed in a kept playlist and by whom, each earlier state, and how to get one back.

Whenever the bot reads a playlist and finds a change, it stores a revision (`adapters.store.sorting.contents`). So an
earlier state is today's contents with the revisions since then reversed. Restoring one is a write like any other: a dry
run to confirm, a receipt, an undo. It brings back which songs are in the playlist; songs that were only moved stay put.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.adapters.store import Store, Tx
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import playlists, revisions, writes
from bot.core.records import Item, NewWrite, Playlist, Revision, Song
from bot.core.sorting.history import Edit, Tally, earlier
from bot.core.sorting.writing.writes import Action, WriteKind, WriteState
from bot.errors.sorting import NothingToRestore, StateGone
from bot.flows.sorting.writing import manual_edits, sort
from bot.flows.sorting.writing.sort import Receipt
from bot.ports import Music

Songs = Mapping[str, Song]


@dataclass(frozen=True, slots=True)
class History:
    """A playlist's revisions, newest first, each with how many songs were added and removed by whom."""

    playlist: Playlist
    revisions: Sequence[tuple[Revision, Tally]]


@dataclass(frozen=True, slots=True)
class State:
    """A playlist as it was before a revision, and what that revision changed."""

    playlist: Playlist
    revision: Revision
    edits: Sequence[Edit]
    items: Sequence[Item]
    songs: Songs

    @property
    def named(self) -> list[tuple[Song, datetime | None]]:
        """Its songs in order, each with the moment it was added, where that's known."""
        return [(self.songs[item.song], item.added_at) for item in self.items if item.song]


async def history(store: Store, member: int, playlist: int) -> History:
    """Return what's recorded of the member's playlist. Raises StateGone if it isn't kept for them."""
    async with store.reading() as tx:
        kept = await _kept(tx, member, playlist)
        tallies = await revisions.tallies(tx, playlist)
        known = await revisions.of_playlist(tx, playlist)
    return History(kept, [(revision, tallies.get(revision.revision, {})) for revision in known])


async def state(store: Store, member: int, revision: int) -> State:
    """Return the member's playlist as it was before a revision. Raises StateGone."""
    async with store.reading() as tx:
        wanted = await revisions.get(tx, revision)
        kept = await _kept(tx, member, wanted.playlist if wanted else 0)
        since = [known.revision for known in await revisions.of_playlist(tx, kept.playlist, revision)]
        items = await playlists.places(tx, kept.playlist)
        edits: list[Edit] = []
        for number in since:
            edits = await revisions.edits(tx, number)
            items = await asyncio.to_thread(earlier, items, edits)
        ids = {item.song for item in items if item.song} | {edit.song for edit in edits if edit.song}
        named = await _named(tx, member, ids)
    assert wanted is not None  # noqa: S101 - `_kept` found its playlist
    return State(kept, wanted, edits, items, named)


async def _named(tx: Tx, member: int, ids: set[str]) -> Songs:
    known = await songs.some(tx, ids, member)
    unliked = await revisions.named(tx, member, ids - known.keys())
    return {song: Song(song, song, ()) for song in ids} | unliked | known


async def _kept(tx: Tx, member: int, playlist: int) -> Playlist:
    kept = await playlists.kept_by(tx, member, playlist)
    if kept is None:
        raise StateGone
    return kept


async def restore(store: Store, music: Music, member: int, revision: int, now: datetime) -> Receipt:
    """Plan the write that brings the playlist back to what it held before a revision. Changes nothing at Spotify.

    Raises StateGone, and NothingToRestore if it holds those songs now.
    """
    await manual_edits.detect(store, music, member, now)
    wanted = await state(store, member, revision)
    playlist = wanted.playlist
    async with store.reading() as tx:
        held = await playlists.places(tx, playlist.playlist)
    lines = _lines(playlist.playlist, wanted.items, held)
    if not lines:
        raise NothingToRestore
    await writes.make_room(store, playlist.layer)
    async with store.writing() as tx:
        write = await writes.begin(tx, NewWrite(member, playlist.layer, WriteKind.RESTORE, len(lines)), now)
    await writes.fill(store, member, write, lines)
    async with store.writing() as tx:
        await writes.set_state(tx, write, WriteState.PLANNED)
    async with store.reading() as tx:
        return await sort.receipt(tx, write)


def _lines(playlist: int, wanted: Sequence[Item], held: Sequence[Item]) -> list[dict[str, Any]]:
    """Return the lines that add what is missing where it stood, and remove what wasn't there."""
    before, now = _places(wanted), _places(held)
    back = [(song, Action.ADD, at) for song, at in before.items() if song not in now]
    gone = [(song, Action.REMOVE, None) for song in now if song not in before]
    return [{"playlist": playlist, "song": song, "action": action, "position": at} for song, action, at in back + gone]


def _places(items: Sequence[Item]) -> dict[str, int]:
    """Return the first place of each song."""
    return {item.song: at for at, item in reversed(list(enumerate(items))) if item.song}
