"""The prior: its file is verified before use, it helps people it never saw, and the command line reports that."""

import io
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from bot.adapters.artefacts import Folder
from bot.adapters.prior import NAME, SHIPPED, Priors, Taught, read, standing, to_bytes
from bot.core.features import SongFeatures
from bot.core.sorting.learning.identities import artist_key
from bot.core.sorting.learning.prior import Prior, versions_in, with_prior
from bot.errors import PriorCorrupt
from tests.unit.tastes import labelled, library, style_of
from tests.unit.training.commands import run, write_csv
from training.evaluation.people import Person
from training.model.fit import fit
from training.model.publish import served_from, train
from training.pretrain import _embedded
from training.prior_teachers import check, is_worse, learn

STYLES = 4
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def made(name: str, seed: int, styles: int = STYLES, per_style: int = 60) -> Person:
    """A person with a playlist for each style; all people share artists, but not songs."""
    songs = {f"{name}/{song}": features for song, features in library(styles, per_style, seed).items()}
    held: dict[str, set[str]] = {}
    for song in songs:
        held.setdefault(f"Mood {style_of(song.partition('/')[2])}", set()).add(song)
    return Person(name, songs, {mood: frozenset(members) for mood, members in held.items()})


ADA, BOB, CAT = made("ada", 1), made("bob", 2), made("cat", 3)
PRIOR = learn([ADA, BOB, CAT])
FILE = to_bytes(Taught(PRIOR, 2))


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


# ------------------------------------------------------------------ the file
def test_a_prior_round_trips_through_its_file(tmp_path: Path) -> None:
    taught = read(put(tmp_path / NAME, FILE))
    assert taught is not None
    assert (taught.prior.version, taught.prior.words, taught.members) == (PRIOR.version, PRIOR.words, 2)
    assert to_bytes(taught) == FILE
    assert read(tmp_path / "none.npz") is None


