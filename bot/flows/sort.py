"""Sort: dry run, apply, undo. Every change to a member's playlists goes through `apply`.

Converge, don't replay: a write is journalled as what is wanted; applying reads the playlist, plans the difference,
writes it and reads again, until there is no difference. A crash at any point is repaired by applying once more
(promises P1, P2), and what a person put there stays (P4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.adapters.store import Store, Tx, answers, playlists, songs, writes
from bot.core.labels import Answer, Kind, Source
from bot.core.plan import Plan, batches, plan, runs
from bot.core.records import Change, Layer, Playlist, Song, Write
from bot.errors import BadChoice, ModelMissing, NothingToUndo, PlaylistGone, PlaylistKeepsChanging, SpotifyDown
from bot.flows import hands, learning, propose
from bot.flows.outlook import Outlooks
from bot.ports import Contents, Music

ROUNDS = 3  # writes to one playlist before we say that it keeps changing (promise P3)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A write, planned or done: what goes where, what is asked, and the songs' names."""

    write: Write
    layer: Layer
    playlists: Mapping[int, Playlist]
    changes: Sequence[Change]
    songs: Mapping[str, Song]
    undone: bool = False

    def lines(self, action: str) -> list[Change]:
        return [each for each in self.changes if each.action == action and each.state != "untouched"]

    @property
    def placed(self) -> list[Change]:
        return self.lines("add")

    @property
    def removed(self) -> list[Change]:
        return self.lines("remove")

    @property
    def asked(self) -> list[str]:
        """The songs that wait for the member's word, in order."""
        return list(dict.fromkeys(each.song for each in self.lines("ask")))

    @property
    def left(self) -> int:
        """Songs that were looked at and stay where they are."""
        touched = {each.song for each in self.changes if each.action in ("add", "ask")}
        return max(0, self.write.total - len(touched))

    def per_playlist(self) -> dict[str, int]:
        """Return name → songs put in (negative: taken out), in the order of the playlists."""
        counts: dict[str, int] = {}
        for each in self.playlists.values():
            added = sum(change.playlist == each.playlist for change in self.placed)
            removed = sum(change.playlist == each.playlist for change in self.removed)
            if added or removed:
                counts[each.name] = added - removed
        return counts


async def dry_run(store: Store, music: Music, outlooks: Outlooks, member: int, layer: Layer, now: datetime) -> Receipt:
    """Decide about every song that has no place in the layer yet, and write down what would be done. Changes nothing.

    Raises TooFewLabels or NotTrained when there is a song that only a model could place, and no model yet.
    """
    await hands.look(store, music, member, now)
    outlook = await outlooks.of(member, layer.layer)
    try:
        async with store.writing() as tx:
            write = await propose.prepare(tx, layer, outlook, None, "sort", now)
            return await receipt(tx, write)
    except ModelMissing:
        raise await learning.why_untrained(store, layer) from None


async def receipt(tx: Tx, write: int) -> Receipt:
    """Return a write as it stands. Raises BadChoice when there is none of that number."""
    found = await writes.get(tx, write)
    layer = await playlists.layer(tx, found.layer) if found else None
    if found is None or layer is None:
        raise BadChoice("That receipt is no longer kept.")
    changes = await writes.changes(tx, write)
    kept = {each.playlist: each for each in await playlists.in_layer(tx, layer.layer)}
    names = await songs.some(tx, (each.song for each in changes), found.member)
    return Receipt(found, layer, kept, changes, names, await writes.undone(tx, write))


async def confirm(tx: Tx, member: int, write: int) -> Write:
    """Let a planned write be applied. Raises BadChoice when it is not the member's, or no longer planned."""
    found = await writes.get(tx, write)
    if found is None or found.member != member or found.state not in ("planned", "applying", "done"):
        raise BadChoice("That dry run is no longer good. /sort makes a new one.")
    if found.state == "planned":
        await writes.set_state(tx, write, "applying")
    return found


async def cancel(tx: Tx, member: int, write: int) -> None:
    found = await writes.get(tx, write)
    if found is not None and found.member == member and found.state == "planned":
        await writes.set_state(tx, write, "cancelled")


async def apply(store: Store, music: Music, write: int, now: datetime) -> Receipt:
    """Bring the playlists to what the write wants, and return the receipt. May be called again after anything.

    Raises PlaylistKeepsChanging after ROUNDS rounds, CoolingDown when Spotify asks us to wait, SpotifyDown when it
    does not answer: the journal knows what was written. A playlist that is gone fails alone.
    """
    async with store.reading() as tx:
        order = await receipt(tx, write)
    problem = None
    for playlist in order.playlists.values():
        lines = [each for each in order.changes if each.playlist == playlist.playlist and each.action != "ask"]
        try:
            await _converge(store, music, playlist, lines, now)
        except PlaylistGone as gone:
            problem = gone.for_member()
    async with store.writing() as tx:
        await writes.set_state(tx, write, "done", applied_at=now, problem=problem)
        return await receipt(tx, write)


