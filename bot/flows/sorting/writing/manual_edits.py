"""Manual edits: reread the kept playlists, and learn from what the member changed there by hand.

Songs the member removed are never put back; songs they added stay. Only playlists whose snapshot changed are read.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.library import songs
from bot.adapters.store.rows import chunks
from bot.adapters.store.sorting import answers, contents, playlists, writes
from bot.core.records import UNNAMED, Item, Layer, Playlist
from bot.core.sorting import recording
from bot.core.sorting.labels import Answer, Kind
from bot.core.sorting.manual_edits import Seen, blanked, edit_answers
from bot.core.sorting.writing import relinking
from bot.core.sorting.writing.journal import SETTLE, unsettled
from bot.errors.spotify import PlaylistGone, Unreadable
from bot.ports import Contents, ListedPlaylist, Music


async def detect(store: Store, music: Music, member: int, now: datetime) -> int:
    """Read the playlists that changed since they were last read, and all their names; return the number of new answers.

    One call if nothing changed (the list of playlists with their snapshots), plus ceil(n / 50) per changed playlist.
    """
    async with store.reading() as tx:
        on_spotify = [playlist for playlist in await playlists.of_member(tx, member) if playlist.ref]
    if not on_spotify:
        return 0
    listed = {each.id: each for each in await music.playlists()}
    await _name_as_listed(store, on_spotify, listed)
    snapshots = {ref: each.snapshot for ref, each in listed.items()}
    read: dict[Playlist, Contents] = {}
    for playlist in on_spotify:
        if snapshots.get(playlist.ref) is None or snapshots[playlist.ref] != playlist.snapshot:
            try:
                read[playlist] = await music.contents(playlist.ref, await kept(store, playlist))
            except (PlaylistGone, Unreadable):
                continue  # sorting into it reports that; the other playlists are still read
    known = {playlist: await recognise(store, playlist, seen) for playlist, seen in read.items()}
    return await learn(store, member, known, now)


async def _name_as_listed(store: Store, kept: Sequence[Playlist], listed: Mapping[str, ListedPlaylist]) -> None:
    """Take over the names that the member has since given their playlists."""
    for playlist in kept:
        name = listed[playlist.ref].name if playlist.ref in listed else UNNAMED
        if name not in (UNNAMED, playlist.name):
            async with store.writing() as tx:
                await playlists.change(tx, playlist.playlist, name=name)


async def learned_since(tx: Tx, member: int, event: int) -> list[tuple[str, int, int]]:
    """Return what manual edits taught after `event`: playlist's name, songs put into it, songs taken out of it."""
    put_in, taken_out = Counter[int](), Counter[int]()
    for answer in await answers.by_hand(tx, member, event):
        (taken_out if answer.kind == Kind.NOT else put_in).update(answer.playlists)
    found = [await playlists.get(tx, playlist) for playlist in sorted(put_in | taken_out)]
    return [(known.name, put_in[known.playlist], taken_out[known.playlist]) for known in found if known is not None]


async def kept(store: Store, playlist: Playlist) -> Contents:
    """Return what was last seen in a playlist, with the ids under which Spotify shows it."""
    async with store.reading() as tx:
        current = await playlists.get(tx, playlist.playlist)
        seen, shown = await playlists.places(tx, playlist.playlist), await writes.shown_as(tx, playlist.playlist)
    items = (replace(item, song=shown.get(item.song or "", item.song)) for item in seen)
    return Contents(tuple(items), current.snapshot if current is not None else None)


async def learn(store: Store, member: int, read: Mapping[Playlist, Contents], now: datetime) -> int:
    """Turn the changes since the last read into answers, then store `read`; return the number of new answers.

    The answers come first: after a crash, the difference is still there and says the same.
    """
    async with contents.alone(store, member):
        async with store.reading() as tx:
            diffs = {playlist: await _diff(tx, playlist, seen, now) for playlist, seen in read.items()}
            taught = [
                (layer.layer, await _edit_answers(tx, layer, diffs)) for layer in await playlists.layers(tx, member)
            ]
        count = sum([await _keep(store, member, layer, learned) for layer, learned in taught])
        for playlist, seen in read.items():
            await _take(store, playlist, diffs[playlist].seen.taken_out)
            await _remember(store, playlist, seen, diffs[playlist], now)
    return count


async def _edit_answers(tx: Tx, layer: Layer, diffs: Mapping[Playlist, "_Diff"]) -> list[Answer]:
    here = {playlist.playlist: diff.seen for playlist, diff in diffs.items() if playlist.layer == layer.layer}
    changed = any(seen.put_in or seen.gone for seen in here.values())
    liked = frozenset(await songs.liked(tx, layer.member)) if changed else frozenset[str]()
    said = await answers.verdicts(tx, layer.member, layer.layer) if changed else {}
    event = await answers.next_event(tx, layer.member)
    taught = await asyncio.to_thread(edit_answers, here, said, liked, layer.several, event)
    known = await answers.newest(tx, layer.member, layer.layer, {answer.song for answer in taught})
    return [answer for answer in taught if not _says_the_same(known.get(answer.song), answer)]


def _says_the_same(before: Answer | None, answer: Answer) -> bool:
    """Whether an answer was stored already: a crash kept what was read from being stored with it."""
    same = (answer.source, answer.kind, answer.playlists)
    return before is not None and (before.source, before.kind, before.playlists) == same


async def _keep(store: Store, member: int, layer: int, taught: Sequence[Answer]) -> int:
    """Store answers in slices, and none for a member who has been erased. Returns how many were new."""
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


