"""Songs liked in the feed are saved at Spotify, and a refused song doesn't block the others."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.adapters.spotify import SpotifyMusic
from bot.adapters.store.account import notices
from bot.adapters.store.feed import feed_history
from bot.adapters.store.library import songs
from bot.core.jobs import JobKind
from bot.core.library.polling import Rhythm
from bot.core.records import Like, Song
from bot.errors.spotify import SpotifyError
from bot.flows.feed import saved_likes
from bot.flows.library.new_likes import NewLikes
from bot.flows.library.poll import Polls
from bot.flows.refresh import Refreshing
from bot.messages.sorting import outcomes
from sandbox.spotify import Track
from tests.contract.spotify.stage import MARA, Stage, track

FOUND = [replace(track(number), name=f"Song *{number}*") for number in range(500, 545)]
IDS = [track.uri for track in FOUND]


async def waiting(stage: Stage, saving: str, dead: Sequence[int] = ()) -> None:
    """Queue songs from the feed to be saved to Mara's likes, or removed; some no longer exist at Spotify."""
    now = stage.clock()
    stage.world.publish(track for at, track in enumerate(FOUND) if at not in dead)
    async with stage.store.writing() as tx:
        await songs.save(tx, map(_song, FOUND), now)
        await feed_history.note(tx, MARA, {song: song for song in IDS}, now)
        for song in IDS:
            await feed_history.say(tx, MARA, song, now, said="like", saving=saving)


def _song(track: Track) -> Song:
    return Song(track.uri, track.name, track.artists)


async def told(stage: Stage) -> list[str]:
    async with stage.store.reading() as tx:
        return [
            outcomes.not_liked(**notice.body) for notice in await notices.waiting(tx, MARA) if notice.kind == "refused"
        ]


@pytest.mark.parametrize("dead", [[0], [44], [3, 4, 41], list(range(40))])
async def test_refused_songs_do_not_block_others_and_are_named_once(
    stage: Stage, mara: SpotifyMusic, dead: list[int]
) -> None:
    await waiting(stage, "save", dead)
    assert await saved_likes.save(stage.store, mara, MARA, stage.clock()) == len(IDS) - len(dead)
    liked = {like.uri for like in stage.world.accounts["mara"].likes}
    assert liked & set(IDS) == {uri for at, uri in enumerate(IDS) if at not in dead}
    (said,) = await told(stage)
    assert f"\\*{500 + dead[0]}\\*" in said
    stage.world.requests.clear()
    assert await saved_likes.save(stage.store, mara, MARA, stage.clock()) == 0
    assert (stage.asked(), len(await told(stage))) == ([], 1)


async def test_a_failed_removal_does_not_block_other_removals(stage: Stage, mara: SpotifyMusic) -> None:
    await waiting(stage, "save")
    await saved_likes.save(stage.store, mara, MARA, stage.clock())
    async with stage.store.writing() as tx:
        await feed_history.set_saving(tx, MARA, IDS, "drop")
        await songs.like(tx, MARA, [Like(_song(track), stage.clock()) for track in FOUND], stage.clock())
    del stage.world.tracks[IDS[7]]
    assert await saved_likes.save(stage.store, mara, MARA, stage.clock()) == len(IDS) - 1
    assert {like.uri for like in stage.world.accounts["mara"].likes} & set(IDS) == {IDS[7]}
    (said,) = await told(stage)
    assert "from your likes" in said
    assert "\\*507\\*" in said


async def test_errors_unrelated_to_the_songs_name_none_and_all_wait(stage: Stage, mara: SpotifyMusic) -> None:
    await waiting(stage, "save")
    stage.fault("PUT /v1/me/library", "status", times=None, status=403)
    with pytest.raises(SpotifyError):
        await saved_likes.save(stage.store, mara, MARA, stage.clock())
    async with stage.store.reading() as tx:
        assert len(await feed_history.to_save(tx, MARA)) == len(IDS)
    assert await told(stage) == []


@pytest.mark.parametrize("waits", [True, False])
async def test_what_waits_to_be_saved_is_saved_after_the_member_has_linked_again(
    stage: Stage, mara: SpotifyMusic, waits: bool
) -> None:
    if waits:
        await waiting(stage, "save")

    async def account_music(_: int) -> SpotifyMusic:
        return mara

    async def progress(*_: int) -> None: ...

    accounts: Any = SimpleNamespace(account_music=account_music)
    new_likes: Any = NewLikes(stage.store, accounts, (), None)  # type: ignore[arg-type]
    polls = Polls(stage.store, Rhythm(timedelta(minutes=15), timedelta(hours=6), 480))
    refreshing = Refreshing(stage.store, stage.vault, new_likes, polls, progress)
    following = [job.kind async for job in refreshing.sync(MARA, stage.clock())]
    assert following == ([JobKind.SAVE] if waits else [])
