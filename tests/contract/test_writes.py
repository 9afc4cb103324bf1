"""Playlists are written right when Spotify is slow, forgetful, or refuses: real store, HTTP, and time moved by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from bot.adapters.spotify import SpotifyMusic
from bot.adapters.store import answers, playlists, writes
from bot.chat import doubles, outcomes
from bot.core.journal import SETTLE, Problem
from bot.core.labels import Answer, Kind, Source, event_at
from bot.core.records import Playlist, Song
from bot.errors import CoolingDown, SpotifyDown, Unsettled
from bot.flows import hands, keep, library, propose, sort
from bot.flows.outlook import Outlook
from bot.flows.watch import nothing
from sandbox.spotify import Fault, Lag, Track
from tests.contract.spotify.stage import MARA, START, URIS, Stage, empty_store, staged

OWN, NEW = URIS[:3], URIS[10:30]
ADDING = "POST /v1/playlists/*/items"
LAGS = (0, 0.3, 0.6, 2, 12, 30)  # seconds


@dataclass
class Desk:
    """Mara with a playlist of her own, three songs in it, kept for her; time goes on only where somebody waits."""

    stage: Stage
    music: SpotifyMusic
    kept: Playlist

    def songs(self, kept: Playlist | None = None) -> list[str]:
        return list(self.stage.world.playlist((kept or self.kept).ref).uris)

    async def another(self, name: str, songs: Sequence[str] = ()) -> Playlist:
        made = self.stage.world.create_playlist("mara", name)
        self.stage.world.replace("mara", made.id, songs)
        return await keep.take(self.stage.store, self.music, MARA, "main", await self.found(made.id))

    async def found(self, ref: str):
        return next(each for each in await self.music.playlists() if each.id == ref)

    async def open(self, *lines: tuple[Playlist, str, str]) -> int:
        told = [(each.playlist, song, action) for each, song, action in lines]
        async with self.stage.store.writing() as tx:
            return await sort.open_tap(tx, MARA, self.kept.layer, told, self.stage.clock(), "add")

    async def add(self, *songs: str, to: Playlist | None = None) -> int:
        return await self.open(*((to or self.kept, song, "add") for song in songs))

    async def apply(self, write: int) -> sort.Receipt:
        """Carry a write out as the worker does: put off for as long as it says."""
        for _ in range(100):
            try:
                return await sort.apply(self.stage.store, self.music, write, self.stage.clock())
            except Unsettled as wait:
                self.stage.clock.now = max(wait.until, self.stage.clock())
            except SpotifyDown:
                self.stage.clock.pass_by(seconds=5)
        raise AssertionError("it never ends")

    async def undo(self, write: int) -> sort.Receipt:
        async with self.stage.store.writing() as tx:
            opened = await sort.undo(tx, MARA, write, self.stage.clock())
        return await self.apply(opened)

    def posts(self) -> int:
        return sum(each.line.startswith("POST /v1/playlists") for each in self.stage.world.requests)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(empty_store(tmp_path_factory.mktemp("store")))


@pytest.fixture
async def desk(tmp_path: Path, empty: Path) -> AsyncIterator[Desk]:
    async with staged(tmp_path, empty) as stage:
        music = await stage.link(MARA, "mara")
        made = stage.world.create_playlist("mara", "Quay")
        stage.world.replace("mara", made.id, OWN)
        desk = Desk(stage, music, None)  # type: ignore[arg-type]
        desk.kept = await keep.take(stage.store, music, MARA, "main", await desk.found(made.id))
        stage.clock.pass_by(minutes=2)
        stage.world.requests.clear()
        yield desk


FAULTS: dict[str, Callable[[], Fault | None]] = {
    "none": lambda: None,
    "carried out, then 502": lambda: Fault(ADDING, "apply-then", status=502),
    "502, not carried out": lambda: Fault(ADDING, "status", status=502),
    "carried out 1.5 s late": lambda: Fault(ADDING, "late", seconds=1.5),
    "carried out 12 s late": lambda: Fault(ADDING, "late", seconds=12),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("lag", LAGS)
async def test_p02_songs_are_written_once_however_late_they_can_be_read(desk: Desk, lag: float, fault: str) -> None:
    desk.stage.world.lag = Lag(lag, lag)
    desk.stage.world.faults += [made] if (made := FAULTS[fault]()) else []
    write = await desk.add(*NEW)
    receipt = await desk.apply(write)
    assert desk.songs() == OWN + NEW
    assert [each.song for each in receipt.placed] == NEW

    await desk.undo(write)
    assert desk.songs() == OWN
    desk.stage.clock.pass_by(minutes=2)
    assert await hands.look(desk.stage.store, desk.music, MARA, desk.stage.clock()) == 0, "nobody did anything by hand"


async def test_what_we_made_double_is_taken_out_again_and_a_persons_double_stays(desk: Desk) -> None:
    """An answer so late that the song was sent once more."""
    world, clock = desk.stage.world, desk.stage.clock
    world.add_by_hand("mara", desk.kept.ref, OWN[0])
    world.faults.append(Fault(ADDING, "late", seconds=SETTLE.total_seconds() + 20))
    write = await desk.add(*NEW[:2])
    seen: list[list[str]] = []
    world.after.append(lambda _: _keep(seen, desk))
    await desk.apply(write)
    assert max(map(len, seen)) == len(OWN) + 1 + 4, "they were double for a while"
    assert desk.songs() == [*OWN, OWN[0], *NEW[:2]]
    world.add_by_hand("mara", desk.kept.ref, NEW[0])
    clock.pass_by(minutes=2)
    await desk.apply(await desk.add(NEW[3]))
    assert desk.songs().count(NEW[0]) == 2


async def _keep(seen: list[list[str]], desk: Desk) -> None:
    seen.append(desk.songs())


async def test_an_addition_of_unknown_fate_waits_also_after_a_restart(desk: Desk) -> None:
    desk.stage.world.faults.append(Fault(ADDING, "status", status=502))
    write = await desk.add(*NEW)
    for _ in range(3):
        with pytest.raises(Unsettled):
            await sort.apply(desk.stage.store, desk.music, write, desk.stage.clock())
    assert desk.posts() == 1
    async with desk.stage.store.reading() as tx:
        assert (await writes.get(tx, write)).state == "applying", "not done before it is read there"
        assert {each.state for each in await writes.changes(tx, write)} == {"attempted"}
    desk.stage.clock.pass_by(seconds=2 * SETTLE.total_seconds())
    await desk.apply(write)
    assert desk.songs() == OWN + NEW


async def test_a_cooldown_is_no_try(desk: Desk) -> None:
    write = await desk.add(*NEW)
    for _ in range(4):
        desk.stage.world.faults.append(Fault(ADDING, "status", status=429, retry_after=600))
        with pytest.raises(CoolingDown):
            await sort.apply(desk.stage.store, desk.music, write, desk.stage.clock())
        desk.stage.clock.pass_by(minutes=11)
    await desk.apply(write)
    assert desk.songs() == OWN + NEW


async def test_p03_what_somebody_takes_out_while_it_is_written_is_not_put_back_and_is_said(desk: Desk) -> None:
    async def meddle(request) -> None:
        if request.line.startswith("POST /v1/playlists"):
            desk.stage.world.remove_by_hand("mara", desk.kept.ref, NEW[0])

    desk.stage.world.after.append(meddle)
    receipt = await desk.apply(await desk.add(*NEW))
    assert desk.songs() == OWN + NEW[1:]
    assert desk.posts() == 1
    assert [(each.song, each.problem) for each in receipt.refused] == [(NEW[0], Problem.CHANGED)]


@pytest.mark.parametrize("dead", [[0], [19], [3, 4, 11], list(range(20))])
async def test_dead_songs_keep_no_other_out_and_are_named(desk: Desk, dead: list[int]) -> None:
    for at in dead:
        del desk.stage.world.tracks[NEW[at]]
    receipt = await desk.apply(await desk.add(*NEW))
    alive = [uri for at, uri in enumerate(NEW) if at not in dead]
    assert desk.songs() == OWN + alive
    assert [each.song for each in receipt.placed] == alive
    assert {(each.song, each.problem) for each in receipt.refused} == {(NEW[at], Problem.UNKNOWN) for at in dead}
    async with desk.stage.store.reading() as tx:
        assert {(None, NEW[at]) for at in dead} <= await writes.barred(tx, MARA, START + timedelta(days=99))


@pytest.mark.parametrize(("status", "problem"), [(500, Problem.UNANSWERED), (403, Problem.FULL)])
async def test_a_full_playlist_ends_in_words_and_the_other_playlists_are_written(
    desk: Desk, status: int, problem: Problem
) -> None:
    other = await desk.another("Pier")
    full = f"POST /v1/playlists/{desk.kept.ref}/items"
    desk.stage.world.faults.append(Fault(full, "status", times=None, status=status))
    began = desk.stage.clock()
    write = await desk.open(*((desk.kept, uri, "add") for uri in NEW[:5]), *((other, uri, "add") for uri in NEW[5:]))
    receipt = await desk.apply(write)
    assert desk.stage.clock() - began < timedelta(minutes=5)
    assert desk.songs(other) == NEW[5:]
    assert desk.songs() == OWN
    assert [(each.song, each.problem) for each in receipt.refused] == [(uri, problem) for uri in NEW[:5]]
    assert receipt.write.state == "done"


async def test_songs_never_go_into_a_playlist_that_was_deleted_or_unfollowed(desk: Desk) -> None:
    other = await desk.another("Pier")
    desk.stage.world.unfollow("mara", desk.kept.ref)
    receipt = await desk.apply(await desk.open((desk.kept, NEW[0], "add"), (other, NEW[1], "add")))
    assert desk.songs() == OWN
    assert desk.songs(other) == NEW[1:2]
    assert [(each.song, each.problem) for each in receipt.refused] == [(NEW[0], Problem.GONE)]


MISSED = {
    "reading": "GET /v1/playlists/*",
    "writing": ADDING,
    "its place in the library": "GET /v1/me/library/contains",
}


@pytest.mark.parametrize("line", MISSED.values(), ids=MISSED)
@pytest.mark.parametrize("status", [403, 404])
async def test_p41_one_answer_that_a_playlist_is_not_there_says_nothing(desk: Desk, line: str, status: int) -> None:
    fault = Fault(line, "status", status=status)
    if line.endswith("contains"):
        fault = Fault(line, "edit", edit=lambda held: [False for _ in held])
    desk.stage.world.faults.append(fault)
    receipt = await desk.apply(await desk.add(*NEW))
    assert desk.songs() == OWN + NEW
    assert receipt.refused == []


async def test_p41_a_playlist_that_takes_nothing_though_it_can_be_read_ends_in_words(desk: Desk) -> None:
    desk.stage.world.faults.append(Fault(ADDING, "status", times=None, status=404))
    began = desk.stage.clock()
    receipt = await desk.apply(await desk.add(*NEW[:2]))
    assert {each.problem for each in receipt.refused} == {Problem.GONE}
    assert timedelta(seconds=30) < desk.stage.clock() - began < timedelta(minutes=2)
    assert desk.posts() < 10
    desk.stage.world.faults[:] = [Fault(ADDING, "status", status=404)]
    await desk.apply(await desk.add(NEW[3]))
    assert desk.songs() == [*OWN, NEW[3]], "what was believed once is not believed for ever"


async def test_a_song_that_moves_is_put_in_before_it_is_taken_out_or_stays(desk: Desk) -> None:
    other = await desk.another("Pier")
    await desk.apply(await desk.add(NEW[0], NEW[1]))
    del desk.stage.world.tracks[NEW[1]]
    lines = [line for song in NEW[:2] for line in ((desk.kept, song, "remove"), (other, song, "add"))]
    desk.stage.world.requests.clear()
    receipt = await desk.apply(await desk.open(*lines))
    assert desk.songs(other) == NEW[:1]
    assert desk.songs() == [*OWN, NEW[1]]
    lines = [each.line.split()[0] for each in desk.stage.world.requests if "GET" not in each.line]
    assert lines.index("DELETE") == len(lines) - 1
    assert {(each.song, each.action, each.problem) for each in receipt.refused} == {
        (NEW[1], "add", Problem.UNKNOWN),
        (NEW[1], "remove", Problem.UNMOVED),
    }


async def test_an_undo_whose_place_is_gone_puts_the_song_at_the_end(desk: Desk) -> None:
    await desk.apply(await desk.add(*NEW))
    out = await desk.open((desk.kept, NEW[19], "remove"))
    await desk.apply(out)
    for uri in [*OWN, *NEW[2:19]]:
        desk.stage.world.remove_by_hand("mara", desk.kept.ref, uri)
    await desk.undo(out)
    assert desk.songs() == [*NEW[:2], NEW[19]]


async def test_an_undo_that_spotify_did_not_take_can_be_pressed_again(desk: Desk) -> None:
    write = await desk.add(*NEW)
    await desk.apply(write)
    deleting = Fault("DELETE /v1/playlists/*/items", "status", times=None, status=500)
    desk.stage.world.faults.append(deleting)
    said = await desk.undo(write)
    assert {each.problem for each in said.refused} == {Problem.UNANSWERED}
    async with desk.stage.store.reading() as tx:
        assert not (await sort.receipt(tx, write)).undone
    desk.stage.world.faults.clear()
    await desk.undo(write)
    assert desk.songs() == OWN


async def test_a_write_that_failed_half_way_can_be_taken_back(desk: Desk) -> None:
    other = await desk.another("Pier")
    write = await desk.open((desk.kept, NEW[0], "add"), (other, NEW[1], "add"))
    desk.stage.world.faults.append(
        Fault(f"POST /v1/playlists/{other.ref}/items", "status", status=429, retry_after=900)
    )
    with pytest.raises(CoolingDown):
        await sort.apply(desk.stage.store, desk.music, write, desk.stage.clock())
    async with desk.stage.store.writing() as tx:
        await writes.set_state(tx, write, "failed", problem="Something went wrong.")
        assert [each.song for each in (await sort.receipt(tx, write)).placed] == NEW[:1], "what stands"
        assert (await writes.last_done(tx, MARA)).write == write
    desk.stage.clock.pass_by(minutes=16)
    await desk.undo(write)
    assert desk.songs() == OWN


async def test_p04_a_persons_song_is_not_ours_whatever_is_in_the_journal(desk: Desk) -> None:
    await desk.apply(await desk.add(NEW[0], OWN[0]))
    async with desk.stage.store.reading() as tx:
        assert await writes.ours(tx, desk.kept.playlist) == {NEW[0]}
        assert {item.song for item in await playlists.items(tx, desk.kept.playlist)} == {*OWN, NEW[0]}
    receipt = await desk.apply(await desk.open(*((desk.kept, song, "remove") for song in (*OWN, NEW[0]))))
    assert desk.songs() == OWN
    assert [each.song for each in receipt.removed] == NEW[:1]


async def test_a_song_taken_out_by_hand_and_put_back_by_hand_is_theirs(desk: Desk) -> None:
    write = await desk.add(NEW[0])
    await desk.apply(write)
    desk.stage.clock.pass_by(minutes=2)
    desk.stage.world.remove_by_hand("mara", desk.kept.ref, NEW[0])
    assert await hands.look(desk.stage.store, desk.music, MARA, desk.stage.clock()) == 1
    desk.stage.world.add_by_hand("mara", desk.kept.ref, NEW[0])
    await desk.undo(write)
    assert desk.songs() == [*OWN, NEW[0]]


async def prepared(desk: Desk, only: frozenset[str] = frozenset()) -> int:
    """What the watch would do after some new likes; nothing is guessed, only the member's word counts."""
    liked = [Song(uri, uri, ("Artist",)) for uri in (*OWN, *NEW)]
    outlook = Outlook(liked, {}, {each.song: at for at, each in enumerate(liked)}, np.zeros((0, 0)), None, None)
    async with desk.stage.store.writing() as tx:
        (layer,) = await playlists.layers(tx, MARA)
        write = await propose.prepare(tx, layer, outlook, only, "watch", desk.stage.clock())
        await writes.set_state(tx, write, "applying")
    return write


