"""A dry run: what's shown is what's applied, also after *Not there*; and every song that stays has its reason."""

from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from sqlalchemy.exc import IntegrityError

from bot.adapters.local_playlists import LocalPlaylists
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists, writes
from bot.core.records import Account, Item, Like, NewWrite, Playlist, Song
from bot.core.sorting.decide import Scores
from bot.core.sorting.labels import Answer, Kind, Source
from bot.core.sorting.learning.active_learning import projection_of
from bot.core.sorting.writing.journal import Refused
from bot.core.sorting.writing.writes import Action, WriteKind, WriteState
from bot.errors.sorting import DryRunChanged, DryRunGone, PlaylistNotKept, ReceiptGone
from bot.flows.sorting import dry_run, review
from bot.flows.sorting import playlists as kept_playlists
from bot.flows.sorting.dry_run import MOST_ASKED, Reason
from bot.flows.sorting.review import Reviewed
from bot.flows.sorting.scored_library import NO_VECTORS, ScoredLibrary
from bot.flows.sorting.writing import corrections, sort, undo
from tests.databases import carry_out

MEMBER, STRANGER = 5, 6
SURE, TORN, UNSURE = [0.97, 0.01, 0.01, 0.01], [0.55, 0.43, 0.01, 0.01], [0.25, 0.25, 0.25, 0.25]


def uri(number: int) -> str:
    return f"spotify:track:{number:022d}"


class Prepared:
    """A member with three playlists, and a dry run of songs with these probabilities for each playlist and none."""

    def __init__(self, store: Store, now: datetime) -> None:
        self.store, self.now = store, now
        self.local = LocalPlaylists(store, MEMBER, lambda: now)
        self.kept: list[Playlist] = []

    async def sorted(
        self, rows: Sequence[Sequence[float]], known: Sequence[bool] = (), same: Container[int] = ()
    ) -> ScoredLibrary:
        isrcs = ["GBAYE6900001" if at in same else None for at in range(len(rows))]
        liked = [Song(uri(at), f"Song {at}", ("Artist",), isrc=isrc) for at, isrc in enumerate(isrcs)]
        async with self.store.writing() as tx:
            await members.ensure(tx, MEMBER, self.now)
            await songs.like(tx, MEMBER, [Like(song, self.now) for song in liked], self.now)
        make = kept_playlists.make
        self.kept = [
            await make(self.store, self.local, MEMBER, "main", name, self.now) for name in ("Run", "Bed", "Sea")
        ]
        classes = (*(playlist.playlist for playlist in self.kept), None)
        known_rows = np.array(known or [True] * len(rows))
        scores = Scores(classes, np.array(rows, np.float32), np.zeros((len(rows), 1), np.float32), known_rows)
        place = {song.song: at for at, song in enumerate(liked)}
        return ScoredLibrary(liked, place, NO_VECTORS, scores, None, projection_of(0, lambda _: NO_VECTORS, 0))

    async def planned(self, scored: ScoredLibrary) -> int:
        async with self.store.reading() as tx:
            (layer,) = await playlists.layers(tx, MEMBER)
        write = await dry_run.prepare(self.store, layer, scored, None, self.now)
        async with self.store.writing() as tx:
            await writes.set_state(tx, write, WriteState.PLANNED)
        return write

    async def reviewed(self, write: int) -> Reviewed:
        return await review.review(self.store, MEMBER, write)

    async def line(self, write: int, song: str, playlist: Playlist) -> int:
        changes = (await self.reviewed(write)).receipt.changes
        return next(each.change for each in changes if (each.song, each.playlist) == (song, playlist.playlist))

    async def not_there(self, change: int, event: int = 100) -> int | None:
        return await corrections.not_there(self.store, MEMBER, change, event, self.now)

    async def instead(self, change: int, playlist: Playlist | None, event: int) -> int | None:
        chosen = playlist.playlist if playlist else None
        return await corrections.instead(self.store, MEMBER, change, chosen, event, self.now)

    async def applied(self, write: int) -> dict[str, list[str | None]]:
        await sort.confirm(self.store, MEMBER, write)
        await sort.apply(self.store, self.local, write, self.now)
        return {playlist.name: (await self.local.contents(playlist.ref)).songs for playlist in self.kept}


@pytest.fixture
def prepared(store: Store, now: datetime) -> Prepared:
    return Prepared(store, now)


def shown(reviewed: Reviewed) -> set[tuple[str, int]]:
    return {(change.song, change.playlist) for change in reviewed.receipt.placed}


