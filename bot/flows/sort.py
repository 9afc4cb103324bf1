"""Sort: dry run, apply, undo. Every change to a member's playlists goes through `apply`.

Converge, don't replay: a write is journalled as what is wanted, line by line; applying brings each playlist to it
(`flows.converge`). A crash at any point is repaired by applying once more (promises P1, P2), and what a person put
there stays (P4).
"""

from collections import Counter
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.adapters.store import Store, Tx, answers, playlists, songs, writes
from bot.core.journal import OPEN, TOUCHED, Problem, State, missing
from bot.core.labels import Answer, Kind, Source
from bot.core.records import Change, Layer, Playlist, Song, Write
from bot.errors import BadChoice, ModelMissing, NothingToUndo, PlaylistGone, SpotifyDown, Unsettled
from bot.flows import hands, learning, propose
from bot.flows.converge import Clock, converge, running_from
from bot.flows.lines import WriteJournal, lines_of
from bot.flows.outlook import Outlooks
from bot.ports import Music

STILL_WRITING = "I'm still writing that. It can be taken back once it's done."
DONE = {State.WRITTEN, State.TAKEN}  # states of a line that was carried out


@dataclass(frozen=True, slots=True)
class Receipt:
    """A write, planned or done: what goes where, what is asked, and the songs' names."""

    write: Write
    layer: Layer
    playlists: Mapping[int, Playlist]
    changes: Sequence[Change]
    songs: Mapping[str, Song]
    undo: Write | None = None  # what takes it back, or took it back
    undo_refused: int = 0  # songs that could not be taken back

    @property
    def ended(self) -> bool:
        return self.write.state in ("done", "failed")

    @property
    def undone(self) -> bool:
        """Whether Spotify has taken it back, as far as it could be."""
        return self.undo is not None and self.undo.state == "done"

    def lines(self, action: str) -> list[Change]:
        """The lines of that kind: before the write those that are planned, after it those that were carried out."""
        states = DONE if self.ended and action != "ask" else {*DONE, *OPEN, State.ASKED}
        return [each for each in self.changes if each.action == action and each.state in states]

    @property
    def refused(self) -> list[Change]:
        """What was not done though it was wanted."""
        return [each for each in self.changes if each.state == State.REFUSED or each.problem == Problem.SAME]

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

    def per_playlist(self) -> list[tuple[str, int, int]]:
        """Return (name, songs put in, songs taken out) of each playlist that changes; two may have one name."""
        added = Counter(change.playlist for change in self.placed)
        removed = Counter(change.playlist for change in self.removed)
        touched = [each for each in self.playlists.values() if added[each.playlist] or removed[each.playlist]]
        return [(each.name, added[each.playlist], removed[each.playlist]) for each in touched]


async def dry_run(store: Store, music: Music, outlooks: Outlooks, member: int, layer: Layer, now: datetime) -> Receipt:
    """Decide about every song that has no place in the layer yet, and write down what would be done. Changes nothing.

    Raises TooFewLabels or NotTrained when there is a song that only a model could place, and no model yet.
    """
    await hands.look(store, music, member, now)
    outlook = await outlooks.of(member, layer.layer)
    try:
        write = await propose.prepare(store, layer, outlook, None, "sort", now)
    except ModelMissing:
        raise await learning.why_untrained(store, layer) from None
    async with store.writing() as tx:
        await writes.set_state(tx, write, "planned")
    async with store.reading() as tx:
        return await receipt(tx, write)


async def receipt(tx: Tx, write: int) -> Receipt:
    """Return a write as it stands. Raises BadChoice when there is none of that number."""
    found = await writes.get(tx, write)
    layer = await playlists.layer(tx, found.layer) if found else None
    if found is None or layer is None:
        raise BadChoice("That receipt is no longer kept.")
    changes = await writes.changes(tx, write)
    kept = {each.playlist: each for each in await playlists.in_layer(tx, layer.layer)}
    names = await songs.some(tx, (each.song for each in changes), found.member)
    undone = await writes.undo_of(tx, write)
    back = await writes.changes(tx, undone.write) if undone is not None else []
    return Receipt(found, layer, kept, changes, names, undone, sum(each.state == State.REFUSED for each in back))


async def confirm(tx: Tx, member: int, write: int) -> Write:
    """Let a planned write be applied. Raises BadChoice when it is not the member's, or no longer planned."""
    found = await writes.get(tx, write)
    if found is None or found.member != member or found.state not in ("planned", "applying", "done"):
        raise BadChoice("That dry run is no longer good. /sort makes a new one.")
    if found.state == "planned":
        await writes.set_state(tx, write, "applying")
    return found


async def cancel(tx: Tx, member: int, write: int) -> bool:
    """Drop a dry run; return whether nothing of it was, or is being, written."""
    found = await writes.get(tx, write)
    if found is not None and found.member == member and found.state == "planned":
        await writes.set_state(tx, write, "cancelled")
    return found is None or found.state not in ("applying", "done", "failed")