async def say(desk: Desk, song: str, event: int, *where: Playlist) -> None:
    said = Answer(song, Kind.ONLY if where else Kind.NONE, tuple(each.playlist for each in where), Source.BUTTON, event)
    async with desk.stage.store.writing() as tx:
        await answers.add(tx, MARA, desk.kept.layer, said)


async def test_a_corrected_song_moves_with_the_next_new_like_and_never_stands_nowhere(desk: Desk) -> None:
    other = await desk.another("Pier")
    await desk.apply(await desk.add(*NEW[:3]))
    await say(desk, NEW[0], 1, other)
    await say(desk, NEW[1], 2)
    receipt = await desk.apply(await prepared(desk))
    assert desk.songs(other) == NEW[:1]
    assert desk.songs() == [*OWN, NEW[2]]
    assert receipt.write.total == 0, "no new like among them"

    await say(desk, NEW[2], 3, other)
    del desk.stage.world.tracks[NEW[2]]
    await desk.apply(await prepared(desk))
    assert desk.songs() == [*OWN, NEW[2]], "it could not be put there, so it stays"
    assert (await desk.apply(await prepared(desk))).changes == [], "and is not proposed again"


def said_of(receipt: sort.Receipt) -> str:
    return outcomes.receipt(receipt, 0)


