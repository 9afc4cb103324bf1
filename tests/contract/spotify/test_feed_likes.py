"""Likes in the feed and at Spotify, where what was just saved or removed is known here only after the next sync."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.adapters.artefacts import Folder
from bot.adapters.spotify import SpotifyMusic
from bot.adapters.store.account import members
from bot.flows.account import link
from bot.flows.feed import saved_likes
from bot.flows.feed.feed import Feed
from bot.flows.feed.previews import SongPreviews
from bot.flows.library import sync
from tests.contract.feed import catalogue_stage
from tests.contract.spotify.stage import MARA, Stage, track

SONG = catalogue_stage.song(500).song


class Meanwhile(SpotifyMusic):
    """Spotify, and what a member does while it works on a request."""

    then: Callable[[], Awaitable[object]]

    async def save(self, songs: Sequence[str]) -> None:
        await super().save(songs)
        await self.then()

    async def unsave(self, songs: Sequence[str]) -> None:
        await super().unsave(songs)
        await self.then()


@dataclass
class Liker:
    """Mara, whose likes in the feed are saved. It shows her a song that somebody else shares."""

    stage: Stage
    feed: Feed
    music: SpotifyMusic

    async def save(self, then: Callable[[], Awaitable[object]] | None = None) -> None:
        """Send what waits; `then`: what she does meanwhile."""
        music = self.music
        if then is not None:
            music = await self.stage.music(MARA)
            music.__class__, music.then = Meanwhile, then  # type: ignore[attr-defined]
        await saved_likes.save(self.stage.store, music, MARA, self.stage.clock())

    async def sync(self) -> None:
        account = await self.stage.account(MARA)
        assert account is not None
        await sync.sync(self.stage.store, self.music, account, self.stage.clock())

    async def like(self) -> bool:
        return (await self.feed.like(MARA, SONG)).saved

    async def unlike(self) -> bool:
        return await self.feed.unlike(MARA, SONG)

    def is_liked(self, user: str = "mara") -> bool:
        """Whether the song is among an account's likes at Spotify."""
        return SONG in {like.uri for like in self.stage.world.accounts[user].likes}


@pytest.fixture
async def liker(stage: Stage, mara: SpotifyMusic, tmp_path: Path) -> Liker:
    others = catalogue_stage.staged(stage.store, tmp_path, stage.clock())
    await others.like(catalogue_stage.BEN, [500])
    await others.catalogue.points.refresh()
    stage.world.publish([replace(track(500), id=SONG.rpartition(":")[2])])

    async def enqueue(_kind: str, _member: int, _argument: int) -> None:
        """Do nothing: the tests say when a job runs."""

    previews = SongPreviews(stage.store, None, None, stage.clock)
    feed = Feed(stage.store, others.catalogue, others.recommender, enqueue, stage.clock, previews.sound)
    await feed.choose_saving(MARA, saves=True)
    async with stage.store.writing() as tx:
        await members.change(tx, MARA, joined=True)
    liker = Liker(stage, feed, mara)
    await liker.sync()
    assert await liker.like()
    return liker


async def test_a_like_undone_before_the_next_sync_is_removed_again(liker: Liker) -> None:
    await liker.save()
    assert liker.is_liked()
    assert await liker.unlike(), "she reads that it's being removed"
    await liker.save()
    assert not liker.is_liked()


async def test_a_like_undone_while_spotify_saves_it_is_removed_again(liker: Liker) -> None:
    await liker.save(then=liker.unlike)
    assert not liker.is_liked()


async def test_a_song_liked_again_before_the_next_sync_is_saved_again(liker: Liker) -> None:
    await liker.save()
    await liker.sync()
    await liker.unlike()
    await liker.save()
    assert await liker.like()
    await liker.save()
    await liker.sync()
    assert liker.is_liked()


async def test_a_song_liked_again_while_spotify_removes_it_is_saved_again(liker: Liker) -> None:
    await liker.save()
    await liker.sync()
    await liker.unlike()
    await liker.save(then=liker.like)
    await liker.sync()
    assert liker.is_liked()


async def test_a_song_removed_by_hand_is_saved_when_it_is_liked_again(liker: Liker) -> None:
    await liker.save()
    await liker.sync()
    await liker.music.unsave([SONG])
    await liker.sync()
    assert await liker.like(), "she reads that it's being saved"
    await liker.save()
    assert liker.is_liked()


async def test_a_song_whose_like_is_being_undone_stays_if_a_playlist_needs_it(liker: Liker) -> None:
    await liker.save()
    await liker.sync()
    await liker.unlike()
    await liker.feed.like_for_good(MARA, SONG)
    await liker.save()
    assert liker.is_liked()


async def test_nothing_of_an_account_that_was_unlinked_is_saved_to_another_or_removed_there(
    liker: Liker, tmp_path: Path
) -> None:
    await liker.save()
    stage = liker.stage
    await link.unlink(stage.store, stage.vault, Folder(tmp_path / "models"), MARA)
    liker.music = await stage.link(MARA, "ida")
    await liker.music.save([SONG])  # Ida's own like
    await liker.sync()
    assert not await liker.unlike()
    await liker.save()
    assert liker.is_liked("ida")


async def test_a_like_that_waits_to_be_saved_waits_no_longer_once_its_account_is_unlinked(
    liker: Liker, tmp_path: Path
) -> None:
    await link.unlink(liker.stage.store, liker.stage.vault, Folder(tmp_path / "models"), MARA)
    assert await saved_likes.unsaved(liker.stage.store) == []
