"""How a song is played: the order of the ways, their switches, and what can go wrong with each.

Deezer is a stand-in over HTTP; yt-dlp is a fake program run as a real process.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.adapters import sources
from bot.adapters.artefacts import Folder
from bot.adapters.hearing import Hearing
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import files, lookups, songs
from bot.adapters.store.library.files import File
from bot.adapters.ytdlp import YtDlp
from bot.core.library.lookups import LookupState
from bot.core.records import Like, Song
from bot.errors import BadChoice
from bot.flows.account import erase
from bot.flows.feed import previews as flow
from bot.flows.feed.catalogue import Catalogue
from bot.flows.feed.clips import Clips
from bot.flows.feed.listening import Listen, Listening, Way
from bot.flows.feed.previews import SongPreviews
from sandbox.sources import Fault, World, application, ytdlp
from tests.contract.feed.catalogue_stage import local
from tests.contract.library.sources.stage import ADA, recording, settings, song, sound
from tests.contract.spotify.stage import Clock, served
from tests.databases import everything_in

BEN = 2
HEAT = [0.1] * 100
HEAT[0], HEAT[60:64] = 1.0, [0.5, 0.9, 1.0, 0.8]


def video(title: str = "Ann - Song 1 (Official Video)", seconds: float = 200, **more: Any) -> dict[str, Any]:
    step = seconds / len(HEAT)
    heat = [{"start_time": at * step, "end_time": (at + 1) * step, "value": value} for at, value in enumerate(HEAT)]
    return {"id": "dQw4w9WgXcQ", "title": title, "channel": "AnnVEVO", "duration": seconds, "heatmap": heat} | more


@dataclass
class Stage:
    """A member's songs without files, Deezer and yt-dlp, wired as in `bot.app`."""

    store: Store
    folder: Path
    clock: Clock
    world: World
    origin: str
    closing: AsyncExitStack

    async def like(self, song: Song) -> Song:
        liked = replace(song, url=f"https://open.spotify.com/track/{song.song[-22:]}")
        async with self.store.writing() as tx:
            await members.ensure(tx, ADA, self.clock())
            await members.change(tx, ADA, joined=True)
            await songs.like(tx, ADA, [Like(liked, self.clock())], self.clock())
            return (await songs.some(tx, [liked.song]))[liked.song]

    async def listening(
        self,
        *,
        deezer: bool = False,
        videos: Sequence[dict[str, Any]] | None = None,
        longest: float = 30,
        patience: float = 30,
    ) -> Listening:
        switched = {"DEEZER_PREVIEWS": "on"} if deezer else {}
        told = settings(self.origin, self.folder, **switched)
        previews = await self.closing.enter_async_context(sources.previews_opened(told, self.store, self.clock))
        program = None if videos is None else ytdlp.installed(self.program, videos)
        runs = YtDlp(str(program), os.environ["PATH"], longest) if program else None
        song_previews = SongPreviews(self.store, previews, runs, self.clock, patience)
        self.closing.push_async_callback(song_previews.close)
        catalogue = Catalogue(self.store, Clips(Hearing(), Folder(self.folder / "clips")), self.clock)
        await catalogue.points.refresh()
        return Listening(catalogue, song_previews)

    @property
    def program(self) -> Path:
        return self.folder / "program"

    @property
    def asked(self) -> list[list[str]]:
        return ytdlp.asked(self.program)

    def fault(self, kind: str) -> None:
        (self.program / "fault").write_text(kind)

    def mend(self) -> None:
        (self.program / "fault").unlink()

    @asynccontextmanager
    async def at_the_gate(self, programs: int = 1) -> AsyncIterator[None]:
        """Wait until `programs` runs are held at the gate; release them on exit."""
        gate = self.closing.enter_context(await asyncio.to_thread((self.program / "gate").open, "wb", 0))
        while len(self.asked) < programs:  # noqa: ASYNC110 - nothing to wait on
            await asyncio.sleep(0.01)
        yield
        gate.write(b"." * programs)

    async def noted(self, song: Song) -> dict[str, str]:
        async with self.store.reading() as tx:
            rows = await tx.execute(lookups.LOOKUP.select().where(lookups.LOOKUP.c.song == song.song))
            return {row.source: row.state for row in rows}


