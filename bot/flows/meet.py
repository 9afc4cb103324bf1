"""Meet: two members compare their tastes, when both agreed to it and for as long as both do.

What is compared are the songs that both share by having joined the feed (`Member.joined`), where they lie in the
catalogue, and what each said is not for them. Nothing of it is kept: it is worked out each time one of the two looks.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from bot.adapters.store import Store, Tx, distastes, entries, members, notices, people, songs
from bot.core import meeting
from bot.core.columns import key_of
from bot.core.meeting import Likes, Meeting
from bot.core.neighbours import Around, Neighbours
from bot.core.records import Agreement, Song
from bot.core.taste import Taste
from bot.errors import BadChoice, NothingThereYet, NotYours
from bot.flows.catalogue import Catalogue, Entry

OPEN_FOR = timedelta(days=7)  # a question; and the rest after a no
MOST_ASKED = 5  # questions of the last seven days that nobody said yes to
MOST_LIKES = 1_000  # that speak for a member: the newest of which something is known
STRANGERS = 2_000  # songs of nobody's of the two
EACH = 3  # songs of a kind that are named

JOIN_FIRST = (
    "A match compares what you like in the feed, and you have not joined it: `/feed join` does. Then try again."
)
HIDDEN = "You are hidden, so nobody can be matched with you. `/hide off` ends that."
WITH_YOURSELF = "With yourself you agree already."
NOT_NOW = (
    "I cannot put that question to them now: they have never used me, are hidden, or have said no within the last week."
)
ASKED_ALREADY = "You have asked them. The question is open for seven days; they may also leave it."
TOO_MANY = f"{MOST_ASKED} of your questions of the last seven days have no yes yet. Let some time pass."
OVER = "That question is over: it was answered or taken back, or seven days have passed."
ENDED = "That match is over, or one of you shares nothing at the moment."
FOR_ANOTHER = "That question is put to somebody else."


@dataclass(frozen=True, slots=True)
class Match:
    """What came of it, for one of the two. meeting: None where too little is known.

    both: songs that both like, the latest first; mine: what the other has for the reader; theirs: the other way round.
    """

    agreement: int
    other: int
    meeting: Meeting | None
    both: Sequence[Entry]
    mine: Sequence[Entry]
    theirs: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Side:
    """What one brings: songs by what tells recordings apart, the newest first; likes: those with a point, likewise."""

    held: Mapping[str, Song]
    likes: Likes
    artists: frozenset[int]
    refused: Sequence[str]


async def ask(store: Store, member: int, other: int, now: datetime) -> Agreement:
    """Ask for the other's consent; asked by them before, this is the reader's own. Raises BadChoice.

    What comes back is agreed where both have said yes, and else to be put to the other.
    """
    if member == other:
        raise BadChoice(WITH_YOURSELF)
    async with store.writing() as tx:
        await _refuse_outsider(tx, member)
        await people.forget_questions(tx, now - OPEN_FOR)
        asked, between = await members.get(tx, other), await people.between(tx, member, other)
        if asked is None or asked.hidden:
            raise BadChoice(NOT_NOW)
        if between is not None and between.agreed_at is not None:
            return between
        if between is not None and between.declined_at is None and between.other == member:
            return await _agree(tx, between, now)
        if between is not None and between.member == member:
            raise BadChoice(NOT_NOW if between.declined_at else ASKED_ALREADY)
        if await people.count_asked(tx, member, now - OPEN_FOR) >= MOST_ASKED:
            raise BadChoice(TOO_MANY)
        return await people.ask(tx, member, other, now)


async def accept(store: Store, member: int, number: int, now: datetime) -> Agreement:
    """Say yes, and have the asker told. Raises NotYours for anybody but the one asked, BadChoice."""
    async with store.writing() as tx:
        question = await _question(tx, member, number, now)
        await _refuse_outsider(tx, member)
        asker = await members.get(tx, question.member)
        if asker is None or asker.hidden or not asker.joined:
            raise BadChoice(OVER)
        return await _agree(tx, question, now)


async def decline(store: Store, member: int, number: int, now: datetime) -> None:
    """Say no; the asker is not told, and may not ask again for a week. Raises as `accept`."""
    async with store.writing() as tx:
        question = await _question(tx, member, number, now)
        await people.change_agreement(tx, question.agreement, declined_at=now)


async def end(store: Store, member: int, number: int, now: datetime) -> None:
    """Take one's consent back: what both had, or a question of one's own. The other may not ask for a week.

    Raises BadChoice where there is nothing of the member's to end.
    """
    async with store.writing() as tx:
        found = await _of_both(tx, member, number)
        waits = found.beside(member) if found.agreed_at else found.member
        ended = {"member": waits, "other": found.beside(waits), "agreed_at": None, "declined_at": now}
        await people.change_agreement(tx, number, **ended)


async def agreements(store: Store, member: int, now: datetime) -> Sequence[Agreement]:
    """Return what the member agreed to, and their own open questions."""
    async with store.reading() as tx:
        return await people.agreements(tx, member, now - OPEN_FOR)


async def match(store: Store, catalogue: Catalogue, member: int, number: int) -> Match:
    """Return what the two have in common, as one of them sees it.

    Raises BadChoice where it was ended, or either is hidden or has left the feed.
    """
    async with store.reading() as tx:
        found = await _of_both(tx, member, number)
        other = found.beside(member)
        if found.agreed_at is None or not all([await _shares(tx, each) for each in (member, other)]):
            raise BadChoice(ENDED)
    return await _compared(store, catalogue, found, member, other)


async def _compared(store: Store, catalogue: Catalogue, found: Agreement, member: int, other: int) -> Match:
    known = await _known(catalogue)
    async with store.reading() as tx:
        own, others = await _side(tx, member, known), await _side(tx, other, known)
        strangers = known.points(await entries.strangers_to(tx, (member, other), STRANGERS))
    both = _both(own, others)
    met = await asyncio.to_thread(meeting.meet, own.likes, others.likes, strangers)
    mine = await asyncio.to_thread(_trade, others, own, known)
    theirs = await asyncio.to_thread(_trade, own, others, known)
    seen = await catalogue.visible(member, [*both, *mine, *theirs])
    named = [[seen[song] for song in some if song in seen] for some in (both, mine, theirs)]
    return Match(found.agreement, other, met, *named)


async def _known(catalogue: Catalogue) -> Neighbours:
    """Return where the catalogue's songs lie; nothing where nothing is known of them yet."""
    try:
        return (await catalogue.points.index()).neighbours
    except NothingThereYet:
        return Neighbours(1)


