"""Prompts: several songs by different artists at once; a reaction means what its message showed. Real store."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from discord.utils import time_snowflake

from bot.adapters.artefacts import Folder
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store
from bot.adapters.store.account import members, notices
from bot.adapters.store.sorting import answers, playlists
from bot.core.records import Layer
from bot.core.sorting.labels import Answer, Kind, Source
from bot.errors import BadChoice, NotLinked
from bot.flows.library import imports
from bot.flows.sorting import playlists as flow
from bot.flows.sorting.labelling import label, prompt
from bot.flows.sorting.labelling.prompt import Reaction
from bot.flows.sorting.playlists import PlaylistSettings
from bot.flows.sorting.scored_library import ScoredLibraries

ADA, BEN, CHANNEL = 1001, 1002, 7
HEADER = "Track URI,Track Name,Artist Name(s),Tempo,Energy"


async def at_home(store: Store, now: datetime, rows: int, artists: int, member: int = ADA) -> Layer:
    """A member with two playlists and a library of `rows` songs by `artists` artists."""
    lines = [
        f"spotify:track:{row:022d},Song {row},Artist {row % artists},{60 + row % 9 * 14},{row % 7 / 7:.2f}"
        for row in range(rows)
    ]
    if rows:
        await imports.import_file(store, member, "liked.csv", "\n".join([HEADER, *lines]).encode(), now)
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        layer = await playlists.ensure_layer(tx, member, "main")
        await playlists.add(tx, layer, "Run", "ref-run", "🟦")
        await playlists.add(tx, layer, "Late night", "ref-night", "🟥")
    return layer


@pytest.fixture
def libraries(store: Store, tmp_path: Path) -> ScoredLibraries:
    return ScoredLibraries(store, Scorer(Folder(tmp_path)))


@pytest.mark.parametrize("count", [1, 3, prompt.AT_ONCE])
async def test_songs_in_one_prompt_are_by_different_artists(store, now, libraries, count: int) -> None:
    layer = await at_home(store, now, rows=60, artists=8)
    asked = await prompt.choose(store, libraries, layer, count, now)
    assert (
        len({question.song.song for question in asked}) == len({question.song.artists for question in asked}) == count
    )


async def test_the_next_batch_repeats_none_of_the_last(store, now, libraries) -> None:
    layer = await at_home(store, now, rows=12, artists=12)
    batches = [await prompt.choose(store, libraries, layer, 5, now + timedelta(minutes=at)) for at in range(3)]
    assert [len(batch) for batch in batches] == [5, 5, 2]
    assert len({question.song.song for batch in batches for question in batch}) == 12
    with pytest.raises(BadChoice):
        await prompt.choose(store, libraries, layer, 5, now + timedelta(minutes=4))


async def test_a_library_of_one_artist_is_still_prompted(store, now, libraries) -> None:
    layer = await at_home(store, now, rows=9, artists=1)
    assert len(await prompt.choose(store, libraries, layer, 4, now)) == 4


@pytest.mark.slow
async def test_reactions_in_quick_succession_count_in_order(store, now, libraries) -> None:
    layer = await at_home(store, now, rows=30, artists=30)
    (question,) = await prompt.choose(store, libraries, layer, 1, now)
    await prompt.posted(store, 100, CHANNEL, question, now)
    there = Reaction(ADA, 100, "🟥")
    for _ in range(30):
        react = [prompt.react(store, there, now) for _ in range(2)]
        await asyncio.gather(react[0], prompt.unreact(store, there, now), react[1])
        async with store.reading() as tx:
            assert await answers.verdicts(tx, ADA, layer.layer)
        await prompt.unreact(store, there, now)


async def test_a_reaction_labels_the_song_of_its_own_message(store, now, libraries) -> None:
    layer = await at_home(store, now, rows=30, artists=30)
    asked = await prompt.choose(store, libraries, layer, 3, now)
    for message, question in enumerate(asked, start=100):
        await prompt.posted(store, message, CHANNEL, question, now)
    pressed = await prompt.react(store, Reaction(ADA, 101, "🟥"), now)
    assert pressed is not None
    assert pressed.song == asked[1].song.song
    question = await label.ask(store, libraries, layer, now + timedelta(minutes=1))
    assert isinstance(question, label.Question)
    assert question.tally.labels == 1
    assert question.song.song not in {answered.song.song for answered in asked}


async def test_without_a_library_there_is_nothing_to_prompt(store, now, libraries) -> None:
    with pytest.raises(NotLinked):
        await prompt.choose(store, libraries, await at_home(store, now, 0, 1), 3, now)


async def posted(
    store: Store, libraries: ScoredLibraries, now: datetime, member: int = ADA, message: int = 100
) -> prompt.Asked:
    """Post a song in the channel for the member: 🟦 is Run, 🟥 is Late night."""
    layer = await flow.layer_named(store, member, None)
    (asked,) = await prompt.choose(store, libraries, layer, 1, now)
    await prompt.posted(store, message, CHANNEL, asked, now)
    return asked


async def standing(store: Store, member: int) -> list[tuple[Kind, tuple[int, ...]]]:
    async with store.reading() as tx:
        layers = await playlists.layers(tx, member)
        given = [answer for layer in layers for answer in await answers.standing(tx, member, layer.layer)]
    return [(answer.kind, answer.playlists) for answer in given]


@pytest.mark.parametrize("emoji", ["🟦", "🟥", prompt.NONE])
async def test_p15_other_members_reactions_write_nothing(store, now, libraries, emoji) -> None:
    for member in (ADA, BEN):
        await at_home(store, now, rows=4, artists=4, member=member)
    await posted(store, libraries, now, ADA)
    await posted(store, libraries, now, BEN, message=101)
    assert await prompt.react(store, Reaction(ADA, 101, emoji), now) is None
    assert await standing(store, ADA) == []
    assert await prompt.react(store, Reaction(BEN, 101, emoji), now) is not None
    assert not await prompt.unreact(store, Reaction(ADA, 101, emoji), now)
    assert len(await standing(store, BEN)) == 1


async def test_other_members_are_told_once_and_only_if_they_accept_messages(store, now, libraries) -> None:
    layer = await at_home(store, now, rows=4, artists=4)
    await posted(store, libraries, now)
    async with store.writing() as tx:
        await members.ensure(tx, BEN, now)
        await members.ensure(tx, 1003, now)
        await members.change(tx, 1003, updates="off")
    for reacting, emoji in ((BEN, "🟪"), (BEN, "🟦"), (BEN, "🟥"), (1003, "🟦"), (1004, "🟦"), (layer.member, "🟦")):
        await prompt.react(store, Reaction(reacting, 100, emoji), now)
    async with store.reading() as tx:
        assert [(notice.member, notice.kind) for notice in await notices.waiting(tx)] == [(BEN, "prompt")]


async def test_a_reaction_delivered_twice_is_one_answer_and_the_later_one_wins(store, now, libraries) -> None:
    await at_home(store, now, rows=4, artists=4)
    asked = await posted(store, libraries, now)
    await prompt.react(store, Reaction(ADA, 100, "🟦"), now)
    layer = await flow.layer_named(store, ADA, None)
    async with store.reading() as tx:
        run, night = await playlists.in_layer(tx, layer.layer)
    ahead = time_snowflake(now + timedelta(minutes=10))  # of a press, when Discord's clock is ahead of ours
    async with store.writing() as tx:
        pressed = Answer(asked.song.song, Kind.ONLY, (night.playlist,), Source.BUTTON, ahead)
        await answers.add(tx, ADA, layer.layer, pressed)
    assert await prompt.react(store, Reaction(ADA, 100, "🟦"), now) is None
    assert await standing(store, ADA) == [(Kind.ONLY, (run.playlist,)), (Kind.ONLY, (night.playlist,))]
    for taken_back in (True, False):
        assert await prompt.unreact(store, Reaction(ADA, 100, "🟦"), now) == taken_back
    await prompt.react(store, Reaction(ADA, 100, "🟦"), now)
    assert await standing(store, ADA) == [(Kind.ONLY, (night.playlist,)), (Kind.ONLY, (run.playlist,))]


async def test_an_emoji_means_what_it_meant_when_the_song_was_posted(store, now, libraries) -> None:
    layer = await at_home(store, now, rows=4, artists=4)
    await posted(store, libraries, now)
    async with store.reading() as tx:
        run, night = await playlists.in_layer(tx, layer.layer)
    await flow.settings(store, ADA, run.playlist, PlaylistSettings(emoji="⭐"))
    await flow.settings(store, ADA, night.playlist, PlaylistSettings(emoji="🟦"))
    assert await prompt.react(store, Reaction(ADA, 100, "⭐"), now) is None, "that emoji wasn't on the message"
    await prompt.react(store, Reaction(ADA, 100, "🟦"), now)
    assert await standing(store, ADA) == [(Kind.ONLY, (run.playlist,))]


async def test_a_playlist_removed_since_accepts_no_answers_but_allows_undo(store, now, libraries) -> None:
    layer = await at_home(store, now, rows=4, artists=4)
    await posted(store, libraries, now)
    async with store.reading() as tx:
        run, night = await playlists.in_layer(tx, layer.layer)
    await prompt.react(store, Reaction(ADA, 100, "🟦"), now)
    for playlist in (run, night):
        await flow.remove(store, ADA, playlist.playlist, now)
    assert await prompt.react(store, Reaction(ADA, 100, "🟥"), now) is None
    assert await prompt.unreact(store, Reaction(ADA, 100, "🟦"), now)
    assert await standing(store, ADA) == []


async def test_an_old_prompt_stays_in_its_own_layer(store, now, libraries) -> None:
    """Posting another layer in the channel doesn't affect earlier messages."""
    layer = await at_home(store, now, rows=4, artists=4)
    await posted(store, libraries, now)
    async with store.writing() as tx:
        other = await playlists.ensure_layer(tx, ADA, "moods")
        await playlists.add(tx, other, "Calm", "ref-calm", "🟦")
    (asked,) = await prompt.choose(store, libraries, other, 1, now)
    await prompt.posted(store, 101, CHANNEL, asked, now)
    pressed = await prompt.react(store, Reaction(ADA, 100, "🟦"), now)
    assert pressed is not None
    assert pressed.layer == layer.layer


async def test_the_button_asks_about_the_song_of_its_message(store, now, libraries) -> None:
    await at_home(store, now, rows=4, artists=4)
    asked = await posted(store, libraries, now)
    assert await prompt.song_of(store, 100) == asked.song.song
    with pytest.raises(BadChoice):
        await prompt.song_of(store, 999)


async def test_reactions_of_a_busy_server_need_no_connection_each(store, now) -> None:
    """Discord tells of every reaction to every message; a database server has a hundred connections for everything."""
    reacting = (prompt.react(store, prompt.Reaction(member, 99, "👍"), now) for member in range(150))
    assert set(await asyncio.gather(*reacting)) == {None}
