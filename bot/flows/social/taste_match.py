"""Taste match: what two members' tastes have in common, while both agree to it (`bot.flows.social.match_consent`).

We compare the songs that both share by having joined the feed (`Member.joined`), the songs they like in it, where all
of these lie in the catalogue, and what each said isn't for them. Nothing of it is stored: it's worked out each time one
of the two looks.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.adapters.store import Store, Tx
from bot.adapters.store.feed import catalogue as entries
from bot.adapters.store.feed import dislikes, feed_history
from bot.adapters.store.library import songs
from bot.core.feed.neighbours import Candidates, Neighbours
from bot.core.feed.taste import Taste
from bot.core.records import Song
from bot.core.social import taste_match
from bot.core.social.records import Agreement
from bot.core.social.taste_match import Comparison, LikedPoints
from bot.core.sorting.learning.identities import artist_key
from bot.errors import NothingThereYet
from bot.flows.feed.catalogue import Catalogue, Entry
from bot.flows.feed.recommend import MOST_SAID
from bot.flows.social.match_consent import in_force

MOST_LIKES = 1_000  # of a member: the newest whose sound we know
STRANGERS = 2_000  # songs that neither of the two likes
EACH = 3  # songs shown of each kind


@dataclass(frozen=True, slots=True)
class TasteMatch:
    """What two members have in common, for one of them. comparison: None if too little is known.

    both: songs both like, the latest first; mine: what the other has for the reader; theirs: the other way round.
    """

    agreement: int
    other: int
    comparison: Comparison | None
    both: Sequence[Entry]
    mine: Sequence[Entry]
    theirs: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two. held: their songs by what tells recordings apart, newest first; likes: those with a point."""

    held: Mapping[str, Song]
    likes: LikedPoints
    artists: frozenset[int]
    refused: Sequence[str]


async def match(store: Store, catalogue: Catalogue, member: int, number: int) -> TasteMatch:
    """Return what the two have in common, as one of them sees it.

    Raises MatchOver if it was ended, or either is hidden or has left the feed.
    """
    async with store.reading() as tx:
        agreement = await in_force(tx, member, number)
    return await _compared(store, catalogue, agreement, member)


async def _compared(store: Store, catalogue: Catalogue, agreement: Agreement, member: int) -> TasteMatch:
    other = agreement.beside(member)
    known = await _known(catalogue)
    async with store.reading() as tx:
        own, others = await _side(tx, member, known), await _side(tx, other, known)
        others_songs = await entries.strangers_to(tx, (member, other), STRANGERS)
    both, held = _both(own, others), {song.song for side in (own, others) for song in side.held.values()}
    strangers = known.points(song for song in others_songs if song not in held)
    met = await asyncio.to_thread(taste_match.compare, own.likes, others.likes, strangers)
    for_own, for_other = await asyncio.to_thread(_traded, own, others, known)
    seen = await catalogue.visible(member, [*both, *for_own, *for_other])
    named = [[seen[song] for song in some if song in seen] for some in (both, for_own, for_other)]
    return TasteMatch(agreement.agreement, other, met, *named)


async def _known(catalogue: Catalogue) -> Neighbours:
    """Return where the catalogue's songs lie; nothing if nothing is known of them yet."""
    try:
        return (await catalogue.points.index()).neighbours
    except NothingThereYet:
        return Neighbours(1)


async def _side(tx: Tx, member: int, known: Neighbours) -> Side:
    held: dict[str, Song] = {}
    in_feed = await feed_history.said(tx, member, feed_history.LIKED, MOST_SAID)
    described = await entries.described(tx, in_feed)
    liked = [described[song] for song in in_feed if song in described]
    for song in (*liked, *await songs.public_library(tx, member)):
        held.setdefault(song.isrc or song.song, song)
    placed = {key: point for key, song in held.items() if (point := known.point(song.song)) is not None}
    newest = list(placed)[:MOST_LIKES]
    return Side(
        held=held,
        likes=LikedPoints(newest, np.stack([placed[key] for key in newest]) if newest else known.points(())),
        artists=frozenset(artist_key(song.artists[0]) for song in held.values() if song.artists),
        refused=await dislikes.of(tx, member),
    )


def _both(own: Side, others: Side) -> list[str]:
    """Return songs that both like, first those that both liked most recently."""
    ranks = [{key: place for place, key in enumerate(side.held)} for side in (own, others)]
    shared = sorted(own.held.keys() & others.held.keys(), key=lambda key: (sum(rank[key] for rank in ranks), key))
    return [own.held[key].song for key in shared[:EACH]]


def _traded(own: Side, others: Side, known: Neighbours) -> tuple[list[str], list[str]]:
    return _trade(others, own, known), _trade(own, others, known)


def _trade(giver: Side, taker: Side, known: Neighbours) -> list[str]:
    """Return what the giver has for the taker: new to them, and disliked by neither."""
    refused = {*giver.refused, *taker.refused}
    rows = [
        row
        for row, key in enumerate(giver.likes.songs)
        if key not in taker.held and giver.held[key].song not in refused
    ]
    offered = [giver.held[giver.likes.songs[row]] for row in rows]
    artists = np.array([artist_key(song.artists[0]) if song.artists else 0 for song in offered], np.int64)
    around = Candidates([song.song for song in offered], giver.likes.points[rows], artists)
    towards = Taste(taker.likes.points, known.points(taker.refused), artists=taker.artists)
    return taste_match.trade(around, towards, EACH)