@pytest.fixture
async def stage(store: Store, tmp_path: Path) -> AsyncIterator[Stage]:
    clock = Clock()
    world = World(now=clock)
    async with served(application(world)) as origin, AsyncExitStack() as closing:
        yield Stage(store, tmp_path, clock, world, origin, closing)


def link(liked: Song) -> Listen:
    return Listen(Way.LINK, url=liked.url, by="Spotify")


# ---------------------------------------------------------------- order and access
async def test_with_nothing_switched_on_there_is_only_spotifys_link(stage: Stage) -> None:
    stage.world.recordings.append(recording(1))
    liked = await stage.like(song(1))
    listening = await stage.listening()
    assert await listening.to(ADA, liked) == link(liked)
    assert stage.world.requests == []
    assert await stage.noted(liked) == {}
    assert await listening.to(ADA, replace(liked, url=None)) == link(liked), "the URI gives the link"
    bare = await stage.like(replace(song(2), song="file:2"))
    assert await (await stage.listening()).to(ADA, replace(bare, url=None)) == Listen(Way.NOTHING)


@pytest.mark.slow
async def test_clips_come_before_previews_then_videos_then_links(stage: Stage) -> None:
    stage.world.recordings += [recording(1), recording(2, preview=None)]
    one, two, three = [await stage.like(song(number)) for number in (1, 2, 3)]
    path = stage.folder / "song.wav"
    path.write_bytes(sound(330))
    async with stage.store.writing() as tx:
        await files.save(
            tx, [File(str(path), 1, 1, f"{7:032d}{7:032d}", stage.clock(), version="1", numbers={"tempo": 90.0})]
        )
    listening = await stage.listening(deezer=True, videos=[video("Ann - Song 2")])
    filed = Song(local(7), "song", ())
    assert (await listening.to(ADA, filed)).way is Way.CLIP
    heard = [await listening.to(ADA, liked) for liked in (one, two, three)]
    assert [answer.way for answer in heard] == [Way.PREVIEW, Way.VIDEO, Way.LINK]
    assert [answer.by for answer in heard] == ["Deezer", "YouTube", "Spotify"]


async def test_nobody_can_play_a_song_they_may_not_see(stage: Stage) -> None:
    liked = await stage.like(song(1))
    listening = await stage.listening(deezer=True, videos=[video()])
    with pytest.raises(BadChoice):
        await listening.to(BEN, liked)
    assert (stage.world.requests, stage.asked) == ([], [])


# ---------------------------------------------------------------- Deezer
async def test_a_preview_is_requested_each_time_and_never_stored(stage: Stage) -> None:
    stage.world.recordings.append(recording(1))
    liked = await stage.like(song(1))
    listening = await stage.listening(deezer=True)
    heard = [await listening.to(ADA, liked) for _ in range(2)]
    assert heard[0] == Listen(
        Way.PREVIEW,
        url=f"{stage.origin}/deezer/previews/{liked.isrc}.mp3",
        by="Deezer",
        page="https://www.deezer.com/track/3135556",
    )
    assert stage.world.asked() == [f"deezer GET /track/isrc:{liked.isrc}"] * 2
    assert await stage.noted(liked) == {}
    assert b"/previews/" not in await everything_in(stage.store)


async def test_a_missing_preview_is_remembered_for_a_week(stage: Stage) -> None:
    liked = await stage.like(song(1))
    listening = await stage.listening(deezer=True)
    for _ in range(2):
        assert await listening.to(ADA, liked) == link(liked)
    assert len(stage.world.requests) == 1
    stage.clock.pass_by(days=8)
    stage.world.recordings.append(recording(1))
    assert (await listening.to(ADA, liked)).way is Way.PREVIEW


async def test_a_song_known_to_have_no_preview_is_not_requested(stage: Stage) -> None:
    liked = await stage.like(song(1))
    later = stage.clock() + flow.NOTHING_FOR
    async with stage.store.writing() as tx:
        await lookups.save(tx, "deezer", [lookups.LookupOutcome(liked.song, LookupState.NOTHING, later)], stage.clock())
    assert await (await stage.listening(deezer=True)).to(ADA, liked) == link(liked)
    assert stage.world.requests == []