async def test_p43_a_write_is_told_in_the_past_tense_once_it_was_read_at_spotify(desk: Desk) -> None:
    desk.stage.world.lag = Lag(12, 12)
    store, clock = desk.stage.store, desk.stage.clock
    write = await desk.add(*NEW)
    with pytest.raises(Unsettled):
        await sort.apply(store, desk.music, write, clock())
    async with store.reading() as tx:
        assert said_of(await sort.receipt(tx, write)).startswith("**Still writing**")
    assert said_of(await desk.apply(write)).startswith("**Done** · **Quay** +20")

    async with store.writing() as tx:
        undo = await sort.undo(tx, MARA, write, clock())
    with pytest.raises(Unsettled):
        await sort.apply(store, desk.music, undo, clock())
    async with store.reading() as tx:
        assert "I am taking it back now." in said_of(await sort.receipt(tx, write))
        assert said_of(await sort.receipt(tx, undo)).startswith("**Taking it back now**")
    assert said_of(await desk.apply(undo)).startswith("**Taken back**")
    async with store.reading() as tx:
        assert said_of(await sort.receipt(tx, write)).endswith("Taken back since.")


async def test_p43_what_could_not_be_written_is_not_told_as_done(desk: Desk) -> None:
    desk.stage.world.faults.append(Fault(ADDING, "status", times=None, status=403))
    said = said_of(await desk.apply(await desk.add(*NEW)))
    assert said.startswith("**I couldn't do that**\n")
    assert "**Quay** takes no more songs. Not added: " in said
    assert "20 more" in said
    assert "+20" not in said


