"""Features and schema: rows become songs, and songs become vectors, even with values missing."""

import csv
import gzip
import io
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.audio.analysis.features import FEATURES
from bot.core.features import RefusedProvenance, SongFeatures, features_heard
from bot.core.library.tables import Row, Table, features_of, field_of
from bot.core.sorting.learning.columns import BUCKETS, RADIAL_BASES, WEIGHTS, keys_of, words_of
from bot.core.sorting.learning.hints import hint_columns, words_of_name
from bot.core.sorting.learning.identities import key_of
from bot.core.sorting.learning.schema import BUILT_IN, MOST_WORDS, Schema, Survey, schema_of
from bot.core.sorting.learning.text import encoder

EXPORTIFY_ROW = {
    "Track URI": "spotify:track:4N42ow0h4JoK68OQwOzsQn",
    "Track Name": "Love Will Tear Us Apart",
    "Album Name": "Substance, 1988",
    "Artist Name(s)": "Joy Division;New Order",
    "Release Date": "1988-07-11",
    "Duration (ms)": "206226",
    "Popularity": "39",
    "Explicit": "false",
    "Added At": "2012-06-21T16:49:35Z",
    "Genres": "post-punk,gothic rock",
    "Tempo": "146.849",
    "Key": "2",
    "Energy": "",
}
PLAIN_ROW = {
    "track_id": "4N42ow0h4JoK68OQwOzsQn",
    "title": "Love Will Tear Us Apart",
    "album": "Substance, 1988",
    "artists": "Joy Division;New Order",
    "release_date": "1988-07-11",
    "duration_ms": "206226.0",
    "popularity": "39",
    "explicit": "false",
    "genres": "post-punk,gothic rock",
    "added_at": "2012-06-21",
    "tempo": "146.849",
}


