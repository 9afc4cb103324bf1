"""Sort: dry run, apply, undo. Every change to a member's playlists goes through `apply`.

Converge, don't replay: the journal stores what's wanted, line by line, and applying brings each playlist to it
(`flows.sorting.writing.converge`). A crash at any point is repaired by applying once more (promises P1, P2), and songs
that a person added stay (P4).
"""

import hashlib
import time
from collections import Counter
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members, notices
from bot.adapters.store.library import songs
from bot.adapters.store.rows import chunks
from bot.adapters.store.sorting import answers, playlists, revisions, writes
from bot.core.notices import NoticeKind
from bot.core.records import Change, Layer, NewWrite, Playlist, Song, Write
from bot.core.sorting.labels import UNSAID, Verdict
from bot.core.sorting.writing.journal import OPEN, TOUCHED, Line, Refused, missing, missing_since
from bot.core.sorting.writing.superseded import CARRIED_OUT
from bot.core.sorting.writing.writes import ENDED, Action, LineState, WriteKind, WriteState
from bot.errors import CratekeeperError, ModelMissing
from bot.errors.sorting import DryRunChanged, DryRunGone, PlaylistNotKept, ReceiptGone
from bot.errors.spotify import PlaylistGone, SpotifyDown, Unsettled
from bot.errors.stored import dumped
from bot.flows.sorting.dry_run import prepare
from bot.flows.sorting.labelling import readiness
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.flows.sorting.writing import manual_edits
from bot.flows.sorting.writing.converge import Steady, converge, running_from
from bot.flows.sorting.writing.lines import WriteJournal, lines_of
from bot.ports import Accounts, Clock, Music

DONE = {LineState.WRITTEN, LineState.TAKEN}  # states of carried-out lines


@dataclass(frozen=True, slots=True)
class Receipt:
    """A write, planned or done: what goes where, what's asked, and the songs' names."""

    write: Write
    layer: Layer
    playlists: Mapping[int, Playlist]
    changes: Sequence[Change]
    songs: Mapping[str, Song]
    undo: Write | None = None  # the newest write that reverses it, or a part of it
    reversals: Mapping[int, str] = field(default_factory=dict)  # line → state of the one that reverses it

    @property
    def ended(self) -> bool:
        return self.write.state in ENDED

    @property
    def standing(self) -> list[Change]:
        """The lines that took effect and that nothing reverses: what's left to undo."""
        return [change for change in self.changes if change.state in TOUCHED and change.change not in self.reversals]

    def is_reversed(self, change: Change) -> bool:
        """Whether a line was read to be reversed."""
        return self.reversals.get(change.change) in (*DONE, LineState.UNTOUCHED)

    def lines(self, action: Action) -> list[Change]:
        """Return the lines of that kind: planned ones before the write, carried-out ones after it."""
        states = DONE if self.ended and action != Action.ASK else {*DONE, *OPEN, LineState.ASKED}
        return [change for change in self.changes if change.action == action and change.state in states]

    @property
    def refused(self) -> list[Change]:
        """The lines that were wanted but not done."""
        return [
            change for change in self.changes if change.state == LineState.REFUSED or change.problem == Refused.SAME
        ]

    @property
    def placed(self) -> list[Change]:
        return self.lines(Action.ADD)

    @property
    def removed(self) -> list[Change]:
        return self.lines(Action.REMOVE)

    @property
    def ruled_out(self) -> list[Change]:
        """The lines of a dry run that the member took out of it."""
        return [change for change in self.changes if change.state == LineState.RULED_OUT]

    @property
    def asked(self) -> list[str]:
        """The songs that wait for the member's answer, in order."""
        return list(dict.fromkeys(change.song for change in self.lines(Action.ASK)))

    @property
    def left(self) -> int:
        """Number of songs considered that stay where they are."""
        moving = (change for change in self.changes if change.state != LineState.RULED_OUT)
        touched = {change.song for change in moving if change.action in (Action.ADD, Action.ASK)}
        return max(0, self.write.total - len(touched))

    @property
    def version(self) -> str:
        """What the write would change, as a digest."""
        going = sorted(change.change for change in [*self.placed, *self.removed])
        return hashlib.sha256(repr(going).encode()).hexdigest()[:32]

    def per_playlist(self) -> list[tuple[str, int, int]]:
        """Return (name, songs added, songs removed) for each playlist that changes; two may share a name."""
        added = Counter(change.playlist for change in self.placed)
        removed = Counter(change.playlist for change in self.removed)
        touched = [playlist for playlist in self.playlists.values() if playlist.playlist in added | removed]
        return [(playlist.name, added[playlist.playlist], removed[playlist.playlist]) for playlist in touched]