def release(number: int, of: str, isrc: str, ms: int = 200_000) -> Track:
    """A recording under an id of its own."""
    return Track(f"{number:022d}", of, ("Lena Ohm", "Sum"), f"Release {number}", "2020", ms, isrc)


ALBUM, SINGLE = release(1, "Nachtbus", "QZAAA2500001"), release(2, "Nachtbus (Single)", "QZAAA2500001")
REISSUE, LIVE = release(3, "NACHTBUS", "QZAAA2600001", 201_500), release(4, "Nachtbus", "QZAAA2700001", 320_000)


@pytest.fixture
async def releases(desk: Desk) -> Desk:
    """Mara likes four releases of a song, one of them live; the album's stands in her playlist, put there by hand."""
    desk.stage.world.publish([ALBUM, SINGLE, REISSUE, LIVE])
    for track in (ALBUM, SINGLE, REISSUE, LIVE):
        desk.stage.world.like("mara", track.uri)
    account = await desk.stage.account(MARA)
    assert account is not None
    await library.sync(desk.stage.store, desk.music, account, desk.stage.clock(), nothing)
    desk.stage.world.add_by_hand("mara", desk.kept.ref, ALBUM.uri)
    return desk


async def test_the_same_recording_is_not_added_again_under_another_id(releases: Desk) -> None:
    receipt = await releases.apply(await releases.add(SINGLE.uri, REISSUE.uri, LIVE.uri))
    assert releases.songs() == [*OWN, ALBUM.uri, LIVE.uri]
    assert {(each.song, each.problem) for each in receipt.refused} == {
        (SINGLE.uri, Problem.SAME),
        (REISSUE.uri, Problem.SAME),
    }
    await keep.settings(releases.stage.store, MARA, releases.kept.playlist, doubles=True)
    await releases.apply(await releases.add(SINGLE.uri))
    assert releases.songs() == [*OWN, ALBUM.uri, LIVE.uri, SINGLE.uri]


