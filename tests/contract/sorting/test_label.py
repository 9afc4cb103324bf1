"""What a card knows of its song: its playlists, and before there's a model, what it's named after. Real store."""

from datetime import datetime
from pathlib import Path

import pytest

from bot.adapters.artefacts import Folder
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.sorting import playlists
from bot.core.records import Item
from bot.core.sorting import recording
from bot.flows.library import imports
from bot.flows.sorting.labelling import label
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.messages.sorting.labels import quiet_line

ADA, URI, ISRC = 1001, f"spotify:track:{1:022d}", "GBAYE0000001"
FILE = f"Track URI,Track Name,Artist Name(s),ISRC,Duration (ms)\n{URI},Rain,Ann,{ISRC},200000\n".encode()
NAMING = recording.naming("Rain", ["Ann"])


@pytest.mark.parametrize(
    ("item", "stands"),
    [
        (Item(URI, None), True),
        (Item("spotify:track:album", None, isrc=ISRC), True),
        (Item("spotify:track:single", None, naming=NAMING, duration_ms=201_000), True),
        (Item("spotify:track:live", None, naming=NAMING, duration_ms=400_000), False),
        (Item("spotify:track:other", None, isrc="GBAYE0000002"), False),
    ],
)
async def test_a_question_knows_which_playlists_hold_its_song(
    store: Store, now: datetime, tmp_path: Path, item: Item, stands: bool
) -> None:
    await imports.import_file(store, ADA, "liked.csv", FILE, now)
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        layer, other = [await playlists.ensure_layer(tx, ADA, name) for name in ("main", "mood")]
        run, late, gone = [await playlists.add(tx, layer, name, name, "🟦") for name in ("Run", "Late night", "Gone")]
        for playlist in (late, gone, await playlists.add(tx, other, "Quiet", "Quiet", "🟦")):
            await playlists.save_content(tx, playlist, [Item(None, None), item], None)
        await playlists.add_content(tx, run, await playlists.next_edition(tx, run.playlist), [(0, item)])
        await playlists.change(tx, gone.playlist, removed_at=now)
    question = await label.ask_about(store, ScoredLibraries(store, Scorer(Folder(tmp_path))), layer, URI, now)
    assert [playlist.name for playlist in question.holding] == ["Late night"] * stands


@pytest.mark.parametrize(("title", "guess"), [("This Christmas", "Christmas"), ("Christmas Run", None), ("Rain", None)])
async def test_before_there_is_a_model_the_guess_is_the_playlist_that_the_song_is_named_after(
    store: Store, now: datetime, tmp_path: Path, title: str, guess: str | None
) -> None:
    await imports.import_file(store, ADA, "liked.csv", FILE.replace(b"Rain", title.encode()), now)
    async with store.writing() as tx:
        layer = await playlists.ensure_layer(tx, ADA, "main")
        for name in ("Run", "Christmas"):
            await playlists.add(tx, layer, name, name, "🟦")
    question = await label.ask_about(store, ScoredLibraries(store, Scorer(Folder(tmp_path))), layer, URI, now)
    assert (question.guess.playlist.name if question.guess else None) == guess
    assert question.why is None
    assert ("going by the playlist's name" in quiet_line(question)) == bool(guess)