def features_from_row(row: Mapping[str, str], source: str, sets: Collection[str] = ()) -> SongFeatures:
    """The features from a table's only row."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([row.keys(), row.values()])
    (only,) = Table(text.getvalue().encode())
    assert isinstance(only, Row)
    return features_of(only, source, sets)


def test_exportifys_headers_and_the_plain_ones_give_the_same_song() -> None:
    song = features_from_row(EXPORTIFY_ROW, "csv:2026-11-22")
    assert song == features_from_row(PLAIN_ROW, "csv:2026-11-22")
    dates = {"year": pytest.approx(1988.53, abs=0.01), "liked": pytest.approx(2012.47, abs=0.01)}
    assert song.numbers == {**dates, "duration": 206.226, "popularity": 39, "explicit": 0, "tempo": 146.849}
    assert song.sets["artists"] == {"Joy Division", "New Order"}
    assert song.sets["album"] == {"Substance, 1988"}
    assert set(song.provenance.values()) == {"csv:2026-11-22"}
    assert set(song.provenance) == set(song.numbers) | set(song.sets)


def test_any_numeric_column_is_a_feature_and_any_declared_one_a_set() -> None:
    row = {"track_id": "x", "mfcc_1": "-3.5", "Mood": "calm, night", "note": "lovely", "pulse": "nan"}
    song = features_from_row(row, "bot-audio", sets={"mood"})
    assert song.numbers == {"mfcc_1": -3.5}
    assert song.sets == {"mood": {"calm", "night"}}


def test_headers_are_recognised_in_any_spelling() -> None:
    assert field_of("Artist Name(s)") == field_of("artists") == field_of("artistName") == "artists"
    assert field_of(" Duration (ms) ") == field_of("duration_ms")
    assert field_of("Album Release Date") == field_of("release_date") == "year"


NAMES = ("rock", "Hard rock", "The love", "Love, The", "love", "night city", "Night", "winter")
texts = st.text(alphabet="ab -'é", max_size=6)
songs = st.builds(
    SongFeatures,
    st.dictionaries(
        st.sampled_from(["year", "tempo", "energy", "mfcc_1", "pulse"]),
        st.floats(allow_nan=True, allow_infinity=True, width=32),
    ),
    st.dictionaries(st.sampled_from(["genres", "artists", "album", "mood"]), st.frozensets(texts, max_size=3)),
)


@settings(max_examples=40, deadline=None)
@given(library=st.lists(songs, max_size=8), stranger=songs)
def test_vectors_have_the_schemas_width_and_only_finite_values(
    library: list[SongFeatures], stranger: SongFeatures
) -> None:
    schema = schema_of(library)
    vectors = schema.vectors([*library, stranger, SongFeatures()])
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(library) + 2, schema.width)
    assert np.isfinite(vectors).all()


@settings(max_examples=40, deadline=None)
@given(library=st.lists(songs, max_size=8), seed=st.randoms())
def test_the_order_of_a_library_does_not_affect_its_schema(library: list[SongFeatures], seed: object) -> None:
    mixed = list(library)
    seed.shuffle(mixed)  # type: ignore[attr-defined]
    assert schema_of(mixed).version == schema_of(library).version


@pytest.mark.parametrize("same", [0.1, 0.5, 0.1234567])
def test_a_number_that_is_the_same_for_all_songs_puts_no_other_song_far_off(same: float) -> None:
    library = [SongFeatures({"pulse": same})] * 100
    vectors = schema_of(library).vectors([*library, SongFeatures({"pulse": same * 1.1})])
    assert np.abs(vectors).max() < WEIGHTS["number"]


def test_a_zero_has_no_sign_in_a_schema() -> None:
    zeros = [SongFeatures({"pulse": zero}) for zero in (0.0, -0.0)]
    assert schema_of(zeros[:1]).version == schema_of(zeros[1:]).version


def test_a_library_looked_at_in_parts_has_the_schema_of_the_whole() -> None:
    songs = [
        SongFeatures(
            {"energy": at / 50, "brightness": float(at)},
            {
                "artists": frozenset({f"Artist {at % 7}"}),
                "genres": frozenset({f"rock {at % 3}"}),
                "title": frozenset({"a"}),
            },
            embeddings={"musicnn": np.ones(3 + at % 2, np.float32)},
        )
        for at in range(50)
    ]
    survey = Survey()
    for at in range(0, len(songs), 7):
        survey.add(songs[at : at + 7])
    assert survey.schema() == schema_of(songs)
    assert survey.schema() != schema_of(songs[:7])
    with pytest.raises(RefusedProvenance):
        survey.add([SongFeatures({"energy": 1.0}, provenance={"energy": "spotify"})])


@settings(max_examples=40, deadline=None)
@given(library=st.lists(songs, max_size=8))
def test_a_schema_round_trips_as_json(library: list[SongFeatures]) -> None:
    schema = schema_of(library)
    assert Schema.from_json(schema.to_json()) == schema


varied = st.builds(
    SongFeatures,
    st.dictionaries(st.sampled_from(["year", "liked", "pulse"]), st.floats(1990, 2030)),
    st.dictionaries(
        st.sampled_from(["genres", "artists", "album", "title"]),
        st.frozensets(st.sampled_from(NAMES), min_size=1, max_size=4),
    ),
    st.just({}),
    st.dictionaries(st.just("ears"), st.sampled_from([np.arange(4, dtype=np.float32), np.ones(3, np.float32)])),
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(library=st.lists(varied, min_size=4, max_size=12))
def test_one_song_and_many_give_the_same_vectors(library: list[SongFeatures]) -> None:
    schema = replace(
        schema_of(library), hints=tuple(column for _, column in hint_columns({1: "90s Rock Love"}, library))
    )
    alone = np.vstack([schema.vectors([song]) for song in library])
    assert np.array_equal(alone, schema.vectors(library))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(library=st.lists(varied, min_size=4, max_size=12))
def test_vectors_say_what_a_song_is_written_out_by_hand(library: list[SongFeatures]) -> None:
    schema = with_hints(library)
    assert np.allclose(schema.vectors(library), [by_hand(schema, song) for song in library], rtol=0, atol=1e-6)


def with_hints(library: list[SongFeatures]) -> Schema:
    columns = hint_columns({1: "1990s Rock Love", 2: "The night"}, library)
    return replace(schema_of(library), hints=tuple(column for _, column in columns))


def by_hand(schema: Schema, song: SongFeatures) -> list[float]:
    """The vector of one song, column by column: trained models hold for these columns and no others."""
    known, spans = [song.numbers.get(number.name) for number in schema.numbers], []
    for number, value in zip(schema.numbers, known, strict=True):
        away = 0.0 if value is None else (value - number.centre) / number.scale
        spans.append(0.35 * number.weight * max(-3.0, min(3.0, away)))
    spans += [0.25 * (value is None) for value in known]
    for number in schema.numbers:
        for width, gap, first, weight in RADIAL_BASES.get(number.name, ()):
            date = song.numbers.get(number.name, math.inf)
            near = [math.exp(-(((date - at) / width) ** 2) / 2) for at in np.arange(first, 2030.0, gap)]
            spans += [weight * value for value in unit(near)]
    for words in schema.words:
        has = words_of(song.sets.get(words.name, ()))
        said = unit([rarity * (word in has) for word, rarity in zip(words.tokens, words.rarities, strict=True)])
        spans += [*(2.1 * value for value in said), 0.25 * (not any(said))]
    for identity in schema.identities:
        keys, size = keys_of(identity.name, song), BUCKETS[identity.name]
        buckets = [0.0] * size
        for key in keys:
            buckets[key // 2 % size] += (1 if key % 2 else -1) * WEIGHTS[identity.name] / math.sqrt(len(keys))
        counts = dict(zip(identity.keys, identity.counts, strict=True))
        spans += [*buckets, 0.9 * math.log1p(max((counts.get(key, 1) for key in keys), default=0))]
    for embedding in schema.embeddings:
        vector = song.embeddings.get(embedding.name, ())
        heard = unit(list(vector) if len(vector) == embedding.size else [0.0] * embedding.size)
        spans += [*(2.0 * value for value in heard), 0.25 * (not any(heard))]
    for name in schema.texts:
        tokens, vectors = encoder().tokens, encoder().vectors
        text = " ".join(sorted(song.sets.get(name, ()))).casefold().replace(",", "")
        found = [tokens["▁" + word] for word in text.split()]
        about = unit(vectors[found].sum(axis=0, dtype=np.float64).tolist())
        spans += [*(1.2 * value for value in about), 0.25 * (not any(about))]
    for hint in schema.hints:
        said = {key_of(word) for text in song.sets.get(hint.kind, ()) for word in words_of_name(text)}
        decade = {key_of(f"{int(song.numbers.get('year', 0) // 10)}0s")}
        spans.append(len(set(hint.keys) & (decade if hint.kind == "decade" else said)) / hint.words)
    return spans


def unit(values: list[float]) -> list[float]:
    length = max(math.hypot(*values), 1e-9)
    return [value / length for value in values]


def test_a_version_changes_with_the_definition() -> None:
    library = [SongFeatures({"tempo": 100.0 + at, "pulse": at / 10}) for at in range(10)]
    wider = [*library, SongFeatures({"loudness": -8.0})]
    assert schema_of(library).version != schema_of(wider).version
    assert schema_of(library).version != schema_of([SongFeatures({"tempo": 100.0, "pulse": 7.0})]).version


def test_built_in_numbers_keep_their_scale_whatever_the_library() -> None:
    one = schema_of([SongFeatures({"tempo": 60.0})]).numbers
    other = schema_of([SongFeatures({"tempo": 180.0})]).numbers
    assert one == other


def test_missing_or_impossible_values_become_the_centre_and_are_marked() -> None:
    schema = schema_of([SongFeatures({"energy": 0.2}), SongFeatures({"energy": 0.9})])
    missing, impossible, present = schema.vectors(
        [SongFeatures(), SongFeatures({"energy": -99.0}), SongFeatures({"energy": 0.9})]
    )
    assert missing[0] == impossible[0] == 0
    assert missing[1] == impossible[1] > 0
    assert present[1] == 0


def test_an_outlier_is_clipped() -> None:
    schema = schema_of([SongFeatures({"duration": 200.0})])
    long, longer = schema.vectors([SongFeatures({"duration": 3_000.0}), SongFeatures({"duration": 30_000.0})])
    assert np.array_equal(long, longer)


def test_common_words_get_a_column_and_the_vocabulary_is_bounded() -> None:
    assert words_of({"Gothic Rock", " rock "}) == {"gothic rock", "gothic", "rock"}
    library = [SongFeatures({}, {"genres": frozenset({f"g{at}", f"g{at + 1}"})}) for at in range(2 * MOST_WORDS)]
    (words,) = schema_of(library).words
    assert len(words.tokens) == MOST_WORDS


def test_songs_by_the_same_artist_are_closer() -> None:
    names = ("Joy Division", "The  joy division feat. Ian", "Nina Simone")
    songs = [SongFeatures({}, {"artists": frozenset({name})}) for name in names]
    one, same, other = replace(schema_of(songs), texts=()).vectors(songs)[:, :-1]
    assert one @ same > 0
    assert one @ other == 0


def test_an_artists_number_of_songs_is_a_feature() -> None:
    songs = [SongFeatures({}, {"artists": frozenset({"Joy Division"})})] * 5
    stranger = SongFeatures({}, {"artists": frozenset({"Nina Simone"})})
    often, once = replace(schema_of(songs), texts=()).vectors([songs[0], stranger])[:, -1]
    assert often > once > 0


def test_titles_in_one_language_or_about_one_thing_are_closer() -> None:
    titles = ("Über den Wolken", "Du hast den Farbfilm vergessen", "This Christmas", "Merry Xmas Santa", "💔")
    songs = [SongFeatures({}, {"title": frozenset({title}), "artists": frozenset({"A"})}) for title in titles]
    german, too, christmas, also, wordless = schema_of(songs).vectors(songs)
    assert german @ too > german @ christmas
    assert christmas @ also > christmas @ german
    assert np.isfinite(wordless).all()


def test_close_years_are_similar_and_distant_ones_are_not() -> None:
    years = [1988.5, 1989.0, 2005.0]
    one, near, far = schema_of([SongFeatures({"year": year}) for year in years]).vectors(
        [SongFeatures({"year": year}) for year in years]
    )
    assert one @ near > one @ far


def test_a_vector_of_another_version_counts_as_missing() -> None:
    songs = [SongFeatures(embeddings={"ears": np.ones(size, np.float32)}) for size in (3, 2, 3)]
    schema = schema_of(songs)
    assert schema == schema_of(songs[::-1])
    assert [(embedding.name, embedding.size) for embedding in schema.embeddings] == [("ears", 3)]
    assert schema.vectors(songs)[:, -1].astype(bool).tolist() == [False, True, False]


def test_an_embedding_is_compared_by_direction_and_may_be_missing() -> None:
    short, long = (SongFeatures(embeddings={"ears": np.array([size, 0], np.float32)}) for size in (1.0, 9.0))
    one, other, missing = schema_of([short]).vectors([short, long, SongFeatures()])
    assert np.allclose(one, other)
    assert missing[:2].any() == 0
    assert missing[-1] > 0


def test_the_schema_contains_no_names() -> None:
    schema = schema_of([features_from_row(PLAIN_ROW, "csv")] * 3)
    assert "joy" not in schema.to_json().lower()


def test_spotifys_content_never_becomes_a_vector() -> None:
    theirs = SongFeatures({"tempo": 120.0}, provenance={"tempo": "spotify:audio-features"})
    with pytest.raises(RefusedProvenance):
        schema_of([theirs])
    with pytest.raises(RefusedProvenance):
        schema_of([SongFeatures({"tempo": 120.0})]).vectors([theirs])


@pytest.mark.parametrize(
    "spoil", [{"format": 99}, {"layout": [{}, [], 3.0, {}]}, {"numbers": [["tempo"]]}, {"words": 1}]
)
def test_a_schema_in_another_format_is_rejected(spoil: dict[str, object]) -> None:
    definition = json.loads(schema_of([SongFeatures({"tempo": 120.0})]).to_json())
    with pytest.raises(ValueError, match="schema"):
        Schema.from_json(json.dumps({**definition, **spoil}, sort_keys=True, separators=(",", ":")))


def test_a_real_library_becomes_vectors(shared: Path) -> None:
    rows = Table(gzip.decompress((shared / "data/libraries/library-d.csv.gz").read_bytes()))
    songs = [features_of(row, "csv") for row in rows if isinstance(row, Row)]
    schema = schema_of(songs)
    assert schema.name == "exportify"
    assert {number.name for number in schema.numbers} >= {"year", "duration", "tempo", "energy"}
    assert np.isfinite(schema.vectors(songs)).all()


def test_a_model_uses_audio_numbers_and_one_vector() -> None:
    vectors = {"musicnn": np.ones(200, np.float32), "chroma": np.ones(12, np.float32)}
    features = features_heard({"tempo": 120.0, "tag: rock": 0.9}, vectors)
    assert features.numbers == {"tempo": 120.0}
    assert set(features.embeddings) == {"musicnn"}


def test_audio_feature_names_mean_the_same_in_a_members_table() -> None:
    alike = {"duration", "tempo", "mode", "loudness", "tempo_folded"}  # in the same units
    assert {feature.name for feature in FEATURES} & set(BUILT_IN) <= alike
