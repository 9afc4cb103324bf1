"""Review: a receipt as it stands today, with what its member has said since, and the questions that are still open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, cards, playlists
from bot.core.records import Change, Playlist, Song
from bot.core.sorting.labels import Verdict
from bot.errors import BadChoice, NothingToUndo, NotYours
from bot.flows.sorting import label, sort
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.flows.sorting.sort import Receipt


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A receipt, and the verdicts on its songs."""

    receipt: Receipt
    verdicts: Mapping[str, Verdict]

    @property
    def waiting(self) -> list[str]:
        """The asked songs that the member has neither placed nor skipped."""
        return [song for song in self.receipt.asked if not _answered(self.verdicts.get(song))]

    def ruled_out(self, line: Change) -> bool:
        """Whether the member said since that the song does not belong there."""
        verdict = self.verdicts.get(line.song)
        return verdict is not None and line.playlist in verdict.no


def _answered(verdict: Verdict | None) -> bool:
    return verdict is not None and (verdict.settled or verdict.skipped)


async def review(store: Store, member: int, write: int) -> Reviewed:
    """Return the member's receipt as it stands. Raises NotYours, or BadChoice when it is no longer kept."""
    async with store.reading() as tx:
        receipt = await sort.receipt(tx, write)
        if receipt.write.member != member:
            raise NotYours
        return Reviewed(receipt, await answers.verdicts(tx, member, receipt.layer.layer))


async def questions(
    store: Store, outlooks: ScoredLibraries, reviewed: Reviewed, limit: int, now: datetime
) -> Sequence[label.Question]:
    """Return the first open questions of a receipt, each on the card that it had before, if any."""
    receipt = reviewed.receipt
    outlook = await outlooks.of(receipt.write.member, receipt.layer.layer)
    async with store.reading() as tx:
        known = {card.song: card for card in await cards.of_write(tx, receipt.write.write)}
    return [
        await label.question(store, outlook, known[song])
        if song in known
        else await label.put(store, outlook, receipt.layer, song, now, receipt.write.write)
        for song in reviewed.waiting[:limit]
    ]


async def next_question(
    store: Store, outlooks: ScoredLibraries, member: int, write: int, now: datetime
) -> label.Question | label.NothingToAsk:
    """Return the next song of the receipt that waits for the member's word. Raises NotYours, BadChoice."""
    reviewed = await review(store, member, write)
    found = await questions(store, outlooks, reviewed, 1, now)
    if found:
        return found[0]
    layer = reviewed.receipt.layer
    return label.NothingToAsk(layer, label.tally(await outlooks.of(member, layer.layer), layer, reviewed.verdicts))


async def after(
    store: Store, outlooks: ScoredLibraries, member: int, card: str, now: datetime
) -> label.Question | label.NothingToAsk:
    """Return what comes after a card: the next song of its receipt, or the one that teaches the most."""
    async with store.reading() as tx:
        found = await label.mine(tx, member, card)
        layer = await playlists.layer(tx, found.layer)
    if layer is None:
        raise BadChoice("That layer is gone.")
    if found.write is not None:
        return await next_question(store, outlooks, member, found.write, now)
    return await label.ask(store, outlooks, member, layer, now)


async def again(store: Store, outlooks: ScoredLibraries, member: int, card: str) -> label.Question:
    """Return the member's card as it stands. Raises NotYours, BadChoice."""
    async with store.reading() as tx:
        found = await label.mine(tx, member, card)
    return await label.question(store, await outlooks.of(member, found.layer), found)


async def take_back(
    store: Store, outlooks: ScoredLibraries, member: int, card: str, now: datetime
) -> tuple[label.Question, int | None]:
    """Take back the last answer in the card's layer, and ask that again; with the write that undoes what came of it.

    On a receipt's cards an answer also put the song into a playlist. Raises NothingToUndo, and BadChoice while that is
    being written.
    """
    async with store.reading() as tx:
        found = await label.mine(tx, member, card)
        layer = await playlists.layer(tx, found.layer)
        last = await answers.last(tx, member, found.layer)
    if last is None or layer is None:
        raise NothingToUndo
    write = await sort.undo_tap(store, member, layer.layer, last.song, now) if found.write is not None else None
    if write is None:
        async with store.writing() as tx:
            await answers.undo_last(tx, member, layer.layer, now)
    outlook = await outlooks.of(member, layer.layer)
    return await label.put(store, outlook, layer, last.song, now, found.write), write


async def named(store: Store, member: int, song: str, chosen: Sequence[int]) -> tuple[Song | None, list[Playlist]]:
    """Return a song of the member's and playlists by their ids, for saying what was taken down."""
    async with store.reading() as tx:
        found = [await playlists.get(tx, each) for each in chosen]
        return await songs.get(tx, song, member), [each for each in found if each is not None]


async def of_card(store: Store, member: int, card: str) -> Reviewed:
    """Return the receipt that a card belongs to. Raises NotYours, BadChoice."""
    async with store.reading() as tx:
        found = await label.mine(tx, member, card)
    if found.write is None:
        raise BadChoice("That card belongs to no receipt.")
    return await review(store, member, found.write)
