"""Review: a receipt as it is now, with the member's answers since, and its open questions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, cards, models, playlists, writes
from bot.core.records import Change, Playlist, Song
from bot.core.sorting.expectation import knows_none
from bot.core.sorting.labels import UNSAID, Verdict
from bot.core.sorting.writing.writes import Action, WriteKind, WriteState
from bot.errors import ModelMissing, NothingToUndo, NotYours
from bot.errors.sorting import NoSuchLayer, NotInLibrary, QuestionGone
from bot.flows.sorting import dry_run
from bot.flows.sorting.dry_run import Reason
from bot.flows.sorting.labelling import label
from bot.flows.sorting.scored_library import ScoredLibraries, ScoredLibrary
from bot.flows.sorting.writing import sort, undo
from bot.flows.sorting.writing.sort import Receipt

ASK = "ask"  # the section of questions; those of the playlists go by their numbers


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A receipt, and the verdicts on its songs.

    first: whether it's of the member's first sort, after which their new likes are sorted without being asked for.
    knows_none: as `core.sorting.expectation.knows_none`.
    """

    receipt: Receipt
    verdicts: Mapping[str, Verdict]
    first: bool = False
    knows_none: bool = True

    @property
    def planned(self) -> bool:
        """Whether it's a dry run that nothing has been written of."""
        return self.receipt.write.state == WriteState.PLANNED

    @property
    def waiting(self) -> list[str]:
        """The asked songs that the member has neither placed nor skipped."""
        return [song for song in self.receipt.asked if not self.verdicts.get(song, UNSAID).answered]

    def ruled_out(self, line: Change) -> bool:
        """Whether the member has since said that the song doesn't belong there."""
        return line.playlist in self.verdicts.get(line.song, UNSAID).no


@dataclass(frozen=True, slots=True)
class Staying:
    """A song that a dry run leaves where it is."""

    song: Song
    reason: Reason


async def review(store: Store, member: int, write: int) -> Reviewed:
    """Return the member's receipt as it is now. Raises NotYours or ReceiptGone."""
    async with store.reading() as tx:
        receipt = await sort.receipt(tx, write)
        if receipt.write.member != member:
            raise NotYours
        verdicts = await answers.verdicts(tx, member, receipt.layer.layer)
        model = await models.by_digest(tx, receipt.layer.layer, receipt.write.model)
        aware = knows_none(receipt.layer, len(receipt.playlists), model)
        return Reviewed(receipt, verdicts, await _is_first(tx, receipt), aware)


async def _is_first(tx: Tx, receipt: Receipt) -> bool:
    """Whether from this receipt on new likes go where they belong: not for a library from a file, which has none."""
    write, automatic = receipt.write, any(playlist.automatic for playlist in receipt.playlists.values())
    if write.kind != WriteKind.SORT or write.state != WriteState.DONE or not (receipt.standing and automatic):
        return False
    account = await members.account(tx, write.member)
    return account is not None and bool(account.tokens) and not await writes.sorted_before(tx, write)


def by_section(reviewed: Reviewed) -> dict[str, Sequence[Change]]:
    """Arrange a dry run by playlist, in the playlists' order, the least sure first; the questions come last."""
    planned = reviewed.receipt
    sections: dict[str, Sequence[Change]] = {
        str(playlist): _of_playlist(planned, playlist) for playlist in planned.playlists
    }
    asked = {change.song: change for change in reversed(planned.lines(Action.ASK)) if change.song in planned.songs}
    sections[ASK] = _least_sure_first(asked.values())
    return {key: lines for key, lines in sections.items() if lines}


def _of_playlist(planned: Receipt, playlist: int) -> list[Change]:
    going = _least_sure_first([*planned.placed, *planned.ruled_out])
    lines = [change for change in [*going, *planned.removed] if change.playlist == playlist]
    return [change for change in lines if change.song in planned.songs]


def _least_sure_first(changes: Iterable[Change]) -> list[Change]:
    return sorted(
        changes, key=lambda change: (1.0 if change.probability is None else change.probability, change.change)
    )


async def staying(store: Store, libraries: ScoredLibraries, planned: Receipt, now: datetime) -> list[Staying]:
    """Return the songs without a place that a dry run neither places nor asks about, and why, as of now."""
    scored = await libraries.of(planned.layer.member, planned.layer.layer)
    reasons = await _reasons(store, scored, planned, now)
    shown = {change.song for change in [*planned.placed, *planned.lines(Action.ASK)]}
    return [
        Staying(song, reasons[song.song]) for song in scored.songs if song.song in reasons and song.song not in shown
    ]


