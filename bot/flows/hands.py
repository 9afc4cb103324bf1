"""Hands: look at the kept playlists again, and take what the member did there by hand as lessons.

What a member takes out is never put back; what they put in stays. Only playlists whose snapshot changed are read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.adapters.store import Store, Tx, answers, members, playlists, songs, writes
from bot.adapters.store.answers import STANDING
from bot.core import stand_ins
from bot.core.hands import Seen, blanked, lessons, standing_as_lessons
from bot.core.journal import SETTLE, unsettled
from bot.core.records import Item, Layer, Playlist
from bot.errors import PlaylistGone
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
            except PlaylistGone:
                continue  # deleted at Spotify: sorting into it says so, looking does not
    async with store.writing() as tx:
        known = {each: await recognise(tx, each, contents) for each, contents in read.items()}
        return await learn(tx, member, known, now)


async def kept(store: Store, playlist: Playlist) -> Contents:
    """Return what was last seen in it, with the ids under which Spotify shows it."""
    async with store.reading() as tx:
        current = await playlists.get(tx, playlist.playlist)
        seen, shown = await playlists.places(tx, playlist.playlist), await writes.shown_as(tx, playlist.playlist)
    items = (replace(item, song=shown.get(item.song or "", item.song)) for item in seen)
    return Contents(tuple(items), current.snapshot if current is not None else None)


async def learn(tx: Tx, member: int, read: Mapping[Playlist, Contents], now: datetime) -> int:
    """Take the difference between what was seen before and what was read, and recognised, as lessons; remember it."""
    liked = frozenset(await songs.liked(tx, member))
    looks = {playlist: await _look(tx, playlist, contents, now) for playlist, contents in read.items()}
    count = 0
    for layer in await playlists.layers(tx, member):
        here = {each.playlist: look.seen for each, look in looks.items() if each.layer == layer.layer}
        for answer in lessons(here, liked, layer.several, await answers.next_event(tx, member)):
            count += await answers.add(tx, member, layer.layer, answer)
    for playlist, contents in read.items():
        await writes.take(tx, playlist.playlist, looks[playlist].seen.taken_out)
        await _remember(tx, playlist, contents, looks[playlist])
    return count


async def recognise(tx: Tx, playlist: Playlist, contents: Contents) -> Contents:
    """Return what was read with our ids, where Spotify shows songs of ours under others; new ones are noted.

    A stand-in is a place of the same recording that came for a song which we put in just now, or in the place of one
    that we put in (Spotify keeps its date). Anything else was put in by somebody, and is theirs (promise P4).
    """
    there, shown = set(contents.songs), await writes.shown_as(tx, playlist.playlist)
    before = {item.song: item for item in await playlists.items(tx, playlist.playlist) if item.song}
    known = before.keys() | shown.values()
    found: dict[str, str | None] = {song: None for song in shown if song in there}
    if new := [item for item in contents.items if item.song and item.song not in known]:
        ours = await writes.ours(tx, playlist.playlist)
        found |= await _stand_ins(tx, playlist, before, ours - there, [item for item in new if item.song not in ours])
    await writes.show_as(tx, playlist.playlist, found)
    named = {song: other for song, other in (shown | found).items() if other is not None}
    return replace(contents, items=stand_ins.under_our_ids(contents.items, named))


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


async def remember(tx: Tx, playlist: Playlist, contents: Contents, now: datetime) -> None:
    """Remember what was read while we write: there is nothing to learn from it."""
    await _remember(tx, playlist, contents, await _look(tx, playlist, contents, now))


@dataclass(frozen=True, slots=True)
class _Look:
    """What was read, compared with before. unsettled: what we sent so lately that reading it says nothing yet."""

    seen: Seen
    before: Sequence[Item]
    unsettled: frozenset[str]


async def _look(tx: Tx, playlist: Playlist, contents: Contents, now: datetime) -> _Look:
    before = await playlists.items(tx, playlist.playlist)
    there = frozenset(song for song in contents.songs if song)
    open_ended = unsettled(await writes.lately(tx, playlist.playlist, now - SETTLE), there)
    blank = blanked([each.song for each in await playlists.places(tx, playlist.playlist)], contents.songs)
    stood = frozenset(item.song for item in before if item.song) - blank
    ours = await writes.ours(tx, playlist.playlist)
    return _Look(Seen(stood - open_ended, there - open_ended, ours), before, open_ended)


async def _remember(tx: Tx, playlist: Playlist, contents: Contents, look: _Look) -> None:
    """Keep what was read. What we put there and is not readable (again) yet counts as being there.

    The snapshot id is kept only once what was read under it is settled: it may run ahead of the songs.
    """
    there = {song for song in contents.songs if song}
    hidden = [each for each in look.before if each.song in look.unsettled & look.seen.ours and each.song not in there]
    current = await playlists.get(tx, playlist.playlist)
    stored = current.snapshot if current is not None else None
    ahead = stored not in (None, contents.snapshot) and [each.song for each in look.before] == list(
        filter(None, contents.songs)
    )
    snapshot = None if look.unsettled or ahead else contents.snapshot
    await playlists.save_content(tx, playlist, (*contents.items, *hidden), snapshot)


async def learn_standing(store: Store, member: int, layer: Layer, now: datetime) -> int:
    """Take what stands in the layer's playlists as labels. Only where the member switched that on; see /privacy."""
    async with store.writing() as tx:
        owner = await members.get(tx, member)
        if owner is None or not owner.learn_from_playlists:
            return 0
        liked = frozenset(await songs.liked(tx, member))
        kept = await playlists.in_layer(tx, layer.layer)
        standing = {
            each.playlist: [item.song for item in await playlists.items(tx, each.playlist) if item.song]
            for each in kept
        }
        found = standing_as_lessons(standing, liked, STANDING)
        return sum([await answers.add(tx, member, layer.layer, answer) for answer in found])


async def allow_standing(store: Store, member: int, allowed: bool, now: datetime) -> int:
    """Let what stands in the member's playlists count as labels, or no longer; return how many labels that made."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, learn_from_playlists=allowed)
        layers = await playlists.layers(tx, member)
        if not allowed:
            await answers.forget_event(tx, member, STANDING)
    return sum([await learn_standing(store, member, layer, now) for layer in layers]) if allowed else 0