async def test_of_two_releases_in_one_write_the_first_goes_in(releases: Desk) -> None:
    other = await releases.another("Pier")
    await releases.apply(await releases.add(REISSUE.uri, ALBUM.uri, LIVE.uri, to=other))
    assert releases.songs(other) == [REISSUE.uri, LIVE.uri]


async def test_a_song_that_comes_back_under_another_id_is_not_added_at_every_sort(releases: Desk) -> None:
    """Spotify shows a stand-in in the place of what was put in, and does not say of which."""
    other = await releases.another("Pier")
    releases.stage.world.after.append(lambda request: stand_in(releases, other, request))
    for _ in range(3):
        receipt = await releases.apply(await releases.add(SINGLE.uri, to=other))
        releases.stage.clock.pass_by(minutes=2)
    assert releases.songs(other) == [ALBUM.uri]
    assert receipt.write.state == "done"


async def test_of_two_releases_the_other_goes_in_where_spotify_does_not_know_the_first(releases: Desk) -> None:
    other = await releases.another("Pier")
    del releases.stage.world.tracks[REISSUE.uri]
    receipt = await releases.apply(await releases.add(REISSUE.uri, SINGLE.uri, to=other))
    assert releases.songs(other) == [SINGLE.uri]
    assert [(each.song, each.problem) for each in receipt.refused] == [(REISSUE.uri, Problem.UNKNOWN)]


