"""Bulk: what one answer about all songs by an artist is worth, compared with as many answers about single songs.

Half of a member's opinions are about an artist of whom the playlist has several songs, half about one song. The same
songs are tested whatever the labels count, and none of them is ever labelled.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from bot.core.sorting.learning.dataset import Label, TrainingSet
from bot.core.sorting.learning.identities import spelt
from bot.core.sorting.learning.prior import Prior
from training.evaluation.baselines import ours
from training.evaluation.measure import TESTED, Measurement, judge
from training.evaluation.people import LEAST_TESTED, SimulatedMember
from training.problems import NothingToTellApart

BULK_NS = (1, 2, 5)  # opinions about each playlist
SEVERAL = 3  # songs by one artist in a playlist from which a bulk answer is worth its button
SHARED, EACH, ONE = "bulk answers as one opinion", "bulk answers as a label each", "the first song of each"


@dataclass(frozen=True)
class Bulk:
    """One member's measurements of the ways in which bulk answers may count."""

    rows: Sequence[Measurement]


@dataclass(frozen=True)
class Opinion:
    """One answer: songs that belong in a playlist."""

    playlist: int
    songs: Sequence[str]


def opinions_of(member: SimulatedMember, playlist: int, n: int) -> list[Opinion]:
    """Return n opinions about a playlist: about an artist's songs and about single ones by turns, as there are any."""
    by: dict[str, list[str]] = defaultdict(list)
    for song in member.playlists[playlist]:
        by[spelt(min(member.songs[song].sets.get("artists", ()), default=song))].append(song)
    groups = [songs for songs in by.values() if len(songs) >= SEVERAL]
    singles = [songs[:1] for songs in by.values() if len(songs) < SEVERAL]
    told: list[Opinion] = []
    while len(told) < n and (groups or singles):
        first, second = (groups, singles) if len(told) % 2 == 0 else (singles, groups)
        told.append(Opinion(playlist, (first or second).pop(0)))
    return told


def compare_bulk(member: SimulatedMember, prior: Prior | None, ns: Sequence[int]) -> Bulk:
    """Return one member's measurements; none if an artist fills so much of a playlist that too little is left."""
    told = [opinions_of(member, at, max(ns)) for at in range(member.k)]
    tested = left_over(member, [opinion for opinions in told for opinion in opinions])
    return Bulk(list(_measured(member, prior, told, tested, ns)) if tested else [])


def left_over(member: SimulatedMember, told: Sequence[Opinion]) -> list[tuple[str, int]]:
    """Return the songs to test, each with its playlist: none that any opinion is about."""
    labelled = {song for opinion in told for song in opinion.songs}
    left = [[song for song in own if song not in labelled][:TESTED] for own in member.playlists]
    if min(map(len, left)) < LEAST_TESTED:
        return []
    return [(song, at) for at, songs in enumerate(left) for song in songs]


def _measured(
    member: SimulatedMember,
    prior: Prior | None,
    told: Sequence[Sequence[Opinion]],
    tested: Sequence[tuple[str, int]],
    ns: Sequence[int],
) -> Iterator[Measurement]:
    songs, truth = [member.songs[song] for song, _ in tested], np.array([at for _, at in tested])
    for n in ns:
        given = [opinion for opinions in told for opinion in opinions[:n]]
        for way, labels in ways_of(given).items():
            training = TrainingSet(member.songs, labels, member.names, several=False, everything=False)
            with suppress(NothingToTellApart):
                found = judge(ours(prior, training, songs), truth, member.k)
                yield Measurement(member.person, member.k, member.draw, n, way, *found)


def ways_of(opinions: Sequence[Opinion]) -> dict[str, list[Label]]:
    """Return the labels that the opinions make, by how they count."""
    shared = [
        Label(song, opinion.playlist, True, "bulk", at if len(opinion.songs) > 1 else None)
        for at, opinion in enumerate(opinions)
        for song in opinion.songs
    ]
    first = {opinion.songs[0] for opinion in opinions}
    each = [replace(label, bulk_answer=None) for label in shared]
    return {SHARED: shared, EACH: each, ONE: [label for label in each if label.song in first]}
