"""One answer about many songs: which are on the list, what it labels, what it leaves alone. Real store."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from bot.adapters.artefacts import Folder
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.sorting import answers, cards, playlists, writes
from bot.core.records import Item, Layer, NewWrite, Playlist
from bot.core.sorting.groups import ALBUM
from bot.core.sorting.labels import Answer, Kind, Source
from bot.core.sorting.writing.writes import WriteKind
from bot.errors import BadChoice, NotYours
from bot.errors.sorting import AllSorted, AlreadySorted, NoneOfThat, PlaylistNotKept
from bot.flows.library import imports
from bot.flows.sorting import playlists as kept_playlists
from bot.flows.sorting import review
from bot.flows.sorting.labelling import bulk, label
from bot.flows.sorting.labelling.bulk import Answered, Bulk
from bot.flows.sorting.labelling.label import Press
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.flows.sorting.train import training_set

ADA, BOB, EVENT = 1001, 1002, 5
HEAD = "Track URI,Track Name,Artist Name(s),Album Name,ISRC\n"


def uri(number: int) -> str:
    return f"spotify:track:{number:022d}"


def row(number: int, artists: str, album: str) -> str:
    return f"{uri(number)},Song {number},{artists},{album},GBAYE{number:07d}\n"


FILE = HEAD + "".join(
    [row(number, "Harbours", "Hits") for number in range(1, 6)]
    + [row(6, "Ann;Harbours", "Duets"), row(7, "Ann", "Hits"), row(8, "Bea", "Alone")]
)


@dataclass
class Desk:
    """Ada's songs and two playlists."""

    store: Store
    libraries: ScoredLibraries
    layer: Layer
    night: Playlist
    run: Playlist
    now: datetime

    async def listed(self, artist: str | None = "harbours", album: str | None = None) -> Bulk:
        return await bulk.named(self.store, self.libraries, self.layer, artist, album, self.now)

    async def more(self, song: int, key: int = 0, member: int = ADA, write: int | None = None) -> Bulk:
        card = label.new_card(self.layer, uri(song), self.now, write)
        async with self.store.writing() as tx:
            await cards.add(tx, card)
        return await bulk.more(self.store, self.libraries, member, card.card, key)

    async def answer(self, listed: Bulk, *songs: int, event: int = EVENT, kind: Kind = Kind.ONLY) -> Answered:
        said = Press(kind, [self.night.playlist] if kind is Kind.ONLY else [], event)
        return await bulk.answer(self.store, ADA, listed, said, [uri(song) for song in songs], self.now)

    async def labelled(self) -> dict[str, frozenset[int]]:
        async with self.store.reading() as tx:
            verdicts = await answers.verdicts(tx, ADA, self.layer.layer)
        return {song: verdict.yes for song, verdict in verdicts.items() if verdict.settled}

    async def tap(self, song: int, playlist: Playlist, event: int) -> None:
        async with self.store.writing() as tx:
            said = Answer(uri(song), Kind.ONLY, (playlist.playlist,), Source.BUTTON, event)
            await answers.add(tx, ADA, self.layer.layer, said)


@pytest.fixture
async def desk(store: Store, now: datetime, tmp_path: Path) -> Desk:
    await imports.import_file(store, ADA, "liked.csv", FILE.encode(), now)
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        layer = await playlists.ensure_layer(tx, ADA, "main")
        night, run = [await playlists.add(tx, layer, name, name, "🟦") for name in ("Late night", "Run")]
    return Desk(store, ScoredLibraries(store, Scorer(Folder(tmp_path))), layer, night, run, now)


def songs(listed: Bulk) -> set[str]:
    return {song.song for song in listed.songs}


async def test_the_list_has_what_the_member_placed_nowhere_and_no_playlist_holds(desk: Desk) -> None:
    await desk.tap(1, desk.run, 1)
    async with desk.store.writing() as tx:
        other_release = Item("spotify:track:other", None, isrc="GBAYE0000003")
        await playlists.save_content(tx, desk.run, [Item(uri(2), None), other_release], None)
    listed = await desk.listed()
    assert songs(listed) == {uri(4), uri(5), uri(6)}
    assert listed.total == 3
    assert (await desk.listed(None, "hits")).total == 2, "Ann's songs on an album of that name are another album"
    await kept_playlists.remove(desk.store, ADA, desk.run.playlist, desk.now)
    assert songs(await desk.listed()) == {uri(number) for number in range(2, 7)}, "Run isn't kept any more"


async def test_albums_of_one_name_are_told_apart_by_artist(desk: Desk) -> None:
    assert songs(await desk.more(7, ALBUM)) == {uri(7)}
    assert songs(await desk.more(1, ALBUM)) == {uri(number) for number in range(1, 6)}
    assert songs(await desk.listed("ann", "HITS")) == {uri(7)}
    assert songs(await desk.listed(None, uri(8))) == {uri(8)}, "as autocomplete names an album"
    assert [other.name for other in (await desk.more(6)).others] == ["Harbours"]


async def test_one_answer_labels_exactly_the_ticked_songs_as_one_opinion(desk: Desk) -> None:
    answered = await desk.answer(await desk.listed(), 1, 2, 6)
    assert (sorted(answered.songs), answered.total) == ([uri(1), uri(2), uri(6)], 6)
    assert await desk.labelled() == {uri(song): {desk.night.playlist} for song in (1, 2, 6)}
    async with desk.store.reading() as tx:
        training = await training_set(tx, ADA, desk.layer.layer)
    assert {(told.source, told.bulk_answer) for told in training.labels} == {("bulk", EVENT)}