@pytest.mark.slow
async def test_what_is_shown_is_what_is_applied_whatever_was_corrected(prepared: Prepared) -> None:
    write = await prepared.planned(await prepared.sorted([SURE] * 5))
    run, bed, _sea = prepared.kept
    lines = [await prepared.line(write, uri(at), run) for at in range(4)]
    for event, line in enumerate(lines, 100):
        assert await prepared.not_there(line, event) is None, "nothing to write: it's a dry run"
    assert len(shown(await prepared.reviewed(write))) == 1
    await prepared.instead(lines[1], bed, 200)
    await prepared.instead(lines[2], None, 201)
    await prepared.instead(lines[3], run, 202)
    planned = await prepared.reviewed(write)
    assert shown(planned) == {(uri(1), bed.playlist), (uri(3), run.playlist), (uri(4), run.playlist)}
    assert (planned.receipt.left, planned.receipt.write.total) == (2, 5)
    assert await prepared.applied(write) == {"Run": [uri(3), uri(4)], "Bed": [uri(1)], "Sea": []}
    async with prepared.store.reading() as tx:
        said = await answers.verdicts(tx, MEMBER, run.layer)
    assert said[uri(0)].no == {run.playlist}
    assert [said[uri(at)].yes for at in (1, 2, 3)] == [{bed.playlist}, frozenset(), {run.playlist}]
    assert said[uri(2)].none


async def test_an_older_dry_run_does_not_bring_back_what_was_ruled_out(prepared: Prepared) -> None:
    scored = await prepared.sorted([SURE] * 2)
    older, newer = await prepared.planned(scored), await prepared.planned(scored)
    await prepared.not_there(await prepared.line(newer, uri(0), prepared.kept[0]))
    assert (await prepared.applied(older))["Run"] == [uri(1)]


async def test_an_answer_given_after_the_dry_run_wins_and_is_shown_before_it_is_applied(prepared: Prepared) -> None:
    write = await prepared.planned(await prepared.sorted([SURE] * 2))
    run, bed, _sea = prepared.kept
    seen = (await prepared.reviewed(write)).receipt.version
    async with prepared.store.writing() as tx:
        await answers.add(tx, MEMBER, run.layer, Answer(uri(0), Kind.ONLY, (bed.playlist,), Source.BUTTON, 50))
    with pytest.raises(DryRunChanged):
        await sort.confirm(prepared.store, MEMBER, write, seen)
    assert shown(await prepared.reviewed(write)) == {(uri(1), run.playlist)}
    assert await prepared.applied(write) == {"Run": [uri(1)], "Bed": [], "Sea": []}


async def test_an_older_dry_run_leaves_songs_where_a_newer_one_put_them(prepared: Prepared) -> None:
    before = await prepared.sorted([SURE] * 2)
    assert before.scores is not None
    changed = replace(before.scores, probabilities=before.scores.probabilities[:, [1, 0, 2, 3]])
    older, newer = [await prepared.planned(each) for each in (before, replace(before, scores=changed))]
    after = await prepared.applied(newer)
    assert after == {"Run": [], "Bed": [uri(0), uri(1)], "Sea": []}
    assert await prepared.applied(older) == after


async def test_a_song_that_was_to_move_stays_if_it_belongs_where_it_is_after_all(prepared: Prepared) -> None:
    scored = await prepared.sorted([SURE])
    await prepared.applied(await prepared.planned(scored))
    for event, playlist in enumerate((prepared.kept[1], prepared.kept[0])):
        write = await prepared.planned(scored) if event else 0
        async with prepared.store.writing() as tx:
            said = Answer(uri(0), Kind.ONLY, (playlist.playlist,), Source.BUTTON, 50 + event)
            await answers.add(tx, MEMBER, playlist.layer, said)
    assert await prepared.applied(write) == {"Run": [uri(0)], "Bed": [], "Sea": []}


async def test_what_is_ruled_out_of_a_dry_run_stays_in_the_plan_of_a_restore(prepared: Prepared) -> None:
    """It was shown as it will be, too."""
    write = await prepared.planned(await prepared.sorted([SURE] * 2))
    run = prepared.kept[0]
    async with prepared.store.writing() as tx:
        restore = await writes.begin(tx, NewWrite(MEMBER, run.layer, WriteKind.RESTORE), prepared.now)
        line = {"song": uri(0), "playlist": run.playlist, "action": Action.ADD}
        await writes.add_changes(tx, MEMBER, restore, [line])
        await writes.set_state(tx, restore, WriteState.PLANNED)
    await prepared.not_there(await prepared.line(write, uri(0), run))
    assert shown(await prepared.reviewed(restore)) == {(uri(0), run.playlist)}
    assert shown(await prepared.reviewed(write)) == {(uri(1), run.playlist)}


