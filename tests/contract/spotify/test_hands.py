"""What a person does by hand in a playlist that we write to, or says of its songs."""

from datetime import timedelta

import numpy as np
import pytest

from bot.adapters.store.sorting import answers, playlists, writes
from bot.core.records import Playlist, Song
from bot.core.sorting.journal import Refused
from bot.core.sorting.labels import Answer, Kind, Source, event_at
from bot.flows.sorting import dry_run, manual_edits
from bot.flows.sorting.scored_library import ScoredLibrary
from tests.contract.spotify.desk import NEW, OWN, Desk
from tests.contract.spotify.stage import MARA


async def test_p03_what_somebody_takes_out_while_it_is_written_is_not_put_back_and_is_said(desk: Desk) -> None:
    async def meddle(request) -> None:
        if request.line.startswith("POST /v1/playlists"):
            desk.stage.world.remove_by_hand("mara", desk.kept.ref, NEW[0])

    desk.stage.world.after.append(meddle)
    receipt = await desk.apply(await desk.add(*NEW))
    assert desk.songs() == OWN + NEW[1:]
    assert desk.posts() == 1
    assert [(each.song, each.problem) for each in receipt.refused] == [(NEW[0], Refused.CHANGED)]


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
    assert await manual_edits.look(desk.stage.store, desk.music, MARA, desk.stage.clock()) == 1
    desk.stage.world.add_by_hand("mara", desk.kept.ref, NEW[0])
    await desk.undo(write)
    assert desk.songs() == [*OWN, NEW[0]]


async def prepared(desk: Desk, only: frozenset[str] = frozenset()) -> int:
    """What the watch would do after some new likes; nothing is guessed, only the member's word counts."""
    liked = [Song(uri, uri, ("Artist",)) for uri in (*OWN, *NEW)]
    outlook = ScoredLibrary(liked, {}, {each.song: at for at, each in enumerate(liked)}, np.zeros((0, 0)), None, None)
    async with desk.stage.store.reading() as tx:
        (layer,) = await playlists.layers(tx, MARA)
    write = await dry_run.prepare(desk.stage.store, layer, outlook, only, "watch", desk.stage.clock())
    async with desk.stage.store.writing() as tx:
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
    await manual_edits.look(desk.stage.store, desk.music, MARA, desk.stage.clock())
    assert not await wanted(), "taken out by hand after the press"
    await desk.apply(await prepared(desk))
    assert NEW[0] not in desk.songs()

    desk.stage.clock.pass_by(minutes=2)
    await say(desk, NEW[0], pressed(), desk.kept)
    assert await wanted(), "pressed again after that"
