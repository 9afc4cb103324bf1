"""Edits by hand in a playlist that the bot writes to, and answers about its songs."""

from datetime import timedelta

import pytest

from bot.adapters.store.sorting import answers, playlists, writes
from bot.core.records import Actor, Playlist, Song
from bot.core.sorting.labels import Answer, Kind, Source, event_at
from bot.core.sorting.learning.active_learning import projection_of
from bot.core.sorting.writing.journal import TRIES, Refused
from bot.flows.sorting import dry_run
from bot.flows.sorting import playlists as playlists_flow
from bot.flows.sorting.scored_library import NO_VECTORS, ScoredLibrary
from bot.flows.sorting.writing import manual_edits
from sandbox.spotify import Fault
from tests.contract.spotify.stage import MARA
from tests.contract.spotify.writing.writer import ADDING, NEW, OWN, PlaylistWriter


async def test_p03_a_song_removed_during_a_write_is_not_put_back_and_is_reported(
    writer: PlaylistWriter,
) -> None:
    async def meddle(request) -> None:
        if request.line.startswith("POST /v1/playlists"):
            writer.stage.world.remove_by_hand("mara", writer.kept.ref, NEW[0])

    writer.stage.world.after.append(meddle)
    receipt = await writer.apply(await writer.add(*NEW))
    assert writer.songs() == OWN + NEW[1:]
    assert writer.posts() == 1
    assert [(change.song, change.problem) for change in receipt.refused] == [(NEW[0], Refused.CHANGED)]


@pytest.mark.slow
async def test_p03_a_song_that_never_arrives_is_sent_three_times_and_reported(writer: PlaylistWriter) -> None:
    writer.stage.world.faults.append(Fault(ADDING, "status", status=502, times=None))
    receipt = await writer.apply(await writer.add(*NEW))
    assert writer.posts() == TRIES == 3
    assert writer.songs() == OWN
    assert [(change.song, change.problem) for change in receipt.refused] == [(song, Refused.UNANSWERED) for song in NEW]
    assert receipt.placed == []


@pytest.mark.slow
async def test_p04_a_song_added_by_hand_is_not_ours_whatever_the_journal_says(writer: PlaylistWriter) -> None:
    await writer.apply(await writer.add(NEW[0], OWN[0]))
    async with writer.stage.store.reading() as tx:
        assert await writes.ours(tx, writer.kept.playlist) == {NEW[0]}
        assert {item.song for item in await playlists.items(tx, writer.kept.playlist)} == {*OWN, NEW[0]}
    receipt = await writer.apply(await writer.open(*((writer.kept, song, "remove") for song in (*OWN, NEW[0]))))
    assert writer.songs() == OWN
    assert [change.song for change in receipt.removed] == NEW[:1]


async def test_a_playlist_is_called_what_its_member_calls_it_now(writer: PlaylistWriter) -> None:
    for name in ("Pier", ""):  # Spotify may leave a name out
        writer.stage.world.playlist(writer.kept.ref).name = name
        await manual_edits.detect(writer.stage.store, writer.music, MARA, writer.stage.clock())
        async with writer.stage.store.reading() as tx:
            assert [kept.name for kept in await playlists.of_member(tx, MARA)] == ["Pier"]


async def test_a_song_removed_and_put_back_by_hand_is_theirs(writer: PlaylistWriter) -> None:
    write = await writer.add(NEW[0])
    await writer.apply(write)
    writer.stage.clock.pass_by(minutes=2)
    writer.stage.world.remove_by_hand("mara", writer.kept.ref, NEW[0])
    assert await manual_edits.detect(writer.stage.store, writer.music, MARA, writer.stage.clock()) == 1
    writer.stage.world.add_by_hand("mara", writer.kept.ref, NEW[0])
    await writer.undo(write)
    assert writer.songs() == [*OWN, NEW[0]]


async def test_p04_what_a_member_does_to_a_playlist_while_it_is_not_kept_is_theirs(writer: PlaylistWriter) -> None:
    stage, kept = writer.stage, writer.kept
    write = await writer.add(*NEW[:3])
    await writer.apply(write)
    await playlists_flow.remove(stage.store, MARA, kept.playlist, stage.clock())
    stage.clock.pass_by(minutes=5)
    for song in NEW[:2]:
        stage.world.remove_by_hand("mara", kept.ref, song)
    stage.world.add_by_hand("mara", kept.ref, NEW[1])
    actor = Actor(MARA, None, stage.clock())
    await playlists_flow.take(stage.store, writer.music, actor, "main", await writer.listed(kept.ref))
    async with stage.store.reading() as tx:
        assert await writes.ours(tx, kept.playlist) == {NEW[2]}
        said = await answers.verdicts(tx, MARA, kept.layer)
    assert {song: verdict.no for song, verdict in said.items()} == {NEW[0]: {kept.playlist}}
    await writer.undo(write)
    assert writer.songs() == [*OWN, NEW[1]]


