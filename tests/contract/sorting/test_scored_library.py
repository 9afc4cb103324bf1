"""What a cached library keeps of its songs: large ones mustn't fill the memory. Real store."""

from datetime import datetime
from pathlib import Path

from bot.adapters.artefacts import Folder
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.sorting import playlists
from bot.core.sorting.learning.active_learning import DIMENSIONS
from bot.core.sorting.learning.schema import schema_of
from bot.flows.library import imports
from bot.flows.sorting.scored_library import SONG_BYTES, ScoredLibraries

ADA, SONGS = 1001, 300
ROWS = [
    f"spotify:track:{at:022d},Song {at},Artist {at % 30},Album {at % 90},2001,{60 + at % 90}" for at in range(SONGS)
]
FILE = "\n".join(["Track URI,Track Name,Artist Name(s),Album Name,Release Date,Tempo", *ROWS]).encode()


async def test_before_there_is_a_model_a_library_keeps_few_numbers_of_each_song(
    store: Store, now: datetime, tmp_path: Path
) -> None:
    await imports.import_file(store, ADA, "liked.csv", FILE, now)
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        layer = await playlists.ensure_layer(tx, ADA, "main")
    scored = await ScoredLibraries(store, Scorer(Folder(tmp_path))).of(ADA, layer.layer)
    assert schema_of(list(scored.features.values())).width > 1_000
    assert scored.outline.points(3).shape == (SONGS, DIMENSIONS + 1)
    assert scored.size <= SONGS * (SONG_BYTES + 4 * (2 * DIMENSIONS + 1))