async def test_after_the_write_a_song_is_taken_out_and_put_where_it_belongs(prepared: Prepared) -> None:
    write = await prepared.planned(await prepared.sorted([SURE] * 3))
    run, bed, _sea = prepared.kept
    await prepared.applied(write)
    line = await prepared.line(write, uri(1), run)
    said = await corrections.correction(prepared.store, MEMBER, line)
    assert [other.name for other in said.others] == ["Bed", "Sea"], "it's in Run"
    for opened in (await prepared.not_there(line), await prepared.instead(line, bed, 101)):
        assert opened is not None
        await sort.apply(prepared.store, prepared.local, opened, prepared.now)
    contents = [(await prepared.local.contents(playlist.ref)).songs for playlist in (run, bed)]
    assert contents == [[uri(0), uri(2)], [uri(1)]]
    assert opened is not None
    back = await undo.write(prepared.store, MEMBER, opened, prepared.now)
    await sort.apply(prepared.store, prepared.local, back, prepared.now)
    assert (await prepared.local.contents(bed.ref)).songs == []
    async with prepared.store.reading() as tx:
        assert (await answers.verdicts(tx, MEMBER, run.layer))[uri(1)].no == {run.playlist}, (
            "only that answer is undone"
        )


async def test_p15_only_the_members_own_lines_and_other_playlists_can_be_named(prepared: Prepared) -> None:
    write = await prepared.planned(await prepared.sorted([SURE] * 2))
    line = await prepared.line(write, uri(0), prepared.kept[0])
    with pytest.raises(ReceiptGone):
        await corrections.not_there(prepared.store, STRANGER, line, 100, prepared.now)
    with pytest.raises(PlaylistNotKept):
        await corrections.instead(prepared.store, MEMBER, line, 999, 100, prepared.now)
    await sort.cancel(prepared.store, MEMBER, write)
    with pytest.raises(DryRunGone):
        await prepared.not_there(line)


async def test_every_song_that_stays_has_its_reason(prepared: Prepared) -> None:
    rows = [SURE, UNSURE, UNSURE, SURE, SURE, SURE, *[TORN] * (MOST_ASKED + 1)]
    known = [True, True, False, *[True] * (len(rows) - 3)]
    scored = await prepared.sorted(rows, known, same=(0, 5))
    run, _bed, _sea = prepared.kept
    async with prepared.store.writing() as tx:
        await answers.add(tx, MEMBER, run.layer, Answer(uri(3), Kind.NOT, (run.playlist,), Source.BUTTON, 300))
        lost = NewWrite(MEMBER, run.layer, WriteKind.ADD)
        refused = await sort.open_tap(tx, lost, [(run.playlist, uri(4), Action.ADD)], prepared.now)
        await writes.refuse(tx, refused, [run.playlist], Refused.UNKNOWN)
        await writes.set_state(tx, refused, WriteState.DONE)
        (layer,) = await playlists.layers(tx, MEMBER)
        found = await dry_run.decided(tx, layer, scored, None, prepared.now)
    reasons = {int(song[-3:]): reason for song, reason in found.stays.items()}
    said = [Reason.UNSURE, Reason.UNKNOWN, Reason.RULED_OUT, Reason.REFUSED, Reason.SAME]
    assert [reasons.pop(at) for at in range(1, 6)] == said
    assert list(reasons.values()) == [Reason.LATER]
    assert len({line["song"] for line in found.lines}) + len(found.stays) == found.looked_at, "each has its place"


async def test_a_song_is_not_proposed_where_it_stands(prepared: Prepared) -> None:
    """Not even in a layer whose songs may be in several playlists."""
    scored = await prepared.sorted([SURE, UNSURE])
    await prepared.applied(await prepared.planned(scored))
    async with prepared.store.writing() as tx:
        await playlists.change_layer(tx, prepared.kept[0].layer, several=True)
        (layer,) = await playlists.layers(tx, MEMBER)
        found = await dry_run.decided(tx, layer, scored, None, prepared.now)
    assert found.lines == []
    assert found.stays == {uri(0): Reason.PLACED, uri(1): Reason.UNSURE}


