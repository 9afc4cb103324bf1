"""Presses: keeps the answers that members give by a card's buttons, many in one transaction.

An answer is on disk before it's acknowledged (promise P13). A thousand at once cost a few commits of a few statements
each (P12), and one that can't be stored fails alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.sorting import answers, cards, playlists
from bot.core.records import Card, Layer
from bot.core.sorting.labels import Answer, Kind, Source
from bot.errors import CratekeeperError, NotYours
from bot.errors.sorting import PlaylistNotKept, QuestionGone
from bot.flows.batching import Batcher
from bot.flows.sorting.labelling.label import Press, Pressed
from bot.flows.sorting.writing import taps


@dataclass(frozen=True, slots=True)
class OnCard:
    """Who pressed a button of which card, when, and what that says."""

    member: int
    card: str
    said: Press
    at: datetime


class Presses:
    """Keeps presses; all that wait are stored in one transaction."""

    def __init__(self, store: Store) -> None:
        self._batcher = Batcher(store.writing_first, keep_each)

    async def keep(self, member: int, card: str, said: Press, now: datetime) -> Pressed:
        """Store an answer; a repeated event is one answer. Raises NotYours, QuestionGone or PlaylistNotKept."""
        return await self._batcher.submit(OnCard(member, card, said, now))


async def keep(tx: Tx, press: OnCard) -> Pressed:
    """Store one answer, as `Presses` does."""
    (kept,) = await keep_each(tx, [press])
    if isinstance(kept, Exception):
        raise kept
    return kept


async def keep_each(tx: Tx, presses: Sequence[OnCard]) -> list[Pressed | Exception]:
    """Store up to CHUNK answers; return what became of each, or why it isn't stored.

    On a card of a receipt, an answer is also carried out; elsewhere it waits for the next sort.
    """
    known = await cards.several(tx, {press.card for press in presses})
    kept = await playlists.numbers_in(tx, {card.layer for card in known.values()})
    asked = [_asked(press, known.get(press.card), kept) for press in presses]
    sound = [(press, card) for press, card in zip(presses, asked, strict=True) if isinstance(card, Card)]
    layers = {card.layer: await playlists.layer(tx, card.layer) for _press, card in sound if card.write is not None}
    said = [(press.member, card.layer, _answer(press, card, layers.get(card.layer))) for press, card in sound]
    new = iter(await answers.add_each(tx, said))
    return [
        await _kept(tx, press, card, next(new), layers.get(card.layer)) if isinstance(card, Card) else card
        for press, card in zip(presses, asked, strict=True)
    ]


def _asked(press: OnCard, card: Card | None, kept: Mapping[int, set[int]]) -> Card | CratekeeperError:
    """Return the card that's answered, or why it can't be answered so."""
    if card is None:
        return QuestionGone()
    if card.member != press.member:
        return NotYours()
    said = press.said
    if not kept.get(card.layer, set()).issuperset(said.chosen):
        return PlaylistNotKept()
    return PlaylistNotKept() if said.kind in (Kind.ONLY, Kind.ALSO) and not said.chosen else card


def _answer(press: OnCard, card: Card, layer: Layer | None) -> Answer:
    """Return what was said. A receipt asks about one more playlist of a song that may be in several."""
    said = press.said
    one_more = card.write is not None and layer is not None and layer.several and len(said.chosen) == 1
    kind = Kind.ALSO if one_more and said.kind is Kind.ONLY else said.kind
    return Answer(card.song, kind, tuple(said.chosen), Source.BUTTON, said.event)


async def _kept(tx: Tx, press: OnCard, card: Card, new: bool, layer: Layer | None) -> Pressed:
    write = None
    if new and card.write is not None and layer is not None and press.said.kind is not Kind.SKIP:
        write = await taps.carry_out(tx, layer, [card.song], press.said.chosen, press.at)
    return Pressed(card.member, card.layer, card.song, new, False, write)
