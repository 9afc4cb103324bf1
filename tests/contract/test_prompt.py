"""A prompt: several songs at once, of different artists, and none twice. Real store, no Discord."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.scorer import Scorer
from bot.adapters.store import Store, members, playlists
from bot.core.records import Layer
from bot.errors import BadChoice, NotLinked
from bot.flows import label, library, prompt
from bot.flows.outlook import Outlooks

ADA, CHANNEL = 1001, 7
HEADER = "Track URI,Track Name,Artist Name(s),Tempo,Energy"


async def at_home(store: Store, now: datetime, rows: int, artists: int) -> Layer:
    """Ada with a library of so many songs by so many artists, and two playlists."""
    lines = [
        f"spotify:track:{row:022d},Song {row},Artist {row % artists},{60 + row % 9 * 14},{row % 7 / 7:.2f}"
        for row in range(rows)
    ]
    if rows:
        await library.import_file(store, ADA, "liked.csv", "\n".join([HEADER, *lines]).encode(), now)
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        layer = await playlists.ensure_layer(tx, ADA, "main")
        await playlists.add(tx, ADA, layer.layer, "Run", "ref-run", "🟦")
        await playlists.add(tx, ADA, layer.layer, "Late night", "ref-night", "🟥")
    return layer


@pytest.fixture
def outlooks(store: Store, tmp_path: Path) -> Outlooks:
    return Outlooks(store, Scorer(tmp_path))


@pytest.mark.parametrize("count", [1, 3, prompt.AT_ONCE])
async def test_songs_asked_at_once_are_by_different_artists(store, now, outlooks, count: int) -> None:
    layer = await at_home(store, now, rows=60, artists=8)
    asked = await prompt.choose(store, outlooks, ADA, CHANNEL, layer, count, now)
    assert len({each.song.song for each in asked}) == len({each.song.artists for each in asked}) == count
    async with store.reading() as tx:
        assert await playlists.shared(tx, ADA, CHANNEL) == layer


async def test_the_next_batch_asks_none_of_the_last_one_again(store, now, outlooks) -> None:
    layer = await at_home(store, now, rows=12, artists=12)
    batches = [
        await prompt.choose(store, outlooks, ADA, CHANNEL, layer, 5, now + timedelta(minutes=at)) for at in range(3)
    ]
    assert [len(batch) for batch in batches] == [5, 5, 2]
    assert len({each.song.song for batch in batches for each in batch}) == 12
    with pytest.raises(BadChoice):
        await prompt.choose(store, outlooks, ADA, CHANNEL, layer, 5, now + timedelta(minutes=4))


async def test_one_artist_alone_is_still_asked_about(store, now, outlooks) -> None:
    layer = await at_home(store, now, rows=9, artists=1)
    assert len(await prompt.choose(store, outlooks, ADA, CHANNEL, layer, 4, now)) == 4


async def test_a_reaction_labels_the_song_of_its_own_message(store, now, outlooks) -> None:
    layer = await at_home(store, now, rows=30, artists=30)
    asked = await prompt.choose(store, outlooks, ADA, CHANNEL, layer, 3, now)
    for message, each in enumerate(asked, start=100):
        await prompt.posted(store, ADA, message, CHANNEL, layer.layer, each.song.song, now)
    pressed = await prompt.react(store, ADA, 101, "🟥", 1, now)
    assert pressed is not None
    assert pressed.song == asked[1].song.song
    question = await label.ask(store, outlooks, ADA, layer, now + timedelta(minutes=1))
    assert isinstance(question, label.Question)
    assert question.tally.labels == 1
    assert question.song.song not in {each.song.song for each in asked}


async def test_without_a_library_there_is_nothing_to_prompt(store, now, outlooks) -> None:
    with pytest.raises(NotLinked):
        await prompt.choose(store, outlooks, ADA, CHANNEL, await at_home(store, now, 0, 1), 3, now)
