"""Teaching the prior: opt-in, own answers only, and undone when a member leaves. Real database, real files."""

import asyncio
import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from bot import config
from bot.adapters.artefacts import Folder
from bot.adapters.prior import NAME, SHIPPED, Priors, Taught, read, to_bytes
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store, personal_data
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, models, playlists
from bot.adapters.store.sorting.answers import STANDING
from bot.adapters.trainer import Trainer
from bot.cli.doctor import Unwell, _prior
from bot.core.features import SongFeatures
from bot.core.records import Like, Song
from bot.core.sorting.labels import Answer, Kind, Source
from bot.core.sorting.learning.identities import artist_key
from bot.core.sorting.learning.prior import Prior
from bot.flows.account import erase, prior_consent
from bot.flows.sorting.scored_library import ScoredLibraries, ScoredLibrary, known_of
from bot.flows.sorting.train import training_set
from training.__main__ import main
from training.model.from_database import train_member

ADA, BEN, CAM = 1001, 1002, 1003
HELD = 8  # songs in each of a member's three playlists
OWN = {ADA: "ada", BEN: "ben", CAM: "cam"}


def artist(member: int, playlist: int, at: int) -> str:
    """An artist that others have too, or one that only this member has."""
    return f"common {playlist}-{at % 4}" if at % 2 else f"{OWN[member]} {playlist}-{at % 4}"


def library(member: int) -> dict[str, SongFeatures]:
    return {
        f"{OWN[member]}:{playlist}:{at}": SongFeatures(
            {"tempo": 100.0 + 30 * playlist + at},
            {"artists": frozenset({artist(member, playlist, at)})},
            {"tempo": "csv", "artists": "csv"},
        )
        for playlist in range(3)
        for at in range(HELD)
    }


async def known(store: Store, member: int, scored: ScoredLibrary) -> dict[str, SongFeatures]:
    async with store.reading() as tx:
        return {song.song: await known_of(tx, member, scored, song) for song in scored.songs}


async def settle(store: Store, member: int, now: datetime, event: int = 100) -> int:
    """Create a member with a library, three playlists and an answer about every song. Returns the layer."""
    known = library(member)
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        layer = await playlists.ensure_layer(tx, member, "main")
        kept = [await playlists.add(tx, layer, f"P{at}", f"ref{at}", "🎵") for at in range(3)]
        await songs.like(tx, member, [Like(Song(song, song, ("x",)), now) for song in known], now)
        await songs.save_features(tx, member, "csv", known, now)
        for number, song in enumerate(known):
            playlist = kept[int(song.split(":")[1])].playlist
            said = Answer(song, Kind.ONLY, (playlist,), Source.BUTTON, event if event == STANDING else event + number)
            await answers.add(tx, member, layer.layer, said)
    return layer.layer


@pytest.fixture
def folder(tmp_path: Path, store: Store) -> Path:
    """The data folder of the test's store, which has a note of where that is."""
    (tmp_path / "url").write_text(store.url)
    return tmp_path


def url_of(folder: Path) -> str:
    return (folder / "url").read_text()


def env_of(folder: Path) -> dict[str, str]:
    """Without the prior that ships, so that a test sees what its own says."""
    return {"DATA_DIR": str(folder), "DATABASE_URL": url_of(folder), "PRIOR": "off"}


async def pretrain(folder: Path, *arguments: str) -> int:
    return await asyncio.to_thread(main, ["pretrain", "--members", *arguments], env_of(folder))


def prior_of(folder: Path) -> Prior:
    prior = Priors(Folder(folder / "models")).current()
    assert prior is not None
    return prior


def knows(prior: Prior, names: Iterable[str]) -> set[str]:
    return {name for name in names if artist_key(name) in prior.keys}


def all_artists(member: int) -> set[str]:
    return {name for features in library(member).values() for name in features.sets["artists"]}


async def gone(store: Store, folder: Path, member: int) -> None:
    """Erase a member as the bot does, except for jobs: there are none."""
    async with store.writing() as tx:
        await personal_data.erase(tx, member)
    await erase.forget_unused(store)
    await erase.sweep_models(store, Folder(folder / "models"))


