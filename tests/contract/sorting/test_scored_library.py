"""What a cached library keeps of its songs: large ones mustn't fill the memory. Real store."""

import gc
from datetime import datetime
from pathlib import Path

import pytest

from bot.adapters.artefacts import Folder
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import playlists
from bot.core.features import SongFeatures
from bot.core.sorting.learning.active_learning import DIMENSIONS
from bot.core.sorting.learning.schema import schema_of
from bot.flows.library import imports
from bot.flows.sorting.scored_library import SONG_BYTES, ScoredLibraries, known_of

ADA, SONGS = 1001, 300
ROWS = [
    f"spotify:track:{at:022d},Song {at},Artist {at % 30},Album {at % 90},2001,{60 + at % 90}" for at in range(SONGS)
]
FILE = "\n".join(["Track URI,Track Name,Artist Name(s),Album Name,Release Date,Tempo", *ROWS]).encode()


@pytest.fixture
async def layer(store: Store, now: datetime) -> int:
    await imports.import_file(store, ADA, "liked.csv", FILE, now)
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        return (await playlists.ensure_layer(tx, ADA, "main")).layer


async def test_before_there_is_a_model_a_library_keeps_few_numbers_of_each_song(
    store: Store, layer: int, tmp_path: Path
) -> None:
    scored = await ScoredLibraries(store, Scorer(Folder(tmp_path))).of(ADA, layer)
    async with store.reading() as tx:
        known = await songs.features(tx, ADA, scored.songs)
        assert (await known_of(tx, ADA, scored, scored.songs[7])).numbers == known[scored.songs[7].song].numbers
    assert schema_of(list(known.values())).width > 1_000
    assert scored.projection.points(3).shape == (SONGS, DIMENSIONS + 1)
    assert scored.size <= SONGS * (SONG_BYTES + 4 * (2 * DIMENSIONS + 1))
    assert scored.by_source == {"csv": SONGS}


@pytest.mark.slow
async def test_nothing_of_what_is_known_of_the_songs_is_kept(store: Store, layer: int, tmp_path: Path) -> None:
    """It would take several times as much memory as all the rest."""
    libraries, before = ScoredLibraries(store, Scorer(Folder(tmp_path))), described()
    scored = await libraries.of(ADA, layer)
    assert await libraries.of(ADA, layer) is scored
    assert described() == before


def described() -> int:
    """Return how many songs' features are in memory."""
    gc.collect()
    return sum(isinstance(thing, SongFeatures) for thing in gc.get_objects())