@pytest.mark.parametrize("code", [4, 700])
async def test_while_deezer_asks_to_wait_no_request_is_sent(stage: Stage, code: int) -> None:
    stage.world.recordings += [recording(1), recording(2)]
    one, two = await stage.like(song(1)), await stage.like(song(2))
    stage.world.faults.append(Fault("deezer *", "error", code=code))
    listening = await stage.listening(deezer=True)
    for liked in (one, two):
        assert await listening.to(ADA, liked) == link(liked)
    assert len(stage.world.requests) == 1
    stage.clock.pass_by(seconds=70)
    for liked in (one, two):
        assert (await listening.to(ADA, liked)).way is Way.PREVIEW


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["malformed", "nonsense", "drop", "status", "slow"])
async def test_if_deezer_fails_the_member_soon_gets_the_next_way(stage: Stage, kind: str) -> None:
    stage.world.recordings.append(recording(1))
    stage.world.faults.append(Fault("deezer *", kind, times=None, seconds=4))  # type: ignore[arg-type]
    liked = await stage.like(song(1))
    listening = await stage.listening(deezer=True, videos=[video()])
    async with asyncio.timeout(20):
        assert (await listening.to(ADA, liked)).way is Way.VIDEO
    stage.world.faults.clear()
    stage.clock.pass_by(hours=2)
    assert (await listening.to(ADA, liked)).way is Way.PREVIEW


# ---------------------------------------------------------------- videos
async def test_a_video_is_searched_once_and_linked_at_its_most_replayed_moment(stage: Stage) -> None:
    liked = await stage.like(song(1))
    listening = await stage.listening(videos=[video()])
    heard = await listening.to(ADA, liked)
    assert heard == await listening.to(ADA, liked)
    assert heard.start is not None
    assert 112 <= heard.start <= 122, "the rise to the highest part, not the start, although that is replayed more"
    assert heard == Listen(
        Way.VIDEO,
        url=f"https://www.youtube.com/watch?v=dQw4w9WgXcQ&t={int(heard.start)}s",
        by="YouTube",
        start=heard.start,
        highlight=heard.start,
    )
    assert len(stage.asked) == 1
    assert stage.asked[0][-2:] == ["--", "ytsearch3:Ann Song 1"]
    assert await stage.noted(liked) == {"youtube": "known"}
    assert "TOKEN" not in (stage.program / "environment").read_text()
    assert set((stage.program / "environment").read_text().split()) <= {"LC_ALL", "LC_CTYPE", "PATH"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "videos",
    [
        [],
        [video(seconds=260)],
        [video("Ann - Another song")],
        [video("Ann - Song 1 (Live)")],
        [video("Song 1", channel="Somebody who covers it")],
        [video(heatmap=None)],
        [video(heatmap=[])],
        [video(heatmap=[{"start_time": 0}] * 100)],
        [video(heatmap=[{"start_time": float("nan"), "end_time": 1, "value": 1}] * 100)],
        [video(id="--exec=reboot")],
        [video(duration="long")],
    ],
    ids=["none", "length", "song", "live", "cover", "without", "empty", "halves", "nan", "id", "words"],
)
async def test_an_uncertain_video_is_not_used_and_that_is_remembered(
    stage: Stage, videos: list[dict[str, Any]]
) -> None:
    liked = await stage.like(song(1))
    listening = await stage.listening(videos=videos)
    for _ in range(2):
        assert await listening.to(ADA, liked) == link(liked)
    assert len(stage.asked) == 1
    assert await stage.noted(liked) == {"youtube": "nothing"}


async def test_the_first_matching_video_is_used(stage: Stage) -> None:
    liked = await stage.like(song(1))
    listening = await stage.listening(videos=[video("Ann - Song 1 (Karaoke)"), video(id="aaaaaaaaaaa"), video()])
    assert "aaaaaaaaaaa" in ((await listening.to(ADA, liked)).url or "")