async def dry_run(store: Store, music: Music, libraries: ScoredLibraries, layer: Layer, now: datetime) -> Receipt:
    """Decide about every song without a place in the layer, and store the plan. Changes nothing at Spotify.

    Raises TooFewLabels or NotTrained if only a model could place a song, and there's none yet.
    """
    await manual_edits.detect(store, music, layer.member, now)
    scored = await libraries.of(layer.member, layer.layer)
    try:
        write = await prepare(store, layer, scored, None, now)
    except ModelMissing:
        raise await readiness.why_untrained(store, layer) from None
    async with store.writing() as tx:
        await writes.set_state(tx, write, WriteState.PLANNED)
    async with store.reading() as tx:
        return await receipt(tx, write)


async def receipt(tx: Tx, write: int) -> Receipt:
    """Return a write as it is now. Raises ReceiptGone."""
    kept_write = await writes.get(tx, write)
    layer = await playlists.layer(tx, kept_write.layer) if kept_write else None
    if kept_write is None or layer is None:
        raise ReceiptGone
    changes = await writes.changes(tx, write)
    kept = {playlist.playlist: playlist for playlist in await playlists.in_layer(tx, layer.layer)}
    kept |= await _moved(tx, kept_write, {change.playlist for change in changes if _may_follow(kept_write, change)})
    names = await songs.some(tx, (change.song for change in changes), kept_write.member)
    names |= await revisions.named(tx, kept_write.member, {change.song for change in changes} - names.keys())
    undos = await writes.undos(tx, write)
    back = {(line.playlist, line.song): line.state for line in await writes.reversals(tx, write)} if undos else {}
    touched = {change.change: (change.playlist, change.song) for change in changes if change.state in TOUCHED}
    reversals = {change: back[place] for change, place in touched.items() if place in back}
    return Receipt(kept_write, layer, kept, changes, names, undos[-1] if undos else None, reversals)


def _may_follow(write: Write, change: Change) -> bool:
    """Whether a write may follow a playlist into another layer: what it wrote there, and what it takes back."""
    return write.kind == WriteKind.UNDO or change.state in CARRIED_OUT


async def _moved(tx: Tx, write: Write, touched: Container[int]) -> dict[int, Playlist]:
    """Return those of the playlists that are kept in any of the member's layers."""
    kept = await playlists.of_member(tx, write.member)
    return {playlist.playlist: playlist for playlist in kept if playlist.playlist in touched}


async def confirm(store: Store, member: int, write: int, version: str | None = None) -> Write:
    """Release a planned write to be applied. Raises DryRunGone if it isn't the member's, or no longer planned.

    version: of the receipt that they saw; raises DryRunChanged if it would change something else by now. What they
    have said since then about its songs counts.
    """
    await _heed(store, member, write)
    async with store.writing() as tx:
        planned = await writes.get(tx, write)
        if (
            planned is None
            or planned.member != member
            or planned.state not in (WriteState.PLANNED, WriteState.APPLYING, WriteState.DONE)
        ):
            raise DryRunGone
        if planned.state == WriteState.PLANNED:
            if version is not None and version != (await receipt(tx, write)).version:
                raise DryRunChanged
            await writes.set_state(tx, write, WriteState.APPLYING)
    return planned


async def _heed(store: Store, member: int, write: int) -> None:
    """Take out of a dry run what the member's answers contradict, and songs that have found another place since.

    The newest answer wins, whenever it was given.
    """
    async with store.reading() as tx:
        planned = await writes.get(tx, write)
        if planned is None or planned.member != member or planned.kind != WriteKind.SORT:
            return
        layer, changes = await playlists.layer(tx, planned.layer), await writes.changes(tx, write)
        several = layer is not None and layer.several
        verdicts = await answers.verdicts(tx, member, planned.layer)
        held = {} if several else await _held(tx, planned.layer)
    over = [*_contradicted(changes, verdicts, several=several), *_placed_since(changes, held)]
    for piece in chunks(over):
        async with store.writing() as tx:
            current = await writes.get(tx, write)
            if current is not None and current.state == WriteState.PLANNED:
                await writes.note(tx, piece)


