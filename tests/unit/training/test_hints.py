"""A playlist's name is a hint where its words are a song's: strong where it holds, gone where labels say otherwise."""

from dataclasses import replace

import numpy as np
import pytest

from bot.adapters.scorer import open_model
from bot.core.features import SongFeatures
from bot.core.sorting.decide import Scores
from bot.core.sorting.learning.dataset import Label, TrainingSet
from bot.core.sorting.learning.hints import NAMED, decade_of, hint_columns, hint_values, named_after, words_of_name
from bot.core.sorting.learning.schema import schema_of
from tests.unit.tastes import labelled, library
from training.dataset import examples_of
from training.model.export import check_parity, to_file
from training.model.fit import fit
from training.model.hints import HINT_LOGIT, SharedWords

NAMES = {1: "Lofi", 2: "Run", 3: "Christmas"}
TITLED = "This Christmas"


def titled(songs: dict[str, SongFeatures], every: int, title: str = TITLED) -> dict[str, SongFeatures]:
    """Every so many-th song gets the title; the others have one of their own."""
    return {
        song: replace(
            features, sets={**features.sets, "title": frozenset({title if at % every == 0 else f"Song {at}"})}
        )
        for at, (song, features) in enumerate(songs.items())
    }


SONGS = titled(library(styles=3, per_style=60), every=8)
CAROLS = [song for song, features in SONGS.items() if TITLED in features.sets["title"]]


def told(carols: int, playlist: int = 3) -> TrainingSet:
    """Four labels for each style but the third, whose playlist holds carols of every sound."""
    plain = labelled(SONGS, [4, 4])
    labels = [label for label in plain.labels if label.song not in CAROLS]
    labels += [Label("2:00001", 3, True, "csv")] + [Label(song, playlist, True, "csv") for song in CAROLS[:carols]]
    return TrainingSet(SONGS, labels, NAMES, several=False, everything=False)


def scored(training: TrainingSet) -> Scores:
    """As served: through the file."""
    return open_model("", to_file(fit(training), {})).score([SONGS[song] for song in CAROLS[6:]])


def test_a_title_with_the_playlists_name_goes_there_whatever_it_sounds_like() -> None:
    scores = scored(told(carols=1))
    assert (scores.probabilities.argmax(axis=1) == 2).mean() > 0.9
    nameless = scored(replace(told(carols=1), playlists={1: "Lofi", 2: "Run", 3: "Elsewhere"}))
    assert (nameless.probabilities.argmax(axis=1) == 2).mean() < 0.7


def test_a_hint_that_labels_contradict_no_longer_counts() -> None:
    believed, refuted = (
        fit(told(carols, playlist)).validation.strengths.max() for carols, playlist in ((1, 3), (4, 1))
    )
    assert believed > 0.8 * HINT_LOGIT
    assert refuted < 0.1 * HINT_LOGIT


def test_without_labels_about_it_a_hint_counts_as_it_usually_does() -> None:
    examples = examples_of(told(0))
    words = SharedWords(np.zeros((len(examples.songs), 1)), np.array([2]), np.array([0.3]))
    strengths = words.strengths(np.full(examples.truth.shape, np.nan), examples)
    assert strengths[0].tolist() == pytest.approx([0, 0, 0.3 * HINT_LOGIT])


@pytest.mark.parametrize("several", [False, True])
def test_the_file_says_what_scikit_learn_says_and_holds_no_words(several: bool) -> None:
    training = replace(told(4), several=several)
    fitted = fit(training)
    assert fitted.schema.hints
    file = to_file(fitted, {})
    assert check_parity(fitted, file, list(SONGS.values())) < 1e-6
    assert b"hristmas" not in file
    assert open_model("", file).schema == fitted.schema


def test_a_title_alone_is_nothing_to_learn_from_and_its_words_have_no_columns() -> None:
    assert not SongFeatures(sets={"title": frozenset({"Rain"})}).known
    plain = {song: replace(features, sets={**features.sets, "title": frozenset()}) for song, features in SONGS.items()}
    assert schema_of(list(SONGS.values())).words == schema_of(list(plain.values())).words