@pytest.mark.parametrize("lag", [0, 12])
async def test_what_spotify_shows_under_another_id_is_ours_to_take_out_and_put_back(releases: Desk, lag: float) -> None:
    world, other = releases.stage.world, await releases.another("Pier", OWN)
    releases.stage.clock.pass_by(minutes=2)
    world.after.append(lambda request: stand_in(releases, other, request))
    world.lag = Lag(lag, lag)
    write = await releases.apply(await releases.add(SINGLE.uri, NEW[0], to=other))
    assert releases.songs(other) == [*OWN, ALBUM.uri, NEW[0]]
    releases.stage.clock.pass_by(minutes=2)
    assert await hands.look(releases.stage.store, releases.music, MARA, releases.stage.clock()) <= 1, "of the album's"
    async with releases.stage.store.reading() as tx:
        said = (await answers.verdicts(tx, MARA, releases.kept.layer)).keys()
    assert said <= {ALBUM.uri}, "nobody took the single out"

    out = await releases.apply(await releases.open((other, SINGLE.uri, "remove")))
    assert releases.songs(other) == [*OWN, NEW[0]]
    back = await releases.undo(out.write.write)
    assert releases.songs(other) == [*OWN, ALBUM.uri, NEW[0]]
    assert back.refused == []
    await releases.undo(write.write.write)
    assert releases.songs(other) == OWN


async def stand_in(desk: Desk, playlist: Playlist, request) -> None:
    """Spotify shows the album's song in the place of the single, and does not say so."""
    rows = desk.stage.world.playlist(playlist.ref).uris
    if request.line.startswith("POST") and SINGLE.uri in rows:
        shown = [ALBUM.uri if uri == SINGLE.uri else uri for uri in rows]
        desk.stage.world.replace("mara", playlist.ref, shown)


async def test_p04_the_same_recording_put_in_by_hand_is_no_stand_in(releases: Desk) -> None:
    other = await releases.another("Pier")
    write = await releases.apply(await releases.add(SINGLE.uri, to=other))
    releases.stage.clock.pass_by(minutes=2)
    for uri in (ALBUM.uri, REISSUE.uri):
        releases.stage.world.add_by_hand("mara", other.ref, uri)
    releases.stage.world.remove_by_hand("mara", other.ref, SINGLE.uri)
    await releases.undo(write.write.write)
    assert releases.songs(other) == [ALBUM.uri, REISSUE.uri]


async def test_doubles_and_songs_that_cannot_be_played_are_shown(releases: Desk) -> None:
    for track in (REISSUE, LIVE):
        releases.stage.world.add_by_hand("mara", releases.kept.ref, track.uri)
    await hands.look(releases.stage.store, releases.music, MARA, releases.stage.clock())
    (found,) = await keep.odd(releases.stage.store, MARA)
    assert found.doubles == [("Nachtbus", [3, 4])]
    assert "has Nachtbus at 4 and 5" in doubles.shown([found])
    assert doubles.shown([]) == doubles.NOTHING


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_a_press_and_a_hand_edit_keep_their_order_with_clocks_apart(desk: Desk, minutes: int) -> None:
    """Discord's clock is ahead of ours, or behind."""

    def pressed() -> int:
        return event_at((desk.stage.clock() + timedelta(minutes=minutes)).timestamp() * 1000)

    async def wanted() -> bool:
        async with desk.stage.store.reading() as tx:
            verdict = (await answers.verdicts(tx, MARA, desk.kept.layer))[NEW[0]]
        return desk.kept.playlist in verdict.yes and desk.kept.playlist not in verdict.no

    await say(desk, NEW[0], pressed(), desk.kept)
    await desk.apply(await desk.add(NEW[0], NEW[1]))
    desk.stage.clock.pass_by(minutes=2)
    desk.stage.world.remove_by_hand("mara", desk.kept.ref, NEW[0])
    await hands.look(desk.stage.store, desk.music, MARA, desk.stage.clock())
    assert not await wanted(), "taken out by hand after the press"
    await desk.apply(await prepared(desk))
    assert NEW[0] not in desk.songs()

    desk.stage.clock.pass_by(minutes=2)
    await say(desk, NEW[0], pressed(), desk.kept)
    assert await wanted(), "pressed again after that"