async def test_a_song_that_is_no_longer_liked_leaves_wherever_it_was_to_go_next(prepared: Prepared) -> None:
    scored = await prepared.sorted([SURE] * 2)
    run, bed, _sea = prepared.kept
    await prepared.applied(await prepared.planned(scored))
    async with prepared.store.writing() as tx:
        await answers.add(tx, MEMBER, run.layer, Answer(uri(1), Kind.ONLY, (bed.playlist,), Source.BUTTON, 1))
    left = replace(scored, songs=scored.songs[:1], place={uri(0): 0})
    assert await prepared.applied(await prepared.planned(left)) == {"Run": [uri(0)], "Bed": [], "Sea": []}


async def test_where_a_song_has_one_playlist_so_have_its_releases(prepared: Prepared) -> None:
    scored = await prepared.sorted([[0.9, 0.05, 0.04, 0.01], [0.01, 0.97, 0.01, 0.01], TORN], same=(0, 1, 2))
    async with prepared.store.reading() as tx:
        (layer,) = await playlists.layers(tx, MEMBER)
        found = await dry_run.decided(tx, layer, scored, None, prepared.now)
    assert [(line["song"], line["action"]) for line in found.lines] == [(uri(1), "add")], "the likeliest, unasked"
    assert found.stays == {uri(0): Reason.SAME, uri(2): Reason.SAME}


async def test_a_release_stays_as_long_as_another_one_is_liked(prepared: Prepared) -> None:
    scored = await prepared.sorted([SURE] * 2, same=(0, 1))
    assert scored.scores is not None
    sorted_ = await prepared.applied(await prepared.planned(scored))
    left = replace(scored.scores, probabilities=scored.scores.probabilities[1:], known=scored.scores.known[1:])
    after = replace(scored, songs=scored.songs[1:], place={uri(1): 0}, scores=left)
    assert await prepared.applied(await prepared.planned(after)) == sorted_


async def test_after_the_write_a_song_moves_on_to_where_it_is_said_to_belong_next(prepared: Prepared) -> None:
    write = await prepared.planned(await prepared.sorted([SURE] * 2))
    run, bed, sea = prepared.kept
    await prepared.applied(write)
    line, where = await prepared.line(write, uri(1), run), dict[str, list[str | None]]()
    for event, there in enumerate((bed, sea, None), 101):
        opened = await prepared.instead(line, there, event)
        assert opened is not None
        await sort.apply(prepared.store, prepared.local, opened, prepared.now)
        where = {kept.name: (await prepared.local.contents(kept.ref)).songs for kept in (run, bed, sea)}
        if there is not None:
            assert where == {"Run": [uri(0)], "Bed": [], "Sea": []} | {there.name: [uri(1)]}
    assert where == {"Run": [uri(0)], "Bed": [], "Sea": []}


async def test_what_is_said_of_a_release_is_not_undone_by_another_one(prepared: Prepared) -> None:
    scored = await prepared.sorted([SURE] * 2, same=(0, 1))
    run, bed, _sea = prepared.kept
    first = await prepared.planned(scored)
    assert (await prepared.applied(first))["Run"] == [uri(0)]
    out = await prepared.not_there(await prepared.line(first, uri(0), run))
    assert out is not None
    await sort.apply(prepared.store, prepared.local, out, prepared.now)
    assert shown(await prepared.reviewed(await prepared.planned(scored))) == set(), "it'd be back as another release"
    async with prepared.store.writing() as tx:
        await answers.add(tx, MEMBER, run.layer, Answer(uri(0), Kind.ONLY, (bed.playlist,), Source.BUTTON, 200))
    assert await prepared.applied(await prepared.planned(scored)) == {"Run": [], "Bed": [uri(0)], "Sea": []}


async def test_where_songs_may_be_in_several_one_more_playlist_leaves_it_where_it_was_put(prepared: Prepared) -> None:
    """Only one that's said to be all of a song's playlists takes it out of the others."""
    scored = await prepared.sorted([SURE] * 2)
    run, bed, sea = prepared.kept
    async with prepared.store.writing() as tx:
        await playlists.change_layer(tx, run.layer, several=True)
    await prepared.applied(await prepared.planned(scored))
    for event, kind in enumerate((Kind.ALSO, Kind.ONLY)):
        async with prepared.store.writing() as tx:
            await answers.add(tx, MEMBER, run.layer, Answer(uri(event), kind, (bed.playlist,), Source.HAND, event))
    after = await prepared.applied(await prepared.planned(scored))
    assert after == {"Run": [uri(0)], "Bed": [uri(0), uri(1)], "Sea": []}
    async with prepared.store.writing() as tx:
        await answers.add(tx, MEMBER, run.layer, Answer(uri(1), Kind.ALSO, (sea.playlist,), Source.HAND, 9))
    assert (await prepared.applied(await prepared.planned(scored))) == after | {"Sea": [uri(1)]}