async def _converge(store: Store, music: Music, playlist: Playlist, lines: Sequence[Change], now: datetime) -> None:
    if not any(each.state in ("wanted", "attempted") for each in lines):
        return
    async with store.reading() as tx:
        seen = Contents(tuple(await playlists.places(tx, playlist.playlist)), playlist.snapshot)
    contents = await music.contents(playlist.ref, seen)
    async with store.writing() as tx:
        await hands.learn(tx, playlist.member, {playlist: contents}, now)
    for _ in range(ROUNDS):
        todo = await _attempt(store, playlist, lines, contents)
        if not todo:
            return
        failure = await carry_out(music, playlist.ref, todo, contents.snapshot)
        contents = await music.contents(playlist.ref)
    if await _attempt(store, playlist, lines, contents):
        raise failure or PlaylistKeepsChanging(playlist.name)


async def _attempt(store: Store, playlist: Playlist, lines: Sequence[Change], contents: Contents) -> Plan:
    """Plan what is left to do, and journal that we are about to do it; when nothing is, settle the journal."""
    async with store.writing() as tx:
        numbers = {each.change for each in lines}
        lines = [each for each in await writes.changes(tx, lines[0].write) if each.change in numbers]
        todo = _plan(lines, contents, await writes.ours(tx, playlist.playlist))
        touched = {*todo.append, *todo.remove, *(song for _, song in todo.insert)}
        await writes.set_changes(tx, [each.change for each in lines if each.song in touched], "attempted")
        await writes.set_positions(
            tx, [each for each in lines if each.song in todo.remove and each.position is None], contents.songs
        )
        settled = [each for each in lines if each.song not in touched]
        await writes.set_changes(tx, [each.change for each in settled if each.state == "attempted"], "written")
        await writes.set_changes(tx, [each.change for each in settled if each.state == "wanted"], "untouched")
        if not todo:
            await playlists.save_content(tx, playlist, contents.items, contents.snapshot)
    return todo


def _plan(lines: Sequence[Change], contents: Contents, ours: frozenset[str]) -> Plan:
    add = [(each.song, each.position) for each in lines if each.action == "add" and each.state != "untouched"]
    remove = [each.song for each in lines if each.action == "remove" and each.state != "untouched"]
    taken_out = frozenset(each.song for each in lines if each.action == "remove" and each.state == "attempted")
    return plan(contents.songs, add, remove, ours | taken_out)


async def carry_out(music: Music, ref: str, todo: Plan, snapshot: str | None) -> SpotifyDown | None:
    """Send the plan, each call once. A call whose fate is unknown ends the round: reading again tells (promise P2)."""
    try:
        for gone in batches(todo.remove):
            await music.remove(ref, gone, snapshot)
        for position, back in runs(todo.insert):
            await music.add(ref, back, position)
        for new in batches(todo.append):
            await music.add(ref, new, None)
    except SpotifyDown as down:
        return down
    return None


async def undo(tx: Tx, member: int, write: int | None, now: datetime) -> int:
    """Open the write that takes `write` (or the last one) back, exactly; return its number, to be applied.

    Songs that we put in come out, songs that we took out go back to where they stood. Raises NothingToUndo.
    """
    found = await writes.get(tx, write) if write is not None else await writes.last_done(tx, member)
    if found is None or found.member != member or found.state != "done" or await writes.undone(tx, found.write):
        raise NothingToUndo
    done = [each for each in await writes.changes(tx, found.write) if each.state == "written"]
    back = [_reverse(each) for each in done]
    opened = await writes.begin(tx, member, found.layer, "undo", len(back), None, now, undoes=found.write)
    await writes.add_changes(tx, member, opened, back)
    await writes.set_state(tx, opened, "applying")
    if found.kind == "tap":  # what the member said is taken back with what it did
        for song in {each.song for each in done}:
            await answers.undo_newest(tx, member, found.layer, song, now)
    return opened


def _reverse(change: Change) -> dict[str, Any]:
    action = "remove" if change.action == "add" else "add"
    return {"song": change.song, "playlist": change.playlist, "action": action, "position": change.position}


async def not_there(tx: Tx, member: int, change: int, event: int, now: datetime) -> int | None:
    """The member says that a placed song does not belong there: a label, and it comes out again.

    Returns the number of the write that takes it out, to be applied; None when that was said before.
    """
    line = await writes.change(tx, change)
    done = await writes.get(tx, line.write) if line else None
    if line is None or done is None or done.member != member:
        raise BadChoice("That line is no longer kept.")
    said = Answer(line.song, Kind.NOT, (line.playlist,), Source.RECEIPT, event)
    if not await answers.add(tx, member, done.layer, said):
        return None
    return await open_tap(tx, member, done.layer, [(line.playlist, line.song, "remove")], now)


async def open_tap(
    tx: Tx, member: int, layer: int, lines: Sequence[tuple[int, str, str]], now: datetime, kind: str = "tap"
) -> int:
    """Open a write for what the member just said about single songs: (playlist, song, "add" or "remove").

    kind: "tap" where their word is a label, too, and is taken back with the write; "add" where it is none.
    """
    opened = await writes.begin(tx, member, layer, kind, len(lines), None, now)
    told = [
        {"playlist": playlist, "song": song, "action": action, "certainty": "told"} for playlist, song, action in lines
    ]
    await writes.add_changes(tx, member, opened, told)
    await writes.set_state(tx, opened, "applying")
    return opened