async def catch_up(store: Store, playlist: Playlist, read: Contents, now: datetime) -> Contents:
    """Give the member what they took out of a playlist, or put back, while it wasn't kept; return `read` recognised.

    Without a reading in between, only Spotify's date tells a song that was put back. What they put in is no answer.
    Callers hold `contents.alone`.
    """
    known = await recognise(store, playlist, read)
    async with store.reading() as tx:
        diff, layer = await _diff(tx, playlist, known, now), await playlists.layer(tx, playlist.layer)
        seen = diff.seen
        stayed = replace(diff, seen=replace(seen, now=seen.now & (seen.before | seen.ours)))
        taught = await _edit_answers(tx, layer, {playlist: stayed}) if layer is not None else []
    await _keep(store, playlist.member, playlist.layer, taught)
    dates = {(item.song, item.added_at) for item in known.items}
    untouched = {item.song for item in diff.before if (item.song, item.added_at) in dates}
    await _take(store, playlist, seen.ours - untouched - diff.unsettled)
    return known


async def recognise(store: Store, playlist: Playlist, read: Contents) -> Contents:
    """Return what was read with our ids where Spotify shows our songs under others; new ones are stored.

    A relinked song is the same recording, in place of a song that we just added, or with the date of one that we added
    (Spotify keeps it). Anything else was added by somebody, and is theirs (promise P4).
    """
    async with store.reading() as tx:
        shown = await writes.shown_as(tx, playlist.playlist)
        anew = await _shown_anew(tx, playlist, read, shown)
    for piece in chunks(anew.items()):
        async with store.writing() as tx:
            await writes.show_as(tx, playlist.playlist, dict(piece))
    named = {song: other for song, other in (shown | anew).items() if other is not None}
    return replace(read, items=relinking.under_our_ids(read.items, named))


async def _shown_anew(tx: Tx, playlist: Playlist, read: Contents, shown: Mapping[str, str]) -> dict[str, str | None]:
    """Return the ids under which Spotify newly shows songs; None: under our own again."""
    there = set(read.songs)
    before = {item.song: item for item in await playlists.items(tx, playlist.playlist) if item.song}
    known = before.keys() | shown.values()
    anew: dict[str, str | None] = {song: None for song in shown if song in there}
    if new := [item for item in read.items if item.song and item.song not in known]:
        ours = await writes.ours(tx, playlist.playlist)
        anew |= await _relinked(tx, playlist, before, ours - there, [item for item in new if item.song not in ours])
    return anew


async def _relinked(
    tx: Tx, playlist: Playlist, before: Mapping[str, Item], absent: frozenset[str], strangers: Sequence[Item]
) -> dict[str, str]:
    just_sent = await songs.some(tx, await writes.confirmed(tx, playlist.playlist) & absent, playlist.member)
    recognised = relinking.recognised(just_sent, strangers)
    by_date: dict[datetime | None, list[Item]] = {}
    for item in strangers:
        by_date.setdefault(item.added_at, []).append(item)
    for song in absent & before.keys():
        was = before[song]
        recognised |= relinking.recognised({song: was}, by_date.get(was.added_at, ()) if was.added_at else ())
    return recognised


async def remember(store: Store, playlist: Playlist, read: Contents, now: datetime) -> None:
    """Store what was read during a write: there's nothing to learn from it."""
    async with contents.alone(store, playlist.member):
        async with store.reading() as tx:
            diff = await _diff(tx, playlist, read, now)
        await _remember(store, playlist, read, diff, now)


@dataclass(frozen=True, slots=True)
class _Diff:
    """What was read, compared with before. unsettled: songs sent so recently that reading says nothing yet."""

    seen: Seen
    before: Sequence[Item]
    unsettled: frozenset[str]


async def _diff(tx: Tx, playlist: Playlist, read: Contents, now: datetime) -> _Diff:
    places = await playlists.places(tx, playlist.playlist)
    before = [place for place in places if place.song]
    there = frozenset(song for song in read.songs if song)
    open_ended = unsettled(await writes.lately(tx, playlist.playlist, now - SETTLE), there)
    blank = blanked([place.song for place in places], read.songs)
    stood = frozenset(item.song for item in before if item.song) - blank
    ours = await writes.ours(tx, playlist.playlist)
    gone = {item.song: item for item in before if item.song and item.song not in there}
    replaced = await asyncio.to_thread(recording.standing, gone, [item for item in read.items if item.song])
    seen = Seen(stood - open_ended, there - open_ended, ours, frozenset(replaced))
    return _Diff(seen, before, open_ended)


async def _remember(store: Store, playlist: Playlist, read: Contents, diff: _Diff, now: datetime) -> None:
    """Store what was read. Songs we added that aren't readable (again) yet count as present.

    The snapshot id is stored only once its contents have settled, because it may be ahead of the songs.
    """
    there = {song for song in read.songs if song}
    hidden = [
        place for place in diff.before if place.song in diff.unsettled & diff.seen.ours and place.song not in there
    ]
    async with store.reading() as tx:
        current = await playlists.get(tx, playlist.playlist)
    stored = current.snapshot if current is not None else None
    ahead = stored not in (None, read.snapshot) and [place.song for place in diff.before] == list(
        filter(None, read.songs)
    )
    snapshot = None if diff.unsettled or ahead else read.snapshot
    await contents.remember(store, playlist, contents.Read((*read.items, *hidden), snapshot, now))