async def apply(store: Store, music: Music, write: int, now: datetime) -> Receipt:
    """Bring the playlists to what the write wants, and return the receipt. May be called again after anything.

    Raises Unsettled when something was sent that cannot be read yet: to be called again then. CoolingDown when Spotify
    asks us to wait, SpotifyDown when it does not answer: the journal knows what was written. What cannot be written is
    refused line by line, and holds up nothing else.
    """
    clock = running_from(now)
    async with store.reading() as tx:
        order = await receipt(tx, write)
    await _refuse_what_is_let_go(store, order)
    listed = await _listed(music, order)
    waits = [await _converge(store, music, order, each, listed, clock) for each in order.playlists.values()]
    if any(each.action == "remove" for each in order.changes):  # those that waited for their song to stand elsewhere
        waits += [await _converge(store, music, order, each, listed, clock) for each in order.playlists.values()]
    for each in waits:
        if isinstance(each, SpotifyDown):
            raise each
    if later := [each for each in waits if isinstance(each, datetime)]:
        raise Unsettled(min(later))
    async with store.writing() as tx:
        await writes.set_state(tx, write, "done", applied_at=now)
    async with store.reading() as tx:
        return await receipt(tx, write)


async def _refuse_what_is_let_go(store: Store, order: Receipt) -> None:
    gone = {each.playlist for each in order.changes} - order.playlists.keys()
    await _refuse(store, order.write.write, gone, Problem.LET_GO)


async def _refuse(store: Store, write: int, gone: Collection[int], problem: Problem) -> None:
    """Give up on what is open in those playlists, a slice at a time."""
    while gone:
        async with store.writing() as tx:
            if not await writes.refuse(tx, write, gone, problem):
                return


async def _listed(music: Music, order: Receipt) -> frozenset[str]:
    """Return those of the playlists still to be written that are in the member's library.

    Spotify would take songs for an own playlist that is in nobody's library any more.
    """
    todo = {each.playlist for each in order.changes if each.state in (State.WANTED, State.ATTEMPTED)}
    refs = [order.playlists[each].ref for each in sorted(todo & order.playlists.keys())]
    return await music.listed(refs) if refs else frozenset()


async def _converge(
    store: Store, music: Music, order: Receipt, playlist: Playlist, listed: Container[str], clock: Clock
) -> datetime | SpotifyDown | None:
    """Write what can be written to one playlist; return when to look again, or that Spotify did not answer."""
    write = order.write.write
    async with store.reading() as tx:
        lines = lines_of(await writes.changes(tx, write), playlist.playlist)
    if all(each.settled for each in lines):
        return None
    if playlist.ref not in listed and any(each.state in (State.WANTED, State.ATTEMPTED) for each in lines):
        return await _missed(store, write, playlist.playlist, clock())
    try:
        again = await converge(store, music, WriteJournal(store, write, playlist), clock)
    except PlaylistGone:
        return await _missed(store, write, playlist.playlist, clock())
    except SpotifyDown as down:
        return down
    async with store.writing() as tx:
        await playlists.change(tx, playlist.playlist, missed_at=None)
    return again


async def _missed(store: Store, write: int, playlist: int, now: datetime) -> datetime | None:
    """Return when to look again for a playlist that is not there; give its lines up once that is to be believed."""
    async with store.writing() as tx:
        current = await playlists.get(tx, playlist)
        since = min((current.missed_at if current is not None else None) or now, now)
        again = missing(since, now)
        await playlists.change(tx, playlist, missed_at=since if again else None)
    if again is None:
        await _refuse(store, write, [playlist], Problem.GONE)
    return again


async def undo(store: Store, member: int, write: int | None, now: datetime) -> int:
    """Open the write that takes `write` (or the last one) back, exactly; return its number, to be applied.

    Songs that we put in come out, songs that we took out go back to where they stood. A write that failed half-way is
    taken back as far as it came; an undo that failed can be tried again. Raises NothingToUndo, and BadChoice while the
    last one is being written.
    """
    async with store.reading() as tx:
        found = await writes.get(tx, write) if write is not None else await writes.last_done(tx, member)
        newer = [each for each in await writes.unfinished(tx, member) if each.kind != "undo"] if write is None else []
        if newer and (found is None or newer[-1].write > found.write):
            raise BadChoice(STILL_WRITING)
        if found is None or found.member != member or found.state not in ("done", "failed"):
            raise NothingToUndo
        done = [each for each in await writes.changes(tx, found.write) if each.state in TOUCHED]
    async with store.writing() as tx:
        if await writes.undo_of(tx, found.write) is not None:
            raise NothingToUndo
        opened = await writes.begin(tx, member, found.layer, "undo", len(done), None, now, undoes=found.write)
    await writes.fill(store, member, opened, map(_reverse, done))
    async with store.writing() as tx:
        await writes.set_state(tx, opened, "applying")
        if found.kind == "tap":  # what the member said is taken back with what it did
            for song in {each.song for each in done}:
                await answers.undo_newest(tx, member, found.layer, song, now)
    return opened


async def undo_tap(store: Store, member: int, layer: int, song: str, now: datetime) -> int | None:
    """Open the write that takes back what the member's tap did with a song, and the tap; None where it did nothing.

    Raises BadChoice while it is being written.
    """
    async with store.reading() as tx:
        done = await writes.last_tap(tx, member, layer, song)
    if done is None:
        return None
    if done.state == "applying":
        raise BadChoice(STILL_WRITING)
    return await undo(store, member, done.write, now)


def _reverse(change: Change) -> dict[str, Any]:
    """The line that takes a line back. It knows when that was sent: till then reading it says nothing."""
    action = "remove" if change.action == "add" else "add"
    return {
        "song": change.song,
        "playlist": change.playlist,
        "action": action,
        "position": change.position,
        "sent_at": change.sent_at,
    }


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