@pytest.mark.slow
async def test_only_members_who_opted_in_teach(store: Store, folder: Path, now: datetime) -> None:
    for member in (ADA, BEN, CAM):
        await settle(store, member, now)
    assert await pretrain(folder) == 2
    for member in (ADA, BEN):
        await prior_consent.choose(store, member, True, now)
    assert await pretrain(folder) == 0
    prior = prior_of(folder)
    assert knows(prior, all_artists(ADA)) == all_artists(ADA)
    assert not knows(prior, all_artists(CAM) - all_artists(BEN))
    taught = read(folder / "models" / NAME)
    assert taught is not None
    assert taught.members == 2


async def test_members_who_opt_out_or_are_erased_are_not_in_the_next_prior(
    store: Store, folder: Path, now: datetime
) -> None:
    for member in (ADA, BEN, CAM):
        await settle(store, member, now)
        await prior_consent.choose(store, member, True, now)
    assert await pretrain(folder) == 0
    assert "playlists: 3" in await _prior(settings(folder))
    await prior_consent.choose(store, ADA, False, now)
    with pytest.raises(Unwell, match=r"1 of the members .* python -m training pretrain --members"):
        await _prior(settings(folder))
    await gone(store, folder, BEN)
    with pytest.raises(Unwell, match="2 of the members"):
        await _prior(settings(folder))
    assert await pretrain(folder) == 0
    assert "playlists: 1" in await _prior(settings(folder))
    prior = prior_of(folder)
    assert knows(prior, all_artists(CAM)) == all_artists(CAM)
    assert not knows(prior, (all_artists(ADA) | all_artists(BEN)) - all_artists(CAM))


async def test_existing_songs_and_spotifys_data_teach_nothing(store: Store, now: datetime) -> None:
    await settle(store, ADA, now, event=STANDING)
    await settle(store, BEN, now)
    async with store.writing() as tx:
        await songs.save_features(tx, BEN, "spotify", {"ben:0:0": SongFeatures({}, {"genres": frozenset("x")})}, now)
        await members.change(tx, ADA, teaches=True)
        await members.change(tx, BEN, teaches=True)
        await personal_data.begin_erasure(tx, CAM, now)
    async with store.reading() as tx:
        (lessons,) = await prior_consent.taught_playlists(tx)
    assert lessons.member == BEN
    assert "genres" not in lessons.songs["ben:0:0"].sets
    assert lessons.songs["ben:0:0"].sets["artists"]
    assert sorted(map(len, lessons.playlists.values())) == [HELD] * 3


async def test_a_member_being_erased_teaches_nothing(store: Store, now: datetime) -> None:
    await settle(store, ADA, now)
    await prior_consent.choose(store, ADA, True, now)
    async with store.writing() as tx:
        await personal_data.begin_erasure(tx, ADA, now)
        assert await prior_consent.taught_playlists(tx) == []


async def test_sweeping_and_erasing_keep_the_prior(store: Store, folder: Path, now: datetime) -> None:
    for member in (ADA, BEN):
        await settle(store, member, now)
    await prior_consent.choose(store, ADA, True, now)
    assert await pretrain(folder) == 0
    before = (folder / "models" / NAME).read_bytes()
    await gone(store, folder, BEN)
    assert (folder / "models" / NAME).read_bytes() == before


async def test_scoring_and_training_use_the_prior_except_for_its_teachers(
    store: Store, folder: Path, now: datetime
) -> None:
    layers = {member: await settle(store, member, now) for member in (ADA, BEN)}
    priors = Priors(Folder(folder / "models"))
    libraries = ScoredLibraries(store, Scorer(Folder(folder / "models")), priors)
    fresh = await libraries.of(BEN, layers[BEN])
    assert not any(song.embeddings for song in (await known(store, BEN, fresh)).values())
    await prior_consent.choose(store, ADA, True, now)
    assert await pretrain(folder) == 0
    prior = prior_of(folder)
    told = await libraries.of(BEN, layers[BEN])
    about = await known(store, BEN, told)
    heard = {song for song, features in about.items() if f"company:{prior.version}" in features.embeddings}
    assert heard == {song for song, features in library(BEN).items() if knows(prior, features.sets["artists"])}
    assert not np.allclose(told.projection.rows, fresh.projection.rows)
    assert await libraries.of(BEN, layers[BEN]) is told
    async with store.reading() as tx:
        theirs = await training_set(tx, BEN, layers[BEN], prior)
        own = await training_set(tx, ADA, layers[ADA], prior)
    assert {song for song, features in theirs.songs.items() if features.embeddings} == heard
    assert not any(features.embeddings for features in own.songs.values())
    plain = await known(store, ADA, await libraries.of(ADA, layers[ADA]))
    assert not any(song.embeddings for song in plain.values())


