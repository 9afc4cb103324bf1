"""Hands: look at the kept playlists again, and take what the member did there by hand as lessons.

What a member takes out is never put back; what they put in stays. Only playlists whose snapshot changed are read.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.rows import chunks
from bot.adapters.store.sorting import answers, contents, playlists, writes
from bot.adapters.store.sorting.answers import STANDING
from bot.core import stand_ins
from bot.core.records import Item, Layer, Playlist
from bot.core.sorting.journal import SETTLE, unsettled
from bot.core.sorting.labels import Answer
from bot.core.sorting.manual_edits import Seen, blanked, lessons, standing_as_lessons
from bot.errors import PlaylistGone, Unreadable
from bot.ports import Contents, Music


async def look(store: Store, music: Music, member: int, now: datetime) -> int:
    """Read the playlists that changed since we last looked; return how many lessons that brought.

    One call when nothing changed (the list of playlists with their snapshots), and ceil(n / 50) for each that did.
    """
    async with store.reading() as tx:
        handed = [each for each in await playlists.of_member(tx, member) if each.ref]
    if not handed:
        return 0
    snapshots = {found.id: found.snapshot for found in await music.playlists()}
    read: dict[Playlist, Contents] = {}
    for each in handed:
        if snapshots.get(each.ref) is None or snapshots[each.ref] != each.snapshot:
            try:
                read[each] = await music.contents(each.ref, await kept(store, each))
            except (PlaylistGone, Unreadable):
                continue  # sorting into it says so, looking does not; the others are looked at
    known = {each: await recognise(store, each, found) for each, found in read.items()}
    return await learn(store, member, known, now)


async def kept(store: Store, playlist: Playlist) -> Contents:
    """Return what was last seen in it, with the ids under which Spotify shows it."""
    async with store.reading() as tx:
        current = await playlists.get(tx, playlist.playlist)
        seen, shown = await playlists.places(tx, playlist.playlist), await writes.shown_as(tx, playlist.playlist)
    items = (replace(item, song=shown.get(item.song or "", item.song)) for item in seen)
    return Contents(tuple(items), current.snapshot if current is not None else None)


async def learn(store: Store, member: int, read: Mapping[Playlist, Contents], now: datetime) -> int:
    """Take the difference between what was seen before and what was read as lessons, and remember what was read.

    Returns how many lessons that brought. They come first: cut short, the difference is still there, and says the same.
    """
    async with contents.alone(store, member):
        async with store.reading() as tx:
            looks = {playlist: await _look(tx, playlist, found, now) for playlist, found in read.items()}
            taught = [(layer.layer, await _lessons(tx, layer, looks)) for layer in await playlists.layers(tx, member)]
        count = sum([await _keep(store, member, layer, found) for layer, found in taught])
        for playlist, found in read.items():
            await _take(store, playlist, looks[playlist].seen.taken_out)
            await _remember(store, playlist, found, looks[playlist])
    return count


async def _lessons(tx: Tx, layer: Layer, looks: Mapping[Playlist, "_Look"]) -> list[Answer]:
    here = {each.playlist: look.seen for each, look in looks.items() if each.layer == layer.layer}
    added = any(each.put_in for each in here.values())
    liked = frozenset(await songs.liked(tx, layer.member)) if added else frozenset[str]()
    return await asyncio.to_thread(lessons, here, liked, layer.several, await answers.next_event(tx, layer.member))


async def _keep(store: Store, member: int, layer: int, taught: Sequence[Answer]) -> int:
    """Keep lessons, a slice at a time; none of a member who was erased meanwhile. Returns how many were new."""
    count = 0
    for piece in chunks(taught):
        async with store.writing() as tx:
            if await playlists.layer(tx, layer) is None:
                break
            count += await answers.add_all(tx, member, layer, piece)
    return count


async def _take(store: Store, playlist: Playlist, taken_out: Iterable[str]) -> None:
    for piece in chunks(taken_out):
        async with store.writing() as tx:
            await writes.take(tx, playlist.playlist, piece)


async def recognise(store: Store, playlist: Playlist, read: Contents) -> Contents:
    """Return what was read with our ids, where Spotify shows songs of ours under others; new ones are noted.

    A stand-in is a place of the same recording that came for a song which we put in just now, or in the place of one
    that we put in (Spotify keeps its date). Anything else was put in by somebody, and is theirs (promise P4).
    """
    async with store.reading() as tx:
        shown = await writes.shown_as(tx, playlist.playlist)
        found = await _shown_anew(tx, playlist, read, shown)
    for piece in chunks(found.items()):
        async with store.writing() as tx:
            await writes.show_as(tx, playlist.playlist, dict(piece))
    named = {song: other for song, other in (shown | found).items() if other is not None}
    return replace(read, items=stand_ins.under_our_ids(read.items, named))


async def _shown_anew(tx: Tx, playlist: Playlist, read: Contents, shown: Mapping[str, str]) -> dict[str, str | None]:
    """Return under which ids Spotify shows songs now that it did not before; None: under our own again."""
    there = set(read.songs)
    before = {item.song: item for item in await playlists.items(tx, playlist.playlist) if item.song}
    known = before.keys() | shown.values()
    found: dict[str, str | None] = {song: None for song in shown if song in there}
    if new := [item for item in read.items if item.song and item.song not in known]:
        ours = await writes.ours(tx, playlist.playlist)
        found |= await _stand_ins(tx, playlist, before, ours - there, [item for item in new if item.song not in ours])
    return found


async def _stand_ins(
    tx: Tx, playlist: Playlist, before: Mapping[str, Item], absent: frozenset[str], strangers: Sequence[Item]
) -> dict[str, str]:
    just_sent = await songs.some(tx, await writes.confirmed(tx, playlist.playlist) & absent, playlist.member)
    found = stand_ins.recognised(just_sent, strangers)
    by_date: dict[datetime | None, list[Item]] = {}
    for item in strangers:
        by_date.setdefault(item.added_at, []).append(item)
    for song in absent & before.keys():
        was = before[song]
        found |= stand_ins.recognised({song: was}, by_date.get(was.added_at, ()) if was.added_at else ())
    return found


async def remember(store: Store, playlist: Playlist, found: Contents, now: datetime) -> None:
    """Remember what was read while we write: there is nothing to learn from it."""
    async with contents.alone(store, playlist.member):
        async with store.reading() as tx:
            look = await _look(tx, playlist, found, now)
        await _remember(store, playlist, found, look)


@dataclass(frozen=True, slots=True)
class _Look:
    """What was read, compared with before. unsettled: what we sent so lately that reading it says nothing yet."""

    seen: Seen
    before: Sequence[Item]
    unsettled: frozenset[str]


async def _look(tx: Tx, playlist: Playlist, found: Contents, now: datetime) -> _Look:
    places = await playlists.places(tx, playlist.playlist)
    before = [each for each in places if each.song]
    there = frozenset(song for song in found.songs if song)
    open_ended = unsettled(await writes.lately(tx, playlist.playlist, now - SETTLE), there)
    blank = blanked([each.song for each in places], found.songs)
    stood = frozenset(item.song for item in before if item.song) - blank
    ours = await writes.ours(tx, playlist.playlist)
    return _Look(Seen(stood - open_ended, there - open_ended, ours), before, open_ended)


async def _remember(store: Store, playlist: Playlist, found: Contents, look: _Look) -> None:
    """Keep what was read. What we put there and is not readable (again) yet counts as being there.

    The snapshot id is kept only once what was read under it is settled: it may run ahead of the songs.
    """
    there = {song for song in found.songs if song}
    hidden = [each for each in look.before if each.song in look.unsettled & look.seen.ours and each.song not in there]
    async with store.reading() as tx:
        current = await playlists.get(tx, playlist.playlist)
    stored = current.snapshot if current is not None else None
    ahead = stored not in (None, found.snapshot) and [each.song for each in look.before] == list(
        filter(None, found.songs)
    )
    snapshot = None if look.unsettled or ahead else found.snapshot
    await contents.remember(store, playlist, (*found.items, *hidden), snapshot)


async def learn_standing(store: Store, member: int, layer: Layer, now: datetime) -> int:
    """Take what stands in the layer's playlists as labels. Only where the member switched that on; see /privacy.

    Returns how many labels that made. A slice at a time, and no more of them once it is switched off.
    """
    async with store.reading() as tx:
        if not await _is_allowed(tx, member):
            return 0
        liked = frozenset(await songs.liked(tx, member))
        kept = [each.playlist for each in await playlists.in_layer(tx, layer.layer)]
        standing = {each: [item.song for item in await playlists.items(tx, each) if item.song] for each in kept}
    count = 0
    for piece in chunks(await asyncio.to_thread(standing_as_lessons, standing, liked, STANDING)):
        async with store.writing() as tx:
            if not await _is_allowed(tx, member):
                break
            count += await answers.add_all(tx, member, layer.layer, piece)
    return count


async def _is_allowed(tx: Tx, member: int) -> bool:
    owner = await members.get(tx, member)
    return owner is not None and owner.learn_from_playlists


async def allow_standing(store: Store, member: int, allowed: bool, now: datetime) -> int:
    """Let what stands in the member's playlists count as labels, or no longer; return how many labels that made."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, learn_from_playlists=allowed)
        layers = await playlists.layers(tx, member)
    if not allowed:
        await _forget_standing(store, member)
    return sum([await learn_standing(store, member, layer, now) for layer in layers]) if allowed else 0


async def _forget_standing(store: Store, member: int) -> None:
    while True:
        async with store.writing() as tx:
            if await _is_allowed(tx, member) or not await answers.forget_event(tx, member, STANDING):
                return
