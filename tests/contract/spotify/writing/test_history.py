"""History of a kept playlist: who changed what, every earlier state, and restoring one."""

from dataclasses import dataclass, field

import pytest
from sqlalchemy import func, select

from bot.adapters.store import schema
from bot.adapters.store.sorting import answers, playlists, writes
from bot.core import limits
from bot.core.records import Actor
from bot.core.sorting.history import By
from bot.core.sorting.writing.writes import Action, WriteState
from bot.errors.sorting import NothingToRestore, StateGone
from bot.flows.sorting import history
from bot.flows.sorting import playlists as flow
from bot.flows.sorting.writing import manual_edits, sort
from bot.messages.sorting import history as messages
from sandbox.spotify import Lag
from tests.contract.spotify.stage import IDA, MARA, START
from tests.contract.spotify.writing.test_manual_edits import prepared
from tests.contract.spotify.writing.writer import NEW, OWN, PlaylistWriter


@dataclass
class Past:
    """Changes a playlist, and knows what it held before each change."""

    writer: PlaylistWriter
    held: list[list[str]] = field(default_factory=list)

    async def by_us(self, *lines: tuple[str, str]) -> None:
        self._later()
        await self.writer.apply(await self.writer.open(*((self.writer.kept, song, action) for song, action in lines)))

    async def by_hand(self, *, add: str = "", remove: str = "") -> None:
        self._later()
        world, ref = self.writer.stage.world, self.writer.kept.ref
        if remove:
            world.remove_by_hand("mara", ref, remove)
        if add:
            world.add_by_hand("mara", ref, add)
        await look(self.writer)

    def _later(self) -> None:
        self.held.append(self.writer.songs())
        self.writer.stage.clock.pass_by(minutes=5)


async def look(writer: PlaylistWriter) -> None:
    await manual_edits.detect(writer.stage.store, writer.music, MARA, writer.stage.clock())


@pytest.fixture
async def past(writer: PlaylistWriter) -> Past:
    """Four changes: two by us, two by hand."""
    made = Past(writer)
    await made.by_us(*((song, "add") for song in NEW[:4]))
    await made.by_hand(add=NEW[9], remove=NEW[1])
    await made.by_us((NEW[2], "remove"))
    await made.by_hand(remove=OWN[1])
    return made


async def shown(writer: PlaylistWriter) -> history.History:
    return await history.history(writer.stage.store, MARA, writer.kept.playlist)


async def state_before(writer: PlaylistWriter, change: int) -> history.State:
    """The state before a change, counted from the first."""
    revisions = list(reversed((await shown(writer)).revisions))
    return await history.state(writer.stage.store, MARA, revisions[change][0].revision)


async def restore(writer: PlaylistWriter, change: int) -> sort.Receipt:
    revision = (await state_before(writer, change)).revision.revision
    planned = await history.restore(writer.stage.store, writer.music, MARA, revision, writer.stage.clock())
    await sort.confirm(writer.stage.store, MARA, planned.write.write)
    return await writer.apply(planned.write.write)


async def test_history_says_who_added_and_removed_how_many_songs(past: Past) -> None:
    recorded = await shown(past.writer)
    assert [dict(tally) for _revision, tally in reversed(recorded.revisions)] == [
        {(Action.ADD, By.US): 4},
        {(Action.ADD, By.HAND): 1, (Action.REMOVE, By.HAND): 1},
        {(Action.REMOVE, By.US): 1},
        {(Action.REMOVE, By.HAND): 1},
    ]
    assert recorded.playlist.recorded_from == START, "from the moment it was added; nothing before that is known"
    assert f"4 changes since <t:{int(START.timestamp())}:f>" in messages.heading(recorded.playlist, 4)


async def test_every_earlier_state_is_what_the_playlist_held_then_in_its_order(past: Past) -> None:
    for change, held in enumerate(past.held):
        state = await state_before(past.writer, change)
        assert [song.song for song, _added in state.named] == held


@pytest.mark.slow
async def test_a_song_put_back_by_hand_after_we_removed_it_and_removed_again_is_not_our_doing(past: Past) -> None:
    await past.by_hand(add=NEW[2])
    await past.by_hand(remove=NEW[2])
    *_before, back, again = reversed((await shown(past.writer)).revisions)
    assert dict(back[1]) == {(Action.ADD, By.HAND): 1}
    assert dict(again[1]) == {(Action.REMOVE, By.HAND): 1}


@pytest.mark.slow
async def test_restoring_brings_back_what_it_held_and_undo_what_it_held_since(past: Past) -> None:
    writer, now = past.writer, past.writer.songs()
    receipt = await restore(writer, 1)
    assert writer.songs() == past.held[1]
    assert receipt.write.state == WriteState.DONE
    assert {change.song for change in receipt.placed} == {NEW[1], NEW[2], OWN[1]}
    assert [change.song for change in receipt.removed] == [NEW[9]], "added by hand, and shown before"
    assert dict((await shown(writer)).revisions[0][1]) == {(Action.ADD, By.US): 3, (Action.REMOVE, By.US): 1}
    await writer.undo(receipt.write.write)
    assert writer.songs() == now