class Trap:
    """An object whose unpickling makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_p30_a_prior_that_holds_a_pickle_is_refused_and_nothing_runs(tmp_path: Path) -> None:
    arrays, file = dict(np.load(io.BytesIO(FILE))), io.BytesIO()
    np.savez(file, **(arrays | {"company": np.array([Trap(tmp_path / "sprung")], object)}))
    with pytest.raises(PriorCorrupt, match="allow_pickle"):
        read(put(tmp_path / NAME, file.getvalue()))
    assert not (tmp_path / "sprung").exists()


@given(at=st.integers(0, len(FILE) - 1), bit=st.integers(0, 7))
def test_p28_a_flipped_bit_is_refused_or_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, at: int, bit: int
) -> None:
    content = bytearray(FILE)
    content[at] ^= 1 << bit
    path = put(tmp_path_factory.getbasetemp() / "flipped.npz", bytes(content))
    try:
        taught = read(path)
    except PriorCorrupt:
        return
    assert taught is not None
    assert to_bytes(taught) == FILE


def _npz(**changed: object) -> bytes:

    arrays = dict(np.load(io.BytesIO(FILE))) | changed
    out = io.BytesIO()
    np.savez(out, **{name: value for name, value in arrays.items() if value is not None})  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        FILE[:-40],
        _npz(version="0" * 16),
        _npz(format=1),
        _npz(words=None),
        _npz(keys=PRIOR.keys[::-1].copy()),
        _npz(company=PRIOR.company[:-1]),
        _npz(company=PRIOR.company.astype(np.float32)),
        _npz(company=np.full_like(PRIOR.company, np.nan)),
        _npz(tagged=PRIOR.tagged + np.uint16(9_999)),
        _npz(ends=PRIOR.ends + np.uint32(1)),
        _npz(keys=np.array([{"a": 1}], object)),
    ],
)
def test_p28_a_malformed_or_foreign_prior_is_refused(tmp_path: Path, content: bytes) -> None:
    path = put(tmp_path / NAME, content)
    with pytest.raises(PriorCorrupt):
        read(path)
    assert Priors(Folder(tmp_path)).current() is None


def test_p28_a_compressed_prior_a_link_and_a_folder_are_refused(tmp_path: Path) -> None:

    packed = io.BytesIO()
    np.savez_compressed(packed, **np.load(io.BytesIO(FILE)))
    (tmp_path / "link.npz").symlink_to(put(tmp_path / "real.npz", FILE))
    (tmp_path / "folder.npz").mkdir()
    put(tmp_path / "packed.npz", packed.getvalue())
    for name in ("link", "folder", "packed"):
        with pytest.raises(PriorCorrupt):
            read(tmp_path / f"{name}.npz")


def test_an_embedding_depends_on_no_order_and_is_zero_for_who_shares_no_main_direction() -> None:
    rng = np.random.default_rng(0)
    matrix = np.zeros((62, 62))
    matrix[:60, :60] = np.abs(rng.normal(size=(60, 60)))
    matrix[60, 61] = 1e-3
    matrix += matrix.T
    rows = _embedded(sparse.csr_matrix(matrix))
    for order in (rng.permutation(62) for _ in range(3)):
        assert np.allclose(_embedded(sparse.csr_matrix(matrix[order][:, order])), rows[order], atol=1e-4)
    assert np.allclose(np.linalg.norm(rows[:60], axis=1), 1)
    assert not rows[60:].any()


def test_a_prior_is_read_again_only_when_its_file_changes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    priors = Priors(Folder(tmp_path))
    assert priors.current() is None
    put(tmp_path / NAME, FILE)
    first = priors.current()
    assert first is not None
    assert priors.current() is first
    put(tmp_path / NAME, FILE[:-1])
    assert [priors.current(), priors.current()] == [None, None]
    assert len(caplog.records) == 1
    other = learn([ADA, BOB])
    put(tmp_path / NAME, to_bytes(Taught(other, 0)))
    current = priors.current()
    assert current is not None
    assert current.version == other.version
    (tmp_path / NAME).unlink()
    assert priors.current() is None


# ------------------------------------------------------------------ the one that ships
def test_the_prior_that_ships_is_the_one_its_card_describes() -> None:
    taught, card = read(SHIPPED), SHIPPED.with_suffix(".md").read_text(encoding="utf-8")
    assert taught is not None
    assert taught.members == 0
    assert f"{SHIPPED.stat().st_size:,} bytes, prior version `{taught.prior.version}`" in card
    assert SHIPPED.stat().st_size < 6 * 10**6
    names = ("Pearl Jam", "Soundgarden", "Dolly Parton")
    songs = taught.prior.augmented([SongFeatures({}, {"artists": frozenset({name})}) for name in names])
    one, near, far = (song.embeddings[f"company:{taught.prior.version}"] for song in songs)
    assert one @ near > one @ far + 0.3
    assert "grunge" in songs[1].sets["genres"]


def test_an_operators_prior_stands_on_the_one_that_ships(tmp_path: Path) -> None:
    shipped, own = put(tmp_path / "shipped.npz", FILE), learn([ADA, BOB])
    priors = Priors(Folder(tmp_path), shipped)
    alone = priors.current()
    assert alone is not None
    assert alone.versions == (PRIOR.version,)
    assert priors.current() is alone
    put(tmp_path / NAME, to_bytes(Taught(own, 1)))
    both = priors.current()
    assert both is not None
    assert both.versions == (own.version, PRIOR.version)
    put(tmp_path / NAME, FILE)
    same = priors.current()
    assert same is not None
    assert same.versions == (PRIOR.version,), "a copy of the shipped one isn't told twice"
    put(tmp_path / NAME, FILE[:-1])
    again = priors.current()
    assert again is not None
    assert again.versions == (PRIOR.version,), "a damaged one of the operator's counts as none"
    assert Priors(Folder(tmp_path)).current() is None


def test_both_priors_tell_their_company_and_the_operators_words_come_first() -> None:
    def prior(words: dict[str, str], seed: int) -> Prior:
        keys = np.array(sorted(map(artist_key, words)), np.uint32)
        said = {artist_key(artist): word for artist, word in words.items()}
        known = tuple(sorted(set(words.values())))
        tagged = np.array([known.index(said[int(key)]) for key in keys], np.uint16)
        company = np.random.default_rng(seed).normal(size=(len(keys), 3)).astype(np.float16)
        return Prior(keys, company, known, tagged, np.arange(1, len(keys) + 1, dtype=np.uint32))

    both = standing(prior({"Ann": "soul"}, 1), prior({"Ann": "jazz", "Bea": "folk"}, 2))
    assert both is not None
    names = ("Ann", "Bea", "Cy")
    ann, bea, cy = both.augmented([SongFeatures({}, {"artists": frozenset({name})}) for name in names])
    assert [song.sets.get("genres") for song in (ann, bea, cy)] == [{"soul"}, {"folk"}, None]
    assert [len(song.embeddings) for song in (ann, bea, cy)] == [2, 1, 0]
    assert (ann.provenance["genres"], bea.provenance["genres"]) == tuple(
        f"{source}:{version}" for source, version in zip(("prior", "wikipedia"), both.versions, strict=True)
    )
    assert versions_in([*ann.provenance.values(), "csv"]) == sorted(both.versions)


# ------------------------------------------------------------------ what it does
def test_the_order_of_the_corpora_does_not_matter() -> None:
    assert learn([CAT, ADA, BOB]).version == PRIOR.version


def test_artists_who_share_playlists_are_close() -> None:
    def company(artist: str) -> np.ndarray:
        song = SongFeatures({}, {"artists": frozenset({artist})})
        return PRIOR.augmented([song])[0].embeddings[f"company:{PRIOR.version}"]

    near = company("artist 0-1") @ company("artist 0-2")
    assert near > company("artist 0-1") @ company("artist 1-2") + 0.3


def test_the_prior_knows_an_artist_by_any_way_to_write_the_name() -> None:
    songs = [SongFeatures({}, {"artists": frozenset({name})}) for name in ("artist 0-1", "The Artist 0-1 feat. Eve")]
    plain, other = PRIOR.augmented(songs)
    assert plain.embeddings
    assert np.array_equal(*(song.embeddings[f"company:{PRIOR.version}"] for song in (plain, other)))


def _deaf(songs: Mapping[str, SongFeatures]) -> dict[str, SongFeatures]:
    return {
        name: SongFeatures({}, {"artists": song.sets["artists"]}, {"artists": "csv"}) for name, song in songs.items()
    }


def _right(prior: Prior | None) -> float:
    songs = _deaf(library(STYLES, 60, seed=9))
    training = replace(labelled(songs, [4] * STYLES), songs=songs)
    fitted = fit(training, prior)
    told = list(with_prior(prior, songs).values())
    guess = fitted.pipeline.predict_proba(fitted.schema.vectors(told)).argmax(axis=1)
    return float(
        np.mean([style_of(song) == fitted.examples.classes[at] for song, at in zip(songs, guess, strict=True)])
    )


def test_the_prior_helps_a_person_it_never_saw() -> None:
    assert _right(PRIOR) > _right(None) + 0.2


def test_a_model_records_its_prior() -> None:
    training = labelled(library(STYLES, 40), [8] * STYLES)
    fresh = train(training, None, NOW).artefact
    told = train(replace(training, songs=with_prior(PRIOR, training.songs)), None, NOW).artefact
    assert fresh is not None
    assert told is not None
    assert (fresh.card["prior"], told.card["prior"]) == (None, PRIOR.version)


def test_a_model_trained_with_another_prior_still_works(tmp_path: Path) -> None:
    training, other = labelled(library(STYLES, 40), [8] * STYLES), learn([ADA, BOB])
    artefact = train(replace(training, songs=with_prior(PRIOR, training.songs)), None, NOW).artefact
    assert artefact is not None
    artefact.save(Folder(tmp_path))
    served = served_from(Folder(tmp_path), artefact.digest)
    assert served is not None
    for prior in (None, other):
        probabilities = served.model.score(list(with_prior(prior, training.songs).values())).probabilities
        assert np.isfinite(probabilities).all()


@pytest.mark.soak
def test_a_check_distinguishes_help_from_harm() -> None:
    checks = check([ADA, BOB, CAT], jobs=1)
    assert [row["n"] for row in checks] == [1, 5]
    assert not is_worse(checks)


def test_a_check_rejects_a_prior_that_certainly_costs_accuracy() -> None:
    assert not is_worse([{"n": 1, "mean": -0.1, "members": [-0.2, 0.01]}])
    assert is_worse([{"n": 1, "mean": -0.1, "members": [-0.2, -0.01]}])
    assert check([ADA], jobs=1) == []


# ------------------------------------------------------------------ the command line
def _corpus(folder: Path, person: Person) -> Path:
    lines = [
        [song, name, ";".join(person.songs[song].sets["artists"]), person.songs[song].numbers.get("tempo", "")]
        for name, held in person.playlists.items()
        for song in sorted(held)
    ]
    return write_csv(folder / f"{person.name}.csv", [["track_id", "playlist", "artists", "tempo"], *lines])


@pytest.mark.slow
def test_pretrain_reports_what_it_learned_and_fit_predict_and_next_use_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models, files = tmp_path / "models", [_corpus(tmp_path, person) for person in (ADA, BOB)]
    mine = _corpus(tmp_path, CAT)
    titles = ["playlist", "track_id", "verdict"]
    told = [[name, song, "yes"] for name, held in CAT.playlists.items() for song in sorted(held)[:6]]
    labels = write_csv(tmp_path / "labels.csv", [titles, *told])
    assert run("pretrain", *files, "--out", models / NAME) == 0
    assert f"2 people, 8 playlists, {12 * STYLES} artists" in capsys.readouterr().out
    assert run("fit", "--library", mine, "--labels", labels, "--out", models) == 0
    (card,) = models.glob("*[0-9a-f].onnx")
    capsys.readouterr()
    assert run("inspect", card) == 0
    made_with = read(models / NAME)
    assert made_with is not None
    assert f'"prior": "{made_with.prior.version}"' in capsys.readouterr().out
    for verb in (("predict", "--out", tmp_path / "scores.csv"), ("next", "--labels", labels)):
        assert run(*verb, "--models", models, "--library", mine) == 0
        assert capsys.readouterr().err == ""
    (models / NAME).rename(tmp_path / "moved.npz")
    assert run("next", "--labels", labels, "--models", models, "--library", mine) == 0
    said = capsys.readouterr().err
    assert made_with.prior.version in said
    assert len(said.splitlines()) == 1
    arguments = ("next", "--labels", labels, "--models", models, "--library", mine, "--prior")
    assert run(*arguments, tmp_path / "moved.npz") == 0
    assert capsys.readouterr().err == ""
    assert run(*arguments, tmp_path / "nowhere.npz") == 2
    assert run(*arguments, put(tmp_path / "bad.npz", FILE[:-1])) == 1


def test_pretrain_puts_the_prior_where_the_bot_looks(tmp_path: Path) -> None:
    env = {"DATA_DIR": str(tmp_path / "data")}
    assert run("pretrain", _corpus(tmp_path, ADA), _corpus(tmp_path, BOB), env=env) == 0
    current = Priors(Folder(tmp_path / "data" / "models")).current()
    assert current is not None
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["models"]


def test_pretrain_without_data_exits_with_a_code_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = {"DATA_DIR": str(tmp_path / "data")}
    plain = write_csv(tmp_path / "plain.csv", [["track_id", "artists"], ["1", "x"]])
    short = write_csv(tmp_path / "short.csv", [["track_id", "playlist", "artists"], ["1", "a", "x"], ["2", "a", "y"]])
    ada = _corpus(tmp_path, ADA)
    for arguments, said in (
        ((), "nobody to learn from"),
        ((tmp_path / "missing.csv",), "cannot be read"),
        ((plain,), "columns for the song and its playlist"),
        ((short,), "nothing to learn"),
        ((ada, ada), "two files are named ada"),
        (("--members",), "no database there"),
    ):
        assert run("pretrain", *arguments, "--out", tmp_path / NAME, env=env) == 2
        error = capsys.readouterr().err
        assert said in error
        assert len(error.splitlines()) == 1
        assert not (tmp_path / NAME).exists()


def test_the_priors_version_is_found_among_the_sources() -> None:
    assert versions_in({"csv": 3, "prior:abc": 1, "wikipedia:aaa": 2}) == ["aaa", "abc"]
    assert versions_in(["csv", "priority"]) == []


def _contrary(name: str, seed: int) -> Person:
    """A person whose short playlists mix what others keep apart: one artist from each style."""
    person, held = made(name, seed), {}
    for song, features in person.songs.items():
        (artist,) = features.sets["artists"]
        held.setdefault(f"Mix {artist.partition('-')[2]}", []).append(song)
    return replace(person, playlists={mix: frozenset(songs[:29]) for mix, songs in held.items()})


@pytest.mark.soak
def test_a_harmful_prior_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [_corpus(tmp_path, person) for person in (ADA, *(_contrary(f"c{at}", at) for at in range(10, 16)))]
    put(tmp_path / NAME, FILE)
    assert run("pretrain", *files, "--check", "--jobs", 1, "--out", tmp_path / NAME) == 3
    assert "kept the previous one" in capsys.readouterr().out
    assert (tmp_path / NAME).read_bytes() == FILE
