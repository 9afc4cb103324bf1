"""Merging: one order of precedence for all values, and each value records its source."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.features import SongFeatures
from bot.core.library.merge import PRECEDENCE, Said, merge, rank
from bot.core.vectors import pack, unpack


def said(source: str, own: bool = False, **numbers: float) -> Said:
    return Said(source, own, SongFeatures(numbers))


def test_the_first_source_by_precedence_wins_and_the_next_fills_gaps() -> None:
    merged = merge([said("musicbrainz", year=1999.5), said("operator:dump", tempo=90.0), said("csv", tempo=120.0)])
    assert merged.numbers == {"year": 1999.5, "tempo": 120.0}
    assert merged.provenance == {"year": "musicbrainz", "tempo": "csv"}


@pytest.mark.parametrize(("above", "below"), list(pairwise(PRECEDENCE)))
def test_precedence_does_not_depend_on_arrival_order(above: str, below: str) -> None:
    for order in ([said(above, tempo=1.0), said(below, tempo=2.0)], [said(below, tempo=2.0), said(above, tempo=1.0)]):
        assert merge(order).numbers == {"tempo": 1.0}


def test_a_members_own_values_come_before_shared_ones() -> None:
    assert merge([said("upload", tempo=1.0), said("listenbrainz", own=True, tempo=2.0)]).numbers == {"tempo": 2.0}


def test_sets_and_vectors_are_merged_like_numbers() -> None:
    heard, told = np.ones(3, np.float32), np.zeros(2, np.float32)
    merged = merge(
        [
            Said("audio", False, SongFeatures(embeddings={"musicnn": heard})),
            Said("musicbrainz", False, SongFeatures({}, {"genres": frozenset({"folk"})})),
            Said("deezer", False, SongFeatures(embeddings={"musicnn": told})),
        ]
    )
    assert merged.embeddings["musicnn"] is heard
    assert merged.sets == {"genres": {"folk"}}
    assert merged.provenance == {"musicnn": "audio", "genres": "musicbrainz"}
    assert merged.known


def test_merging_nothing_gives_nothing() -> None:
    assert not merge([]).known


sources = st.sampled_from([*PRECEDENCE, "operator:a", "operator:b", "elsewhere"])
saying = st.builds(
    lambda source, own, numbers: Said(source, own, SongFeatures(numbers)),
    sources,
    st.booleans(),
    st.dictionaries(st.sampled_from("abc"), st.floats(0, 1), max_size=3),
)


@given(st.lists(saying, max_size=6, unique_by=lambda source: (source.source, source.own)), st.randoms())
def test_every_value_comes_from_the_highest_source_that_has_one(stated, rng) -> None:
    merged = merge(stated)
    rng.shuffle(stated)
    assert merge(stated) == merged
    for name, value in merged.numbers.items():
        having = [source for source in stated if name in source.features.numbers]
        own = [source for source in having if source.own] or having
        highest = min(rank(source.source) for source in own)
        assert (merged.provenance[name], value) in {
            (source.source, source.features.numbers[name]) for source in own if rank(source.source) == highest
        }
    assert merged.numbers.keys() == {name for source in stated for name in source.features.numbers}


@given(st.dictionaries(st.text(max_size=8), st.lists(st.floats(width=32, allow_nan=False), max_size=5), max_size=3))
def test_vectors_round_trip_as_bytes(lists: dict[str, list[float]]) -> None:
    vectors = {name: np.array(values, np.float32) for name, values in lists.items()}
    unpacked = unpack(pack(vectors))
    assert unpacked.keys() == vectors.keys()
    assert all(np.array_equal(unpacked[name], vectors[name]) for name in vectors)


def test_malformed_vector_bytes_are_refused() -> None:
    with pytest.raises(ValueError):
        unpack(b'{"a": 2}\n1234')
