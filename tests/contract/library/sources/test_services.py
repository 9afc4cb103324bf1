"""The services over HTTP: each one's responses become features, and each one's errors are understood."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.sources.deezer import is_theirs
from bot.adapters.store import pace
from bot.cli.doctor import _sources
from bot.config import parse
from bot.core.moments import year_of
from tests.contract.library.sources.stage import ADA, ANN, BOB, Stage, elsewhere, recording, song, sound, uri
from tests.databases import everything_in

MUSICBRAINZ = pytest.mark.switched(MUSICBRAINZ_CONTACT="me@example.org")
LISTENBRAINZ = pytest.mark.switched(MUSICBRAINZ_CONTACT="me@example.org", LISTENBRAINZ="on")
DEEZER = pytest.mark.switched(DEEZER_PREVIEWS="on")
RECCOBEATS = pytest.mark.switched(RECCOBEATS="on")


# ---------------------------------------------------------------- MusicBrainz
@MUSICBRAINZ
async def test_musicbrainz_gives_artists_first_release_genres_and_tags(stage: Stage) -> None:
    stage.world.recordings += [recording(1, mbid="9" * 36, released="1999"), recording(1, artists=(ANN, BOB))]
    await stage.like(1)
    await stage.hear()
    features = await stage.features(1)
    assert features.numbers == {"year": year_of("1988-07-11")}
    words = {"genres": {"indie folk"}, "tags": {"seen live", "folk"}}
    assert features.sets == {"artists": {"Ann"}, "title": {"Song 1"}, **words}
    assert set(features.provenance.values()) == {"musicbrainz"}


@MUSICBRAINZ
async def test_the_artists_genres_are_the_fallback_and_downvotes_count(stage: Stage) -> None:
    stage.world.recordings.append(recording(1, genres={}, tags={}, released=""))
    await stage.like(1)
    await stage.hear()
    assert (await stage.features(1)).sets == {"artists": {"Ann"}, "title": {"Song 1"}, "genres": {"folk"}}


@MUSICBRAINZ
async def test_musicbrainz_gets_one_request_a_second_with_a_user_agent(stage: Stage) -> None:
    stage.world.recordings += [recording(number) for number in range(8)]
    await stage.like(*range(8))
    await stage.hear()
    assert len(stage.world.requests) == 8, "the stand-in answers 503 to anything faster"
    assert set((await stage.states("musicbrainz")).values()) == {"known"}
    assert {request.agent for request in stage.world.requests} == {"Cratekeeper/0.1 ( me@example.org )"}


@MUSICBRAINZ
async def test_all_processes_share_a_sources_pace(stage: Stage) -> None:
    stage.world.recordings += [recording(number) for number in range(8)]
    for number in range(8):
        await stage.like(number)
        async with elsewhere(stage, MUSICBRAINZ_CONTACT="me@example.org") as process:
            await process.hear()
    assert len(stage.world.requests) == 8, "the stand-in answers 503 to anything faster"
    assert set((await stage.states("musicbrainz")).values()) == {"known"}


@MUSICBRAINZ
async def test_an_invalid_isrc_is_not_sent(stage: Stage) -> None:
    await stage.like(1)
    async with stage.store.writing() as tx:
        await tx.exec_driver_sql("UPDATE song SET isrc = '../artist?x='")
    await stage.hear()
    assert stage.world.requests == []
    assert await stage.states("musicbrainz") == {uri(1): "nothing"}


@MUSICBRAINZ
async def test_retry_after_applies_to_everyone_even_after_a_restart(stage: Stage) -> None:
    stage.world.recordings.append(recording(1))
    stage.fault("musicbrainz *", "status", status=503, retry_after=120)
    await stage.like(1)
    heard = await stage.hear()
    assert heard.later is not None
    assert (heard.later - stage.clock()).total_seconds() == pytest.approx(120, abs=2)
    await stage.like(2, member=2)
    await stage.hear(member=2)
    assert len(stage.world.requests) == 1
    stage.clock.pass_by(seconds=121)
    await stage.hear()
    assert await stage.states("musicbrainz") == {uri(1): "known"}


@MUSICBRAINZ
async def test_queued_requests_are_dropped_when_the_source_asks_any_process_to_wait(stage: Stage) -> None:
    both_queue, on = asyncio.Barrier(3), asyncio.Event()

    async def sleep(seconds: float) -> None:
        await both_queue.wait()
        await on.wait()
        await stage.clock.sleep(seconds)

    for member in (1, 2, 3):
        await stage.like(member, member=member)
    await stage.hear(1)
    async with elsewhere(stage, sleep, MUSICBRAINZ_CONTACT="me@example.org") as process, asyncio.TaskGroup() as queue:
        for member in (2, 3):
            queue.create_task(process.hear(member))
        await both_queue.wait()
        async with stage.store.writing() as tx:
            await pace.cool_down(tx, "source:musicbrainz", stage.clock() + timedelta(minutes=2), "503")
        on.set()
    assert len(stage.world.requests) == 1


@MUSICBRAINZ
async def test_a_source_that_is_down_is_retried_with_backoff_and_logged_once(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.world.recordings.append(recording(1))
    stage.fault("musicbrainz *", "status", status=502, times=3)
    stage.fault("musicbrainz *", "status", status=500, times=2)
    await stage.like(1)
    waits = []
    while (heard := await stage.hear()).later is not None:
        waits.append((heard.later - stage.clock()).total_seconds())
        stage.clock.now = heard.later
    assert len(waits) == 5
    assert all(5 * 2**at <= wait <= 10 * 2**at + 1 for at, wait in enumerate(waits))
    assert await stage.states("musicbrainz") == {uri(1): "known"}
    assert [record.message.split(" (")[0] for record in caplog.records if record.levelname == "WARNING"] == [
        "musicbrainz does not answer",
        "musicbrainz answers again, after 5 tries",
    ]


# ---------------------------------------------------------------- ListenBrainz
@LISTENBRAINZ
async def test_listenbrainz_gives_similar_artists_for_musicbrainz_ids(stage: Stage) -> None:
    stage.world.recordings += [recording(1), recording(2, artists=(BOB,))]
    await stage.like(1, 2, 3)
    await stage.hear()
    assert (await stage.features(1)).sets["similar_artists"] == {ANN.mbid, *ANN.similar}
    assert await stage.states("listenbrainz") == {uri(1): "known", uri(2): "nothing"}
    assert len(stage.world.asked("listenbrainz *")) <= 2


# ---------------------------------------------------------------- Deezer
@DEEZER
async def test_a_preview_is_analysed_and_not_kept(stage: Stage) -> None:
    stage.world.recordings.append(recording(1))
    await stage.like(1)
    await stage.hear()
    features = await stage.features(1)
    assert features.numbers["brightness"] > 0
    assert len(features.embeddings["musicnn"]) > len(features.numbers), (
        "an excerpt doesn't show the song's length or fades"
    )
    assert set(features.provenance.values()) == {"deezer"}
    assert [file for file in stage.ear.files if isinstance(file, Path) or not file.closed] == []
    assert not list((stage.folder / "scratch").iterdir())
    assert b"/previews/" not in await everything_in(stage.store)


@DEEZER
@pytest.mark.parametrize(
    "made",
    [{"preview": None}, {"preview": b"no sound at all"}, {"isrc": "ZZAAA1900002"}],
    ids=["without", "broken", "unknown"],
)
async def test_missing_and_broken_previews_are_not_requested_again(stage: Stage, made: dict) -> None:
    stage.world.recordings.append(recording(1, **made))
    await stage.like(1)
    await stage.hear()
    asked = len(stage.world.requests)
    assert await stage.states("deezer") == {uri(1): "nothing"}
    stage.clock.pass_by(days=29)
    await stage.hear()
    assert len(stage.world.requests) == asked


@DEEZER
@pytest.mark.parametrize(("code", "seconds"), [(4, 10), (700, 60)])
async def test_an_error_inside_a_200_pauses_all_requests(stage: Stage, code: int, seconds: int) -> None:
    stage.world.recordings += [recording(1), recording(2)]
    stage.fault("deezer *", "error", code=code)
    await stage.like(1, 2)
    heard = await stage.hear()
    assert heard.later is not None
    assert (heard.later - stage.clock()).total_seconds() == pytest.approx(seconds, abs=1)
    assert len(stage.world.requests) == 1
    stage.clock.now = heard.later
    await stage.hear()
    assert await stage.states("deezer") == {uri(1): "known", uri(2): "known"}


@pytest.mark.slow
@DEEZER
async def test_never_more_than_50_requests_in_5_seconds(stage: Stage) -> None:
    stage.world.recordings += [recording(number, preview=None) for number in range(60)]
    await stage.like(*range(60))
    await stage.hear()
    times = [request.at for request in stage.world.requests]
    assert len(times) == 60, "the stand-in answers anything faster with an error"
    assert all((late - early).total_seconds() >= 5 for early, late in zip(times, times[50:], strict=False))


@DEEZER
async def test_a_preview_that_is_too_large_is_not_analysed(stage: Stage) -> None:
    stage.world.recordings.append(recording(1, preview=bytes(3_000_000)))
    await stage.like(1)
    await stage.hear()
    assert stage.ear.files == []
    assert await stage.states("deezer") == {uri(1): "failed"}


@DEEZER
def test_a_preview_on_a_foreign_host_is_not_fetched() -> None:
    theirs = ("https://cdnt-preview.dzcdn.net/api/1.mp3", "https://169.254.169.254/x", "https://dzcdn.net.evil.test/x")
    assert [is_theirs(url, "https://api.deezer.com") for url in theirs] == [True, False, False]
    assert not is_theirs("http://cdnt-preview.dzcdn.net/1.mp3", "https://api.deezer.com")


@pytest.mark.parametrize(
    ("url", "base", "theirs"),
    [
        ("https://api.deezer.com/1.mp3", "https://api.deezer.com", True),
        ("HTTPS://CDN.DZCDN.NET/1.mp3", "https://api.deezer.com", True),
        ("https://cdn.dzcdn.net:443/1.mp3", "https://api.deezer.com", True),
        ("http://127.0.0.1:8000/sources/1.mp3", "http://127.0.0.1:8000/sources/deezer", True),
        ("http://127.0.0.1:80000/1.mp3", "http://127.0.0.1:8000", False),
        ("http://127.0.0.1:8001/1.mp3", "http://127.0.0.1:8000", False),
        ("https://cdn.dzcdn.net:8443/1.mp3", "https://api.deezer.com", False),
        ("https://evil.test\\@cdn.dzcdn.net/1.mp3", "https://api.deezer.com", False),
        ("https://evil.test\\.dzcdn.net/1.mp3", "https://api.deezer.com", False),
        ("https://somebody@cdn.dzcdn.net/1.mp3", "https://api.deezer.com", False),
        ("https://evildzcdn.net/1.mp3", "https://api.deezer.com", False),
        ("https://cdn.dzcdn.net.evil.test/1.mp3", "https://api.deezer.com", False),
        ("https://api.deezer.com.evil.test/1.mp3", "https://api.deezer.com", False),
        ("https://api.deezer.com@evil.test/1.mp3", "https://api.deezer.com", False),
        ("https://cdn.dzcdn.net/1.mp3\n", "https://api.deezer.com", False),
        ("https://[cdn.dzcdn.net/1.mp3", "https://api.deezer.com", False),
        ("//cdn.dzcdn.net/1.mp3", "https://api.deezer.com", False),
        ("", "https://api.deezer.com", False),
    ],
)
def test_an_addresses_owner_is_decided_by_its_host(url: str, base: str, theirs: bool) -> None:
    assert is_theirs(url, base) == theirs


# ---------------------------------------------------------------- ReccoBeats
@RECCOBEATS
async def test_reccobeats_is_asked_about_forty_songs_at_once(stage: Stage) -> None:
    stage.world.recordings += [
        recording(number, numbers={} if number == 7 else {"tempo": number}) for number in range(90)
    ]
    await stage.like(*range(90))
    await stage.hear()
    assert len(stage.world.requests) == 3
    assert (await stage.features(8)).numbers == {"tempo": 8.0}
    assert (await stage.features(8)).provenance == {"tempo": "reccobeats"}
    assert [song_id for song_id, state in (await stage.states("reccobeats")).items() if state == "nothing"] == [uri(7)]


@RECCOBEATS
async def test_invalid_numbers_are_left_out(stage: Stage) -> None:
    stage.world.recordings.append(recording(1, numbers={"tempo": "fast", "energy": True, "valence": None, "mode": 1}))
    await stage.like(1)
    await stage.hear()
    assert (await stage.features(1)).numbers == {"mode": 1.0}


# ---------------------------------------------------------------- all sources
@pytest.mark.slow
@pytest.mark.parametrize("source", ["musicbrainz", "deezer", "reccobeats", "listenbrainz"])
@pytest.mark.parametrize("kind", ["malformed", "deep", "nonsense", "drop", "status"])
async def test_if_one_source_fails_the_others_go_on_and_it_is_retried(stage: Stage, source: str, kind: str) -> None:
    stage.world.recordings.append(recording(1))
    stage.fault(
        f"{source} *", kind, times=1 + (kind == "drop" and source != "listenbrainz")
    )  # a dropped GET is retried once
    await stage.like(1)
    heard = await stage.hear()
    names = {"musicbrainz", "deezer", "reccobeats", "listenbrainz"}
    without = {"musicbrainz", "listenbrainz"} if source == "musicbrainz" else {source}
    assert names - set((await stage.features(1)).provenance.values()) == without
    assert heard.later is not None
    stage.clock.now = heard.later
    await stage.hear()
    assert set((await stage.features(1)).provenance.values()) == names


async def test_the_days_budget_holds_until_midnight(stage: Stage) -> None:
    stage.world.recordings.append(recording(1))
    async with stage.store.writing() as tx:
        await pace.spend(tx, "source:reccobeats", stage.clock(), 5_000)
    await stage.like(1)
    heard = await stage.hear()
    assert stage.world.asked("reccobeats *") == []
    assert heard.later is not None
    assert (heard.later.hour, heard.later.minute, heard.later.day) == (0, 0, stage.clock().day + 1)
    stage.clock.now = heard.later
    await stage.hear()
    assert (await stage.features(1)).numbers["energy"] == 0.5


@pytest.mark.switched()
async def test_with_nothing_switched_on_nothing_is_requested_or_written(stage: Stage) -> None:
    stage.world.recordings.append(recording(1))
    await stage.like(1)
    heard = await stage.hear()
    assert (heard.more, heard.fresh, heard.later) == (False, False, None)
    assert stage.world.requests == []
    assert not (await stage.features(1)).known
    async with stage.store.reading() as tx:
        assert (await tx.exec_driver_sql("SELECT count(*) FROM lookup")).scalar_one() == 0


@MUSICBRAINZ
async def test_the_doctor_says_which_sources_are_used_and_which_are_paused(stage: Stage) -> None:
    async def said(**switched: str) -> str:
        return await _sources(parse({"DISCORD_TOKEN": "x", "DATABASE_URL": stage.store.url, **switched}))

    on = {"MUSICBRAINZ_CONTACT": "me@example.org", "RECCOBEATS": "on"}
    assert "no service" in await said()
    assert await said(**on) == "asked for features: musicbrainz, reccobeats"
    async with stage.store.writing() as tx:
        await pace.cool_down(tx, "source:reccobeats", datetime.now(UTC) + timedelta(hours=1), "429")
    assert "reccobeats (left alone until " in await said(**on)


def test_the_stand_ins_sounds_are_valid() -> None:
    assert sound(220)[:4] == b"RIFF"
    assert song(1).isrc == recording(1).isrc
    assert ADA == 1