async def _reasons(store: Store, scored: ScoredLibrary, planned: Receipt, now: datetime) -> dict[str, Reason]:
    """Return why songs stay, or would by now. Without a model, only what the member said."""
    said = {change.song: Reason.RULED_OUT for change in planned.ruled_out}
    try:
        async with store.reading() as tx:
            found = await dry_run.decided(tx, planned.layer, scored, None, now)
    except ModelMissing:
        return said
    moving = {line["song"]: Reason.NEW for line in found.lines if line["action"] != Action.REMOVE}
    return {**found.stays, **moving, **said}


async def song_of(store: Store, member: int, write: int, song: str) -> Song:
    """Return a song of a member's write, or one they like. Raises NotYours, ReceiptGone or NotInLibrary."""
    reviewed = await review(store, member, write)
    if song in reviewed.receipt.songs:
        return reviewed.receipt.songs[song]
    async with store.reading() as tx:
        known = await songs.get(tx, song, member) if await songs.is_liked(tx, member, song) else None
    if known is None:
        raise NotInLibrary
    return known


async def questions(
    store: Store, libraries: ScoredLibraries, reviewed: Reviewed, limit: int, now: datetime
) -> Sequence[label.Question]:
    """Return the first open questions of a receipt, each on its earlier card if it has one."""
    receipt = reviewed.receipt
    scored = await libraries.of(receipt.write.member, receipt.layer.layer)
    async with store.reading() as tx:
        known = {card.song: card for card in await cards.of_write(tx, receipt.write.write)}
    return [
        await label.question(store, scored, known[song])
        if song in known
        else await label.put(store, scored, label.new_card(receipt.layer, song, now, receipt.write.write))
        for song in reviewed.waiting[:limit]
    ]


async def next_question(
    store: Store, libraries: ScoredLibraries, member: int, write: int, now: datetime
) -> label.Question | label.NothingToAsk:
    """Return the receipt's next song without an answer. Raises NotYours or ReceiptGone."""
    reviewed = await review(store, member, write)
    open_questions = await questions(store, libraries, reviewed, 1, now)
    if open_questions:
        return open_questions[0]
    layer = reviewed.receipt.layer
    return label.NothingToAsk(layer, label.tally(await libraries.of(member, layer.layer), layer, reviewed.verdicts))


async def after(
    store: Store, libraries: ScoredLibraries, member: int, card: str, now: datetime
) -> label.Question | label.NothingToAsk:
    """Return what comes after a card: the next song of its receipt, or the one that teaches the most.

    Raises NotYours, QuestionGone, NoSuchLayer, and as `next_question` or `label.ask` does.
    """
    async with store.reading() as tx:
        asked = await label.mine(tx, member, card)
        layer = await playlists.layer(tx, asked.layer)
    if layer is None:
        raise NoSuchLayer
    if asked.write is not None:
        return await next_question(store, libraries, member, asked.write, now)
    return await label.ask(store, libraries, layer, now)


async def again(store: Store, libraries: ScoredLibraries, member: int, card: str) -> label.Question:
    """Return the member's card as it is now. Raises NotYours, QuestionGone or NotInLibrary."""
    async with store.reading() as tx:
        asked = await label.mine(tx, member, card)
    return await label.question(store, await libraries.of(member, asked.layer), asked)


@dataclass(frozen=True, slots=True)
class UndoneAnswer:
    """The last answer is undone. question: about its song, again; songs: how many it was about; write: undoes it."""

    question: label.Question
    songs: int
    write: int | None


async def undo_answer(store: Store, libraries: ScoredLibraries, member: int, card: str, now: datetime) -> UndoneAnswer:
    """Undo the last answer in the card's layer, with all of its songs.

    What was said on a receipt's card was also carried out. Raises NothingToUndo, and StillWriting while that's being
    written.
    """
    async with store.reading() as tx:
        asked = await label.mine(tx, member, card)
        layer = await playlists.layer(tx, asked.layer)
        last = await answers.last(tx, member, asked.layer)
    if last is None or layer is None:
        raise NothingToUndo
    write = await undo.tap(store, layer, last, now)
    async with store.writing() as tx:  # a write undoes only the answers about songs that it moved
        about = await answers.undo_event(tx, member, layer.layer, last.event, now)
    scored = await libraries.of(member, layer.layer)
    again = await label.put(store, scored, label.new_card(layer, last.song, now, asked.write))
    return UndoneAnswer(again, about, write)


async def named(store: Store, member: int, song: str, chosen: Sequence[int]) -> tuple[Song | None, list[Playlist]]:
    """Return a member's song and playlists by their ids, for confirming an answer."""
    async with store.reading() as tx:
        known = [await playlists.get(tx, known) for known in chosen]
        return await songs.get(tx, song, member), [playlist for playlist in known if playlist is not None]


async def of_card(store: Store, member: int, card: str) -> Reviewed:
    """Return the receipt that a card belongs to. Raises NotYours, QuestionGone or ReceiptGone."""
    async with store.reading() as tx:
        asked = await label.mine(tx, member, card)
    if asked.write is None:
        raise QuestionGone
    return await review(store, member, asked.write)