async def test_songs_that_stand_in_a_playlist_neither_make_up_for_mistakes_nor_use_up_questions(
    prepared: Prepared,
) -> None:
    scored = await prepared.sorted([*[SURE] * (MOST_ASKED + 5), *[[0.65, 0.01, 0.01, 0.01]] * 4, UNSURE])
    run, bed, _sea = prepared.kept
    items = [Item(uri(at), None) for at in range(MOST_ASKED + 5)]
    async with prepared.store.writing() as tx:
        await playlists.change_layer(tx, run.layer, several=True, everything=True)
        await playlists.save_content(tx, run, items, None)
        await playlists.save_content(tx, bed, [Item(scored.songs[-1].song, None)], None)
        (layer,) = await playlists.layers(tx, MEMBER)
    likely = {(uri(at), run.playlist, "ask") for at in range(MOST_ASKED + 5, MOST_ASKED + 9)}
    async with prepared.store.reading() as tx:
        found = await dry_run.decided(tx, layer, scored, None, prepared.now)
    assert {(line["song"], line["playlist"], line["action"]) for line in found.lines} == likely
    async with prepared.store.writing() as tx:
        await playlists.change(tx, run.playlist, automatic=False)
        found = await dry_run.decided(tx, replace(layer, everything=False), scored, None, prepared.now)
    assert {(line["song"], line["playlist"], line["action"]) for line in found.lines} == likely
    assert set(found.stays.values()) == {Reason.PLACED}


async def test_only_the_first_receipt_of_who_has_spotify_says_that_likes_are_sorted_from_now_on(
    prepared: Prepared,
) -> None:
    scored = await prepared.sorted([SURE] * 2)
    run = prepared.kept[0]
    write = await prepared.planned(scored)
    assert not (await prepared.reviewed(write)).first, "nothing is written yet"
    await prepared.applied(write)
    assert not (await prepared.reviewed(write)).first, "a file's songs aren't watched"
    async with prepared.store.writing() as tx:
        await members.save_account(tx, Account(MEMBER, "app", "key", "Ada", b"sealed", prepared.now))
    assert (await prepared.reviewed(write)).first
    async with prepared.store.writing() as tx:
        for playlist in prepared.kept:
            await playlists.change(tx, playlist.playlist, automatic=False)
    assert not (await prepared.reviewed(write)).first, "it'd only ask"
    async with prepared.store.writing() as tx:
        await playlists.change(tx, run.playlist, automatic=True)
    undone = await undo.write(prepared.store, MEMBER, write, prepared.now)
    await sort.apply(prepared.store, prepared.local, undone, prepared.now)
    assert not (await prepared.reviewed(write)).first
    again = await prepared.planned(scored)
    await prepared.applied(again)
    assert not (await prepared.reviewed(again)).first, "they've read it before"


class OfMember:
    """Hands out the member's playlists."""

    def __init__(self, local: LocalPlaylists) -> None:
        self._local = local

    async def music(self, _: int) -> LocalPlaylists:
        return self._local


@pytest.mark.sqlite
async def test_p43_a_write_that_could_not_leave_its_notice_is_not_done_and_is_told_when_it_goes_on(
    prepared: Prepared,
) -> None:
    """A crash before the notice's commit leaves the same: the write counts as done only with its notice."""
    write = await prepared.planned(await prepared.sorted([SURE] * 5))
    await sort.confirm(prepared.store, MEMBER, write)
    told = "SELECT count(*) FROM notice WHERE kind = 'receipt'"
    carry_out(prepared.store.url, "CREATE TRIGGER no BEFORE INSERT ON notice BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(IntegrityError):
        await sort.carry_out(prepared.store, OfMember(prepared.local), write, prepared.now)
    assert [left.write for left in await sort.unfinished(prepared.store)] == [write]
    carry_out(prepared.store.url, "DROP TRIGGER no")
    await sort.carry_out(prepared.store, OfMember(prepared.local), write, prepared.now)
    assert carry_out(prepared.store.url, told) == [(1,)]
    assert await sort.unfinished(prepared.store) == []