async def test_a_restore_changes_nothing_before_it_is_confirmed(past: Past) -> None:
    writer, now = past.writer, past.writer.songs()
    revision = (await state_before(writer, 0)).revision.revision
    planned = await history.restore(writer.stage.store, writer.music, MARA, revision, writer.stage.clock())
    assert planned.write.state == WriteState.PLANNED
    assert {change.song for change in planned.removed} == {NEW[0], NEW[3], NEW[9]}
    assert set(planned.songs) == {change.song for change in planned.changes}, "each has a name, liked or not"
    assert writer.songs() == now
    assert await sort.cancel(writer.stage.store, MARA, planned.write.write)
    assert writer.songs() == now


@pytest.mark.slow
@pytest.mark.parametrize("lag", [Lag(12, 12), Lag(0.5, 30)])
async def test_a_restore_and_its_undo_end_as_they_should_when_reading_lags(past: Past, lag: Lag) -> None:
    writer, now = past.writer, past.writer.songs()
    writer.stage.clock.pass_by(minutes=2)
    writer.stage.world.lag = lag
    receipt = await restore(writer, 1)
    assert writer.songs() == past.held[1]
    await writer.undo(receipt.write.write)
    assert writer.songs() == now


async def test_what_was_changed_by_hand_since_the_last_look_is_part_of_the_restore(past: Past) -> None:
    writer = past.writer
    writer.stage.clock.pass_by(minutes=2)
    writer.stage.world.add_by_hand("mara", writer.kept.ref, NEW[15])
    receipt = await restore(writer, 1)
    assert writer.songs() == past.held[1]
    assert NEW[15] in {change.song for change in receipt.removed}


@pytest.mark.slow
async def test_p04_a_restored_song_is_the_members_and_no_sort_removes_it(past: Past) -> None:
    writer = past.writer
    await restore(writer, 1)
    async with writer.stage.store.reading() as tx:
        assert not {NEW[1], OWN[1]} & await writes.sorted_in(tx, writer.kept.playlist)
        assert NEW[0] in await writes.sorted_in(tx, writer.kept.playlist)
    before = await answered(writer)
    writer.stage.clock.pass_by(minutes=5)
    await look(writer)
    await writer.apply(await prepared(writer))
    assert writer.songs() == past.held[1]
    assert await answered(writer) == before, "restoring teaches nothing"


async def answered(writer: PlaylistWriter) -> list[tuple[str, int]]:
    async with writer.stage.store.reading() as tx:
        return [(answer.song, answer.event) for answer in await answers.standing(tx, MARA, writer.kept.layer)]


async def test_there_is_nothing_to_restore_if_it_holds_those_songs(past: Past) -> None:
    await past.by_hand(add=OWN[1])
    with pytest.raises(NothingToRestore):
        await restore(past.writer, 3)


async def test_nobody_else_sees_or_restores_a_members_playlist(past: Past) -> None:
    writer = past.writer
    revision = (await state_before(writer, 1)).revision.revision
    for other, number in ((IDA, revision), (MARA, 10**6)):
        with pytest.raises(StateGone):
            await history.state(writer.stage.store, other, number)
    with pytest.raises(StateGone):
        await history.history(writer.stage.store, IDA, writer.kept.playlist)


@pytest.mark.slow
async def test_the_history_of_a_playlist_goes_on_when_it_is_added_again(past: Past) -> None:
    writer = past.writer
    await flow.remove(writer.stage.store, MARA, writer.kept.playlist, writer.stage.clock())
    with pytest.raises(StateGone):
        await shown(writer)
    writer.stage.world.add_by_hand("mara", writer.kept.ref, NEW[15])
    actor = Actor(MARA, None, writer.stage.clock())
    await flow.take(writer.stage.store, writer.music, actor, "main", await writer.listed(writer.kept.ref))
    newest, *_earlier = (await shown(writer)).revisions
    assert dict(newest[1]) == {(Action.ADD, By.HAND): 1}
    assert [song.song for song, _added in (await state_before(writer, 0)).named] == past.held[0]


async def test_the_oldest_changes_make_room_and_the_history_says_since_when(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = past.writer
    second = (await state_before(writer, 1)).revision
    monkeypatch.setattr(limits, "REVISIONS", 3)
    await past.by_hand(add=NEW[12])
    recorded = await shown(writer)
    assert len(recorded.revisions) == 3
    assert recorded.playlist.recorded_from == second.at
    assert [song.song for song, _added in (await state_before(writer, 0)).named] == past.held[2]
    monkeypatch.setattr(limits, "EDITS", 1)
    await past.by_hand(add=NEW[13])
    assert len((await shown(writer)).revisions) == 1
    async with writer.stage.store.reading() as tx:
        left = (await tx.execute(select(func.count()).select_from(schema.edit))).scalar_one()
        assert left == 1, "what made room is deleted"
        assert [item.song for item in await playlists.items(tx, writer.kept.playlist)] == writer.songs()