async def test_an_answer_that_comes_twice_acts_once_and_never_over_an_earlier_one(desk: Desk) -> None:
    listed = await desk.listed()
    await desk.tap(1, desk.run, 1)
    first = await desk.answer(listed, 1, 2, 3)
    assert sorted(first.songs) == [uri(2), uri(3)]
    for event in (EVENT, EVENT + 1):
        with pytest.raises(AlreadySorted):
            await desk.answer(listed, 1, 2, 3, event=event)
    assert await desk.labelled() == {
        uri(1): {desk.run.playlist},
        uri(2): {desk.night.playlist},
        uri(3): {desk.night.playlist},
    }


async def test_one_undo_takes_all_of_it_back_and_nothing_else(desk: Desk) -> None:
    await desk.tap(8, desk.run, 1)
    listed = await desk.listed()
    await desk.answer(listed, 1, 2, 3)
    undone = await review.undo_answer(desk.store, desk.libraries, ADA, listed.card.card, desk.now)
    assert (undone.songs, undone.write) == (3, None)
    assert await desk.labelled() == {uri(8): {desk.run.playlist}}
    assert songs(await desk.listed()) == songs(listed)


async def test_none_of_them_is_an_answer_too_but_nothing_else_is(desk: Desk) -> None:
    listed = await desk.listed()
    for said in (Press(Kind.ONLY, [], 1), Press(Kind.NONE, [desk.run.playlist], 1), Press(Kind.SKIP, [], 1)):
        with pytest.raises(BadChoice):
            await bulk.answer(desk.store, ADA, listed, said, [uri(1)], desk.now)
    with pytest.raises(PlaylistNotKept):
        await bulk.answer(desk.store, ADA, listed, Press(Kind.ONLY, [99], 1), [uri(1)], desk.now)
    await desk.answer(listed, 1, 2, kind=Kind.NONE)
    assert await desk.labelled() == {uri(1): frozenset(), uri(2): frozenset()}


async def test_on_a_receipts_card_all_of_it_is_written(desk: Desk) -> None:
    async with desk.store.writing() as tx:
        asked = await writes.begin(tx, NewWrite(ADA, desk.layer.layer, WriteKind.WATCH, 1), desk.now)
    listed = await desk.more(1, write=asked)
    answered = await desk.answer(listed, 1, 2)
    assert answered.pressed.write is not None
    async with desk.store.reading() as tx:
        lines = await writes.changes(tx, answered.pressed.write)
    assert {(line.song, line.playlist) for line in lines} == {(uri(song), desk.night.playlist) for song in (1, 2)}


async def test_undoing_none_of_them_leaves_alone_what_an_earlier_answer_wrote(desk: Desk) -> None:
    async with desk.store.writing() as tx:
        asked = await writes.begin(tx, NewWrite(ADA, desk.layer.layer, WriteKind.WATCH, 1), desk.now)
    listed = await desk.more(1, write=asked)
    await desk.answer(listed, 1)
    async with desk.store.writing() as tx:
        none = Answer(uri(1), Kind.NONE, (), Source.BUTTON, EVENT + 1)
        await answers.add(tx, ADA, desk.layer.layer, none)
    undone = await review.undo_answer(desk.store, desk.libraries, ADA, listed.card.card, desk.now)
    assert undone.write is None
    assert await desk.labelled() == {uri(1): {desk.night.playlist}}


async def test_a_list_is_its_members_alone(desk: Desk) -> None:
    listed = await desk.more(1)
    with pytest.raises(NotYours):
        await bulk.more(desk.store, desk.libraries, BOB, listed.card.card, 0)
    with pytest.raises(NotYours):
        said = Press(Kind.ONLY, [desk.night.playlist], EVENT)
        await bulk.answer(desk.store, BOB, listed, said, [uri(1)], desk.now)
    assert await desk.labelled() == {}


async def test_an_artists_songs_are_listed_together_however_the_name_is_written(desk: Desk) -> None:
    other = HEAD + row(9, "Ann;The Harbours feat. Bea", "Elsewhere") + row(10, "HARBOURS", "Hits")
    await imports.import_file(desk.store, ADA, "more.csv", other.encode(), desk.now)
    everything = {uri(number) for number in (*range(1, 7), 9, 10)}
    assert songs(await desk.listed("The harbours")) == everything
    assert songs(await desk.more(9, 1)) == everything
    assert songs(await desk.more(1, ALBUM)) == {uri(number) for number in (*range(1, 6), 10)}
    for typed in ("harb", "the härbours"):
        assert len(await bulk.suggest_artists(desk.store, desk.libraries, desk.layer, typed, 25)) == 1


async def test_names_that_lead_nowhere_are_said_to(desk: Desk) -> None:
    with pytest.raises(NoneOfThat):
        await desk.listed("nobody")
    await desk.answer(await desk.listed("bea"), 8)
    with pytest.raises(AllSorted):
        await desk.listed("bea")


async def test_a_card_offers_more_only_where_there_is_more(desk: Desk) -> None:
    async def more(song: int) -> str | None:
        question = await label.ask_about(desk.store, desk.libraries, desk.layer, uri(song), desk.now)
        return question.more.name if question.more else None

    assert [await more(song) for song in (1, 6, 8)] == ["Harbours", "Ann", None]
    await desk.tap(7, desk.run, 1)
    assert await more(6) == "Harbours"


async def test_suggestions_are_of_what_is_not_placed_the_fullest_first(desk: Desk) -> None:
    given = (desk.store, desk.libraries, desk.layer)
    assert await bulk.suggest_artists(*given, "", 25) == ["Harbours", "Ann", "Bea"]
    assert [(song.album, song.artists[0]) for song in await bulk.suggest_albums(*given, "hit", 25)] == [
        ("Hits", "Harbours"),
        ("Hits", "Ann"),
    ]
    await desk.tap(8, desk.run, 1)
    assert await bulk.suggest_artists(*given, "b", 25) == ["Harbours"]