def _contradicted(changes: Sequence[Change], verdicts: Mapping[str, Verdict], *, several: bool) -> list[Line]:
    """Return the planned lines that answers contradict, as given up; a song that isn't added isn't removed either."""
    wanted = [change for change in changes if change.state == LineState.WANTED]
    adding = [change for change in wanted if change.action == Action.ADD]
    said = {change: verdicts.get(change.song, UNSAID) for change in adding}
    out = {change for change in adding if said[change].excludes(change.playlist, several=several)}
    songs_out, over = {change.song for change in out}, {change.change for change in out}
    lines = [line for playlist in {each.playlist for each in wanted} for line in lines_of(wanted, playlist)]
    ruled_out = [replace(line, state=LineState.RULED_OUT) for line in lines if line.key in over]
    staying = [line for line in lines if line.action == Action.REMOVE and line.song in songs_out]
    return ruled_out + [replace(line, state=LineState.UNTOUCHED) for line in staying]


async def _held(tx: Tx, layer: int) -> dict[int, frozenset[str | None]]:
    """Return the songs that are in each of a layer's playlists, as last seen, or are being added."""
    kept = [playlist.playlist for playlist in await playlists.in_layer(tx, layer)]
    return {
        playlist: await writes.under_way(tx, playlist) | {item.song for item in await playlists.items(tx, playlist)}
        for playlist in kept
    }


def _placed_since(changes: Sequence[Change], held: Mapping[int, Container[str | None]]) -> list[Line]:
    """Return the planned lines of songs that had no place, as given up where another playlist holds the song by now."""
    by_model = [change for change in changes if change.state == LineState.WANTED and change.certainty != "told"]
    over = {
        change.change
        for change in by_model
        if any(change.song in songs for playlist, songs in held.items() if playlist != change.playlist)
    }
    lines = [line for playlist in held for line in lines_of(by_model, playlist)]
    return [replace(line, state=LineState.UNTOUCHED) for line in lines if line.key in over]


async def cancel(store: Store, member: int, write: int) -> bool:
    """Drop a dry run; return whether none of it was, or is being, written."""
    async with store.writing() as tx:
        planned = await writes.get(tx, write)
        if planned is not None and planned.member == member and planned.state == WriteState.PLANNED:
            await writes.set_state(tx, write, WriteState.CANCELLED)
    return planned is None or planned.state not in (WriteState.APPLYING, *ENDED)


async def carry_out(store: Store, accounts: Accounts, write: int, now: datetime) -> None:
    """Apply a confirmed write, and leave its member a notice of the receipt. Raises as `_bring_about` does."""
    async with store.reading() as tx:
        confirmed = await writes.get(tx, write)
    if confirmed is None or confirmed.state != WriteState.APPLYING:
        return
    await _bring_about(store, await accounts.music(confirmed.member), write, now)
    async with store.writing() as tx:  # both or neither: one that's done isn't carried out again, so it'd never be told
        done = await _finish(tx, write, now)
        if confirmed.kind != WriteKind.WATCH:
            await notices.add(tx, confirmed.member, NoticeKind.RECEIPT, {"write": write, "kind": confirmed.kind}, now)
        elif done.placed or done.asked or done.refused:
            await notices.add(tx, confirmed.member, NoticeKind.UPDATE, {"write": write}, now)


async def give_up(tx: Tx, write: int, error: CratekeeperError) -> None:
    """Note that a write failed, and why."""
    await writes.set_state(tx, write, WriteState.FAILED, problem=dumped(error))


async def unfinished(store: Store) -> list[Write]:
    """Return the confirmed writes that aren't done and may go on, oldest first."""
    async with store.reading() as tx:
        found = await writes.unfinished(tx)
        ended = await members.with_ended_consent(tx, (write.member for write in found))
    return [write for write in found if write.member not in ended]


async def apply(store: Store, music: Music, write: int, now: datetime, steady: Steady = time.monotonic) -> Receipt:
    """Carry a write out without a notice, and return the receipt. Raises as `_bring_about` does."""
    await _bring_about(store, music, write, now, steady)
    async with store.writing() as tx:
        return await _finish(tx, write, now)


async def _finish(tx: Tx, write: int, now: datetime) -> Receipt:
    """Note that a write is done, and return its receipt."""
    await writes.set_state(tx, write, WriteState.DONE, applied_at=now)
    return await receipt(tx, write)