async def _side(tx: Tx, member: int, known: Neighbours) -> Side:
    held: dict[str, Song] = {}
    for each in await songs.library(tx, member):
        held.setdefault(each.isrc or each.song, each)
    placed = {key: point for key, each in held.items() if (point := known.point(each.song)) is not None}
    newest = list(placed)[:MOST_LIKES]
    return Side(
        held=held,
        likes=Likes(newest, np.stack([placed[key] for key in newest]) if newest else known.points(())),
        artists=frozenset(key_of(each.artists[0]) for each in held.values() if each.artists),
        refused=await distastes.of(tx, member),
    )


def _both(own: Side, others: Side) -> list[str]:
    """Return songs that both like: those first that both came to like the latest."""
    ranks = [{key: at for at, key in enumerate(each.held)} for each in (own, others)]
    shared = sorted(own.held.keys() & others.held.keys(), key=lambda key: (sum(rank[key] for rank in ranks), key))
    return [own.held[key].song for key in shared[:EACH]]


def _trade(giver: Side, taker: Side, known: Neighbours) -> list[str]:
    """Return what the giver has for the taker: new to them, and for neither of the two "not for me"."""
    refused = {*giver.refused, *taker.refused}
    rows = [
        row
        for row, key in enumerate(giver.likes.songs)
        if key not in taker.held and giver.held[key].song not in refused
    ]
    offered = [giver.held[giver.likes.songs[row]] for row in rows]
    artists = np.array([key_of(each.artists[0]) if each.artists else 0 for each in offered], np.int64)
    around = Around([each.song for each in offered], giver.likes.points[rows], artists)
    return meeting.trade(around, Taste(taker.likes.points, known.points(taker.refused)), taker.artists, EACH)


async def _refuse_outsider(tx: Tx, member: int) -> None:
    """Raises BadChoice for a member who shares nothing."""
    known = await members.get(tx, member)
    if known is None or not known.joined:
        raise BadChoice(JOIN_FIRST)
    if known.hidden:
        raise BadChoice(HIDDEN)


async def _shares(tx: Tx, member: int) -> bool:
    known = await members.get(tx, member)
    return known is not None and known.joined and not known.hidden


async def _question(tx: Tx, member: int, number: int, now: datetime) -> Agreement:
    """Return the open question that was put to the member. Raises NotYours, BadChoice."""
    found = await people.agreement(tx, number)
    if found is not None and found.other != member:
        raise NotYours(FOR_ANOTHER)
    if found is None or found.agreed_at or found.declined_at or found.asked_at <= now - OPEN_FOR:
        raise BadChoice(OVER)
    return found


async def _of_both(tx: Tx, member: int, number: int) -> Agreement:
    found = await people.agreement(tx, number)
    if found is None or member not in (found.member, found.other) or found.declined_at is not None:
        raise BadChoice(ENDED)
    return found


async def _agree(tx: Tx, question: Agreement, now: datetime) -> Agreement:
    await people.change_agreement(tx, question.agreement, agreed_at=now)
    await notices.add(tx, question.member, "match", {"agreement": question.agreement}, now)
    found = await people.agreement(tx, question.agreement)
    assert found is not None  # noqa: S101 - it was just changed in this transaction
    return found