async def test_members_who_taught_a_prior_keep_the_one_that_ships(
    store: Store, folder: Path, tmp_path: Path, now: datetime
) -> None:
    layers = {member: await settle(store, member, now) for member in (ADA, BEN)}
    await prior_consent.choose(store, ADA, True, now)
    assert await pretrain(folder) == 0
    own = prior_of(folder)
    shipped = replace(own, company=-own.company)
    (tmp_path / "shipped.npz").write_bytes(to_bytes(Taught(shipped, 0)))
    both = Priors(Folder(folder / "models"), tmp_path / "shipped.npz")
    libraries = ScoredLibraries(store, Scorer(Folder(folder / "models")), both)
    heard = {
        member: {name for song in (await known(store, member, scored)).values() for name in song.embeddings}
        for member, scored in [(member, await libraries.of(member, layer)) for member, layer in layers.items()]
    }
    assert heard == {
        ADA: {f"company:{shipped.version}"},
        BEN: {f"company:{own.version}", f"company:{shipped.version}"},
    }


@pytest.mark.slow
async def test_a_model_is_trained_with_the_prior_and_without_a_damaged_one(
    store: Store, folder: Path, now: datetime
) -> None:
    layer = await settle(store, BEN, now)
    await settle(store, ADA, now)
    await prior_consent.choose(store, ADA, True, now)
    assert await pretrain(folder) == 0
    version = prior_of(folder).version
    first = await asyncio.to_thread(train_member, BEN, layer, now, env_of(folder))
    (folder / "models" / NAME).write_bytes(b"damaged")
    second = await asyncio.to_thread(train_member, BEN, layer, now, env_of(folder))
    cards = [trained.artefact.card["prior"] for trained in (first, second) if trained.artefact]
    assert cards == [version, None]
    files = Folder(folder / "models")
    scored = await ScoredLibraries(store, Scorer(files), Priors(files)).of(BEN, layer)
    assert scored.scores is not None
    with pytest.raises(Unwell, match="not used"):
        await _prior(settings(folder))


async def test_p35_the_export_says_whether_a_member_teaches(store: Store, now: datetime) -> None:
    await prior_consent.choose(store, ADA, True, now)
    assert b'"teaches": true' in await erase.export(store, ADA)


async def test_the_doctor_names_the_prior_that_ships_unless_it_is_off(folder: Path, store: Store) -> None:
    off, on = await _prior(settings(folder, PRIOR="off")), await _prior(settings(folder))
    assert "pretrain" in off
    assert "is off" in off
    assert "artists from Wikipedia" in on
    assert "members" not in on


@pytest.mark.slow
async def test_training_uses_the_prior_that_ships_unless_it_is_off(store: Store, folder: Path, now: datetime) -> None:
    layer = await settle(store, BEN, now)
    shipped = read(SHIPPED)
    assert shipped is not None
    known = {
        song: replace(features, sets={"artists": frozenset({"The Beatles"})}) for song, features in library(BEN).items()
    }
    async with store.writing() as tx:
        await songs.save_features(tx, BEN, "csv", known, now)
    made_with: list[str | None] = []
    for switched_on in (True, False):
        trainer = Trainer(env_of(folder)["DATABASE_URL"], folder, os.environ, prior=switched_on)
        assert (await trainer.fit(BEN, layer)).published
        await trainer.close()
        async with store.reading() as tx:
            serving = await models.serving(tx, layer)
        made_with.append(serving.card["prior"] if serving else "none serves")
    assert made_with == [shipped.prior.version, None]


def test_a_prior_without_teachers_is_still_a_valid_file(tmp_path: Path) -> None:
    none = np.zeros(0, np.uint32)
    prior = Prior(none, np.zeros((0, 4), np.float16), (), none.astype(np.uint16), none)
    (tmp_path / NAME).write_bytes(to_bytes(Taught(prior, 0)))
    assert read(tmp_path / NAME) is not None


def settings(folder: Path, **more: str) -> config.Settings:
    return config.parse({"DISCORD_TOKEN": "x", "DATA_DIR": str(folder), "DATABASE_URL": url_of(folder), **more})