async def _bring_about(store: Store, music: Music, write: int, now: datetime, steady: Steady = time.monotonic) -> None:
    """Bring the playlists to what the write wants. May be called again after any failure.

    Raises Unsettled if something that was sent isn't readable yet: call again then. Raises CoolingDown if Spotify asks
    us to wait, SpotifyDown if it doesn't answer: the journal knows what was written. Lines that can't be written are
    refused one by one, and block nothing else.
    """
    clock = running_from(now, steady)
    async with store.reading() as tx:
        order = await receipt(tx, write)
    await _refuse_what_is_not_kept(store, order)
    listed = await _listed(music, order)
    waits = await _converge_all(store, music, order, listed, clock)
    if any(change.action == Action.REMOVE for change in order.changes):  # removals that waited for the song's new place
        waits += await _converge_all(store, music, order, listed, clock)
    for wait in waits:
        if isinstance(wait, SpotifyDown):
            raise wait
    if later := [wait for wait in waits if isinstance(wait, datetime)]:
        raise Unsettled(min(later))


async def _refuse_what_is_not_kept(store: Store, order: Receipt) -> None:
    await _let_go(store, order.write.write, {change.playlist for change in order.changes} - order.playlists.keys())


async def _let_go(store: Store, write: int, gone: Collection[int]) -> None:
    """Give up on what isn't sent to playlists that aren't kept any more; what was stays written, on Spotify's word."""
    while gone:
        async with store.writing() as tx:
            if not await writes.believe(tx, write, gone):
                break
    await _refuse(store, write, gone, Refused.NOT_KEPT)


async def _refuse(store: Store, write: int, gone: Collection[int], problem: Refused) -> None:
    """Give up on open lines for those playlists, in slices."""
    while gone:
        async with store.writing() as tx:
            if not await writes.refuse(tx, write, gone, problem):
                return


async def _listed(music: Music, order: Receipt) -> frozenset[str]:
    """Return which of the playlists still to be written are in the member's library.

    Spotify would accept songs for the member's playlist even if it's no longer in anybody's library.
    """
    todo = {change.playlist for change in order.changes if change.state in (LineState.WANTED, LineState.ATTEMPTED)}
    refs = [order.playlists[playlist].ref for playlist in sorted(todo & order.playlists.keys())]
    return await music.listed(refs) if refs else frozenset()


async def _converge_all(
    store: Store, music: Music, order: Receipt, listed: Container[str], clock: Clock
) -> list[datetime | SpotifyDown | None]:
    journals = [WriteJournal(store, order.write.write, playlist) for playlist in order.playlists.values()]
    return [await _converge(store, music, journal, listed, clock) for journal in journals]


async def _converge(
    store: Store, music: Music, journal: WriteJournal, listed: Container[str], clock: Clock
) -> datetime | SpotifyDown | None:
    """Write what can be written to one playlist; return when to read again, or the SpotifyDown that stopped it."""
    write, playlist = journal.write, journal.playlist.playlist
    lines = await journal.lines()
    if all(line.settled for line in lines):
        return None
    if journal.ref not in listed and any(line.state in (LineState.WANTED, LineState.ATTEMPTED) for line in lines):
        return await _missed(store, write, playlist, clock())
    try:
        again = await converge(store, music, journal, clock)
    except PlaylistNotKept:
        await _let_go(store, write, [playlist])
        return None
    except PlaylistGone:
        return await _missed(store, write, playlist, clock())
    except SpotifyDown as down:
        return down
    async with store.writing() as tx:
        await playlists.change(tx, playlist, missed_at=None)
    return again


async def _missed(store: Store, write: int, playlist: int, now: datetime) -> datetime | None:
    """Return when to read a missing playlist again; refuse its lines once it counts as gone."""
    async with store.writing() as tx:
        current = await playlists.get(tx, playlist)
        since = missing_since(current.missed_at if current is not None else None, now)
        again = missing(since, now)
        await playlists.change(tx, playlist, missed_at=since if again else None)
    if again is None:
        await _refuse(store, write, [playlist], Refused.GONE)
    return again


async def open_tap(tx: Tx, new: NewWrite, lines: Sequence[tuple[int, str, Action]], now: datetime) -> int:
    """Open a write for the member's answers about single songs: (playlist, song, action); return its number.

    Its kind is TAP if their answer is also a label, undone together with the write; ADD if it isn't.
    """
    opened = await writes.begin(tx, replace(new, total=len(lines)), now)
    told = [
        {"playlist": playlist, "song": song, "action": action, "certainty": "told"} for playlist, song, action in lines
    ]
    await writes.add_changes(tx, new.member, opened, told)
    await writes.set_state(tx, opened, WriteState.APPLYING)
    return opened