@pytest.mark.parametrize("kind", ["garbage", "flood", "gate", "exit"])
async def test_a_failing_program_falls_back_to_a_link_and_is_retried_later(stage: Stage, kind: str) -> None:
    liked = await stage.like(song(1))
    listening = await stage.listening(videos=[video()], longest=2 if kind == "gate" else 30)
    stage.fault(kind)
    assert await listening.to(ADA, liked) == link(liked)
    assert await stage.noted(liked) == {"youtube": "failed"}
    stage.mend()
    assert await listening.to(ADA, liked) == link(liked)
    stage.clock.pass_by(hours=2)
    assert (await listening.to(ADA, liked)).way is Way.VIDEO


async def test_a_missing_program_falls_back_to_a_link(stage: Stage) -> None:
    liked = await stage.like(song(1))
    listening = await stage.listening(videos=[video()])
    (stage.program / "yt-dlp").unlink()
    assert await listening.to(ADA, liked) == link(liked)
    assert await stage.noted(liked) == {"youtube": "failed"}


@pytest.mark.parametrize("title", ['--exec "rm -rf ~" $(reboot)', "-o/etc/passwd\n--config x", "a'; reboot #\x00"])
async def test_a_title_is_only_searched_and_never_run(stage: Stage, title: str) -> None:
    liked = await stage.like(replace(song(1), title=title, artists=("--no-simulate", "Ann")))
    await (await stage.listening(videos=[video()])).to(ADA, liked)
    assert await stage.noted(liked) == {"youtube": "nothing"}
    (arguments,) = stage.asked
    assert arguments[-2] == "--"
    assert arguments[-1].startswith("ytsearch3:--no-simulate Ann ")
    assert "\n" not in arguments[-1]


async def test_a_slow_search_gives_a_link_now_and_the_video_later(stage: Stage) -> None:
    liked = await stage.like(song(1))
    listening = await stage.listening(videos=[video()], patience=0.1)
    stage.fault("gate")
    for _ in range(2):
        assert await listening.to(ADA, liked) == link(liked)
    async with stage.at_the_gate():
        pass
    async with asyncio.timeout(60):
        while (heard := await listening.to(ADA, liked)) == link(liked):
            pass
    assert heard.way is Way.VIDEO
    assert len(stage.asked) == 1, "requests made meanwhile started no second search"


async def test_at_most_two_programs_run_at_once_and_nobody_waits_for_a_slot(stage: Stage) -> None:
    one, two, three = [await stage.like(song(number)) for number in (1, 2, 3)]
    listening = await stage.listening(videos=[video()])
    stage.fault("gate")
    waiting = [asyncio.create_task(listening.to(ADA, liked)) for liked in (one, two)]
    async with stage.at_the_gate(programs=2):
        assert await listening.to(ADA, three) == link(three)
    await asyncio.gather(*waiting)
    assert await stage.noted(three) == {}


async def test_p38_what_one_members_file_says_decides_nobody_elses_preview_or_video(stage: Stage) -> None:
    """Spotify says neither length nor ISRC; Ben's file claims those of another version."""
    stage.world.recordings.append(recording(1))
    liked = await stage.like(replace(song(1), isrc=None, duration_ms=None))
    async with stage.store.writing() as tx:
        await members.ensure(tx, BEN, stage.clock())
        await songs.bring(tx, ADA, [Like(song(1), None)])
        await songs.bring(tx, BEN, [Like(replace(song(1), isrc="ZZAAA1999999", duration_ms=300_000), None)])
        own = {member: (await songs.some(tx, [liked.song], member))[liked.song] for member in (ADA, BEN)}
    listening = await stage.listening(deezer=True, videos=[video(seconds=300)])
    assert (await listening.to_own(BEN, own[BEN])).way is Way.LINK
    assert await stage.noted(liked) == {}
    assert (await listening.to_own(ADA, own[ADA])).way is Way.PREVIEW


async def test_nothing_is_recorded_about_a_song_nobody_has_any_more(stage: Stage) -> None:
    liked = await stage.like(song(1))
    listening = await stage.listening(videos=[video()])
    stage.fault("gate")
    asking = asyncio.create_task(listening.to(ADA, liked))
    async with stage.at_the_gate():
        async with stage.store.writing() as tx:
            await songs.unlike(tx, ADA, [liked.song])
        await erase.forget_unused(stage.store)
    assert (await asking).way is Way.LINK
    assert await stage.noted(liked) == {}