SHELF = [
    SongFeatures({"year": 1984.5}, {"title": frozenset({"Winter Tale"}), "artists": frozenset({"The Team"})}),
    SongFeatures({"year": 1987.0}, {"title": frozenset({"Deep Winter"}), "artists": frozenset({"The Team"})}),
    SongFeatures({"year": 2011.0}, {"title": frozenset({"Other"}), "album": frozenset({"Deep"})}),
    SongFeatures({}, {"title": frozenset({"Rain"})}),
]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Deep winter", [("title", [0.5, 0.5, 0, 0])]),  # only one song's title has "deep": chance
        ("80s_drive", [("decade", [0.5, 0.5, 0, 0])]),
        ("GO! TEAM", [("artists", [1, 1, 0, 0])]),
        ("The best of", []),
        ("🌙", []),
    ],
)
def test_a_column_is_the_share_of_a_name_that_a_song_has(name: str, found: list[tuple[str, list[float]]]) -> None:
    columns = [column for _, column in hint_columns({7: name}, SHELF)]
    block = hint_values(columns, SHELF).T.tolist()
    assert list(zip([column.kind for column in columns], block, strict=True)) == found


def test_a_name_is_split_into_telling_words_and_decades_are_recognised() -> None:
    assert words_of_name("The Best of '90s R&B & Hip_Hop") == ["90s", "hip", "hop", "rnb"]
    assert words_of_name("冬の歌") == ["冬の歌"]
    assert [decade_of(word) for word in ("80s", "1980s", "20s", "2010s", "hits")] == [
        "1980s",
        "1980s",
        "2020s",
        "2010s",
        None,
    ]


@pytest.mark.parametrize(
    ("features", "kind"),
    [
        (SongFeatures({}, {"title": frozenset({"This Christmas"})}), "title"),
        (SongFeatures({}, {"genres": frozenset({"christmas pop"}), "title": frozenset({"Christmas"})}), "tag"),
        (SongFeatures({}, {"title": frozenset({"Christmas on the Run"})}), None),
        (SongFeatures({}, {"title": frozenset({"Rain"})}), None),
    ],
)
def test_a_song_is_named_after_a_playlist_if_it_has_its_words_and_no_others(
    features: SongFeatures, kind: str | None
) -> None:
    assert named_after(NAMES, features) == ((3, NAMED[kind]) if kind else None)


@pytest.mark.parametrize(
    ("name", "genres", "title", "year"),
    [
        ("Lo-Fi", "lo-fi beats", "", 2020),
        ("Lo-Fi", "lofi", "", 2020),
        ("Lo_Fi", "lo-fi beats", "", 2020),
        ("KPop", "k-pop", "", 2020),
        ("K Pop", "k-pop", "", 2020),
        ("R&B", "alternative r&b", "", 2020),
        ("Post-Rock", "post-rock", "", 2020),
        ("Hip-Hop", "hip hop", "", 2020),
        ("Rock'n'Roll", "rock-and-roll", "", 2020),
        ("Rock´n´Roll", "rock-and-roll", "", 2020),
        ("Reggaetón", "reggaeton", "", 2020),
        ("Rock en español", "rock en espanol", "", 2020),
        ("80er", "", "", 1985),
        ("80´s", "", "", 1985),
        ("80`s", "", "", 1985),
        ("Die 80er Jahre", "", "", 1985),
        ("Années 80", "", "", 1985),
        ("Años 80", "", "", 1985),
        ("2010er", "", "", 2014),
        ("Weihnachtslieder", "", "Last Christmas", 1984),
        ("Músicas de Natal", "", "Last Christmas", 1984),
        ("Noël", "", "All I Want for Christmas", 1994),
        ("Xmas", "", "Feliz Navidad", 1970),
    ],
)
def test_a_name_finds_its_songs_in_other_spellings_and_languages(name: str, genres: str, title: str, year: int) -> None:
    song = SongFeatures({"year": float(year)}, {"genres": frozenset({genres}), "title": frozenset({title})})
    assert named_after({1: name, 2: "Elsewhere"}, song) is not None


@pytest.mark.parametrize("name", ["K-Pop", "Noel", "Natalie", "100er", "80 Days"])
def test_a_name_finds_no_songs_that_only_look_like_it(name: str) -> None:
    song = SongFeatures({"year": 1985.0}, {"genres": frozenset({"pop"}), "title": frozenset({"Noël Coward, 80"})})
    assert named_after({1: name, 2: "Elsewhere"}, song) is None


def test_a_song_is_named_after_its_decade_only_by_a_name_that_is_nothing_else() -> None:
    song = SongFeatures({"year": 1984.0})
    assert named_after({1: "80s", 2: "Lofi"}, song) == (1, NAMED["decade"])
    assert named_after({1: "80s drive", 2: "Lofi"}, song) is None