async def test_what_the_bot_put_into_a_playlist_counts_as_its_own_in_another_layer(writer: PlaylistWriter) -> None:
    stage, kept = writer.stage, writer.kept
    write = await writer.add(*NEW[:3])
    await writer.apply(write)
    stage.clock.pass_by(minutes=5)
    await playlists_flow.remove(stage.store, MARA, kept.playlist, stage.clock())
    actor = Actor(MARA, None, stage.clock())
    moved = await playlists_flow.take(stage.store, writer.music, actor, "mood", await writer.listed(kept.ref))
    async with stage.store.reading() as tx:
        main, mood = await playlists.layers(tx, MARA)
        assert await writes.ours(tx, moved.playlist) == {*NEW[:3]}
        assert [await playlists.in_layer(tx, each.layer) for each in (main, mood)] == [[], [moved]]
    assert (await writer.undo(write)).refused == []
    assert writer.songs() == OWN


async def prepared(writer: PlaylistWriter, only: frozenset[str] = frozenset()) -> int:
    """Prepare the write that new likes would cause; without a model, only the member's answers count."""
    liked = [Song(uri, uri, ("Artist",)) for uri in (*OWN, *NEW)]
    place = {song.song: at for at, song in enumerate(liked)}
    scored = ScoredLibrary(liked, place, NO_VECTORS, None, None, projection_of(0, lambda _: NO_VECTORS, 0))
    async with writer.stage.store.reading() as tx:
        (layer,) = await playlists.layers(tx, MARA)
    write = await dry_run.prepare(writer.stage.store, layer, scored, only, writer.stage.clock())
    async with writer.stage.store.writing() as tx:
        await writes.set_state(tx, write, "applying")
    return write


async def say(writer: PlaylistWriter, song: str, event: int, *where: Playlist) -> None:
    said = Answer(
        song, Kind.ONLY if where else Kind.NONE, tuple(playlist.playlist for playlist in where), Source.BUTTON, event
    )
    async with writer.stage.store.writing() as tx:
        await answers.add(tx, MARA, writer.kept.layer, said)


@pytest.mark.slow
async def test_a_corrected_song_moves_with_the_next_new_like_and_is_never_lost(writer: PlaylistWriter) -> None:
    other = await writer.another("Pier")
    await writer.apply(await writer.add(*NEW[:3]))
    await say(writer, NEW[0], 1, other)
    await say(writer, NEW[1], 2)
    receipt = await writer.apply(await prepared(writer))
    assert writer.songs(other) == NEW[:1]
    assert writer.songs() == [*OWN, NEW[2]]
    assert receipt.write.total == 0, "none of them is a new like"

    await say(writer, NEW[2], 3, other)
    del writer.stage.world.tracks[NEW[2]]
    await writer.apply(await prepared(writer))
    assert writer.songs() == [*OWN, NEW[2]], "it couldn't be added there, so it stays here"
    assert (await writer.apply(await prepared(writer))).changes == [], "and isn't proposed again"


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_a_press_and_an_edit_by_hand_keep_their_order_despite_clock_skew(
    writer: PlaylistWriter, minutes: int
) -> None:
    """Discord's clock is ahead of ours or behind it."""

    def pressed() -> int:
        return event_at((writer.stage.clock() + timedelta(minutes=minutes)).timestamp() * 1000)

    async def wanted() -> bool:
        async with writer.stage.store.reading() as tx:
            verdict = (await answers.verdicts(tx, MARA, writer.kept.layer))[NEW[0]]
        return writer.kept.playlist in verdict.yes and writer.kept.playlist not in verdict.no

    await say(writer, NEW[0], pressed(), writer.kept)
    await writer.apply(await writer.add(NEW[0], NEW[1]))
    writer.stage.clock.pass_by(minutes=2)
    writer.stage.world.remove_by_hand("mara", writer.kept.ref, NEW[0])
    await manual_edits.detect(writer.stage.store, writer.music, MARA, writer.stage.clock())
    assert not await wanted(), "removed by hand after the press"
    await writer.apply(await prepared(writer))
    assert NEW[0] not in writer.songs()

    writer.stage.clock.pass_by(minutes=2)
    await say(writer, NEW[0], pressed(), writer.kept)
    assert await wanted(), "pressed again after the removal"
