"""Songs as members' files describe them: each file counts only for its own member."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from bot.adapters.store import Store, personal_data, schema
from bot.adapters.store.account import members
from bot.adapters.store.feed import catalogue
from bot.adapters.store.library import lookups, songs
from bot.adapters.store.migration import upgrade
from bot.adapters.store.social import server_channels
from bot.adapters.store.social import shared_playlists as table
from bot.core.features import SongFeatures
from bot.core.library.lookups import LookupState
from bot.core.library.merge import Origin
from bot.core.records import Actor, Like, Song
from bot.core.social.records import Place
from bot.errors import BadChoice
from bot.errors.feed import OnlyYours
from bot.flows.account import erase
from bot.flows.library import feature_lookup, imports, sync
from bot.flows.social import rounds
from bot.flows.social.shared import playlists as shared_playlists
from bot.ports import LookupResult, Subject
from tests.contract.conftest import MEMBER, Linked
from tests.contract.feed.catalogue_stage import ADA, BEN, EVA, Stage, staged

URI = "spotify:track:0000000000000000000101"
FULL = Song(
    URI,
    "Night Bus",
    ("Lena",),
    album="Line 9",
    year=2019,
    duration_ms=200_000,
    isrc="QZAAA2500001",
    url="https://open.spotify.com/track/0000000000000000000101",
    cover="https://i.scdn.co/image/cover",
)
BARE = Song(URI, "Night Bus", ("Lena",))
SPAM = f"""Track URI,Track Name,Artist Name(s),Album Name,Release Date,Duration (ms),ISRC,Tempo
{URI},Buy this,Spammer,Spam,1950,1000,QZSPM0000001,111
"""
BY_NAME = "Track Name,Artist Name(s)\nNight Bus,Lena\n"
FIELDS = ("title", "artists", "album", "year", "duration_ms", "isrc", "url", "cover")


@pytest.fixture
def stage(store: Store, tmp_path: Path, now: datetime) -> Stage:
    return staged(store, tmp_path, now)


async def at_spotify(stage: Stage, member: int, song: Song) -> None:
    async with stage.store.writing() as tx:
        await members.ensure(tx, member, stage.now)
        await members.change(tx, member, joined=True)
        await songs.like(tx, member, [Like(song, stage.now)], stage.now)


async def by_file(stage: Stage, member: int, text: str = SPAM) -> None:
    await imports.import_file(stage.store, member, "liked.csv", text.encode(), stage.now)
    async with stage.store.writing() as tx:
        await members.change(tx, member, joined=True)


async def as_seen(stage: Stage, member: int, song: str = URI) -> Song | None:
    async with stage.store.reading() as tx:
        return next((known for known in await songs.library(tx, member) if known.song == song), None)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("first", ["spotify", "file"])
async def test_p38_a_members_file_changes_no_field_that_another_sees(stage: Stage, field: str, first: str) -> None:
    lacking = replace(FULL, **{field: None}) if field not in ("title", "artists") else FULL
    for kind in ("spotify", "file") if first == "spotify" else ("file", "spotify"):
        await (at_spotify(stage, ADA, lacking) if kind == "spotify" else by_file(stage, BEN))
    await at_spotify(stage, EVA, replace(FULL, song=URI[:-1] + "2"))  # she has joined, so she sees what others share
    await stage.catalogue.points.refresh()
    assert await as_seen(stage, ADA) == lacking
    assert (await stage.catalogue.entry(EVA, URI)).song == lacking
    async with stage.store.reading() as tx:
        assert (await catalogue.described(tx, [URI]))[URI] == lacking


async def test_p38_a_file_adds_details_for_its_own_member(stage: Stage) -> None:
    await at_spotify(stage, ADA, BARE)
    await by_file(stage, BEN)
    assert await as_seen(stage, BEN) == replace(
        BARE, album="Spam", year=1950, duration_ms=1000, isrc="QZSPM0000001", url=None
    )
    assert (await stage.catalogue.about(BEN, URI)).song.album == "Spam"
    assert (await stage.catalogue.about(ADA, URI)).song == BARE


async def test_p38_two_files_about_one_song_are_each_their_members(stage: Stage) -> None:
    await by_file(stage, ADA, SPAM.replace("Buy this", "Night Bus"))
    await by_file(stage, BEN)
    assert [getattr(await as_seen(stage, member), "title", None) for member in (ADA, BEN)] == ["Night Bus", "Buy this"]


async def test_p38_a_later_file_does_not_erase_a_songs_name(stage: Stage) -> None:
    await by_file(stage, BEN)
    await by_file(stage, BEN, f"Track Name,Artist Name(s),Spotify - id\nOther,Somebody,{URI[-22:]}\n")
    await by_file(stage, BEN, f"Track URI,Track Name,Artist Name(s)\n{URI},Other,Somebody\n")
    seen = await as_seen(stage, BEN)
    assert seen is not None
    assert (seen.title, seen.album, seen.isrc) == ("Buy this", "Spam", "QZSPM0000001")


@pytest.mark.parametrize("text", [SPAM, BY_NAME], ids=["by id", "by name"])
async def test_p38_songs_only_a_file_knows_are_shown_to_nobody_else(stage: Stage, text: str, now: datetime) -> None:
    await by_file(stage, BEN, text)
    await at_spotify(stage, EVA, replace(FULL, song=URI[:-1] + "2"))
    await stage.catalogue.points.refresh()
    (own,) = [song for song in await library_of(stage, BEN) if song.song != URI[:-1] + "2"]
    assert (await stage.catalogue.about(BEN, own.song)).entry is None
    with pytest.raises(BadChoice):
        await stage.catalogue.about(EVA, own.song)
    page = await stage.catalogue.page(EVA, None, 100)
    assert [entry.song.song for entry in page.entries] == [URI[:-1] + "2"]
    assert own.song not in {suggested.song for suggested in await stage.catalogue.suggest(EVA, own.title[:3], 25)}
    async with stage.store.writing() as tx:
        await server_channels.give(tx, Place(7002, "rounds", 7001))
        assert await catalogue.described(tx, [own.song]) == {}
    number = await rounds.start(stage.store, Actor(EVA, 7001, now), 7002, "Rain", (24, 24))
    with pytest.raises(OnlyYours):
        await rounds.enter(stage.store, BEN, number, own, now)
    ours = await shared_playlists.open_new(stage.store, Actor(EVA, 7001, now), "Ours")
    with pytest.raises(OnlyYours):
        await shared_playlists.add(stage.store, Actor(BEN, 7001, now), ours, own)
    assert own not in await shared_playlists.latest_likes(
        stage.store, BEN, await shared_playlists.show(stage.store, BEN, 7001, ours), 25
    )
    async with stage.store.reading() as tx:
        assert await table.record(tx, ours) == []


async def library_of(stage: Stage, member: int) -> list[Song]:
    async with stage.store.reading() as tx:
        return await songs.library(tx, member)


async def test_p38_a_reposted_song_has_the_name_everybody_sees(stage: Stage, now: datetime) -> None:
    await at_spotify(stage, ADA, BARE)
    await by_file(stage, BEN)
    async with stage.store.writing() as tx:
        await server_channels.give(tx, Place(7002, "rounds", 7001))
    number = await rounds.start(stage.store, Actor(EVA, 7001, now), 7002, "Rain", (24, 24))
    await rounds.enter(stage.store, BEN, number, (await stage.catalogue.about(BEN, URI)).song, now)
    assert (await rounds.show(stage.store, number)).songs == {URI: BARE}
    assert await as_seen(stage, ADA) == BARE


async def test_p38_once_spotify_knows_a_song_a_file_only_adds_to_it(stage: Stage) -> None:
    await by_file(stage, BEN)
    await at_spotify(stage, ADA, BARE)
    seen = await as_seen(stage, BEN)
    assert seen is not None
    assert (seen.title, seen.album) == ("Night Bus", "Spam")
    await at_spotify(stage, ADA, FULL)
    assert await as_seen(stage, BEN) == FULL
    async with stage.store.reading() as tx:
        assert (await tx.execute(select(schema.own_song))).all() == []


async def test_a_response_with_fewer_details_erases_nothing(stage: Stage) -> None:
    await at_spotify(stage, ADA, FULL)
    await at_spotify(stage, ADA, BARE)
    assert await as_seen(stage, ADA) == FULL
    async with stage.store.writing() as tx:
        await songs.save(tx, [replace(FULL, title="By tag", cover="other")], stage.now, Origin.OPERATOR)
    assert await as_seen(stage, ADA) == FULL


TAGGED = Song(URI, "By tag", ("Tag",), album="Of the tag")
ARRIVALS = [*permutations(("file", "operator")), *permutations(("file", "operator", "spotify"))]


@pytest.mark.parametrize("order", ARRIVALS, ids=" then ".join)
async def test_p38_spotify_outranks_the_operator_who_outranks_a_file_in_any_order(
    stage: Stage, order: Sequence[str]
) -> None:
    for source in order:
        match source:
            case "file":
                await by_file(stage, BEN)
            case "spotify":
                await at_spotify(stage, ADA, BARE)
            case "operator":
                async with stage.store.writing() as tx:
                    await songs.save(tx, [TAGGED], stage.now, Origin.OPERATOR)
    everybody = replace(BARE, album=TAGGED.album) if "spotify" in order else TAGGED
    own = replace(everybody, year=1950, duration_ms=1000, isrc="QZSPM0000001")
    async with stage.store.reading() as tx:
        assert (await songs.get(tx, URI), await songs.get(tx, URI, BEN)) == (everybody, own)


async def test_a_date_missing_from_a_file_is_kept(stage: Stage) -> None:
    dated = SPAM.replace("Tempo\n", "Added At\n").replace(",111", ",2024-01-02T10:00:00Z")
    await by_file(stage, BEN, dated)
    await by_file(stage, BEN)
    async with stage.store.reading() as tx:
        assert (await songs.liked(tx, BEN))[URI] == datetime.fromisoformat("2024-01-02T10:00:00+00:00")


class Told:
    """A source that knows each song by its ISRC and returns that as a tempo."""

    name, needs, batch = "deezer", "isrc", 10

    def __init__(self, at: datetime) -> None:
        self.at = at

    async def since(self) -> datetime:
        return self.at

    async def look_up(self, subjects: Sequence[Subject]) -> Mapping[str, LookupResult]:
        tempos = {"QZSPM0000001": 66.0, "QZAAA2500001": 120.0}
        tempo_of = {subject.song.song: tempos.get(subject.song.isrc or "") for subject in subjects}
        return {song: LookupResult(SongFeatures({"energy": tempo})) for song, tempo in tempo_of.items() if tempo}


async def energies(stage: Stage, member: int) -> list[float | None]:
    async with stage.store.reading() as tx:
        known = await songs.features(tx, member, await songs.library(tx, member))
    return [features.numbers.get("energy") for features in known.values()]


async def test_p38_lookups_by_a_files_isrc_count_only_for_its_member(stage: Stage) -> None:
    source = Told(stage.now - timedelta(days=1))
    await by_file(stage, BEN)
    await feature_lookup.look_up(stage.store, [source], BEN, lambda: stage.now)
    assert await energies(stage, BEN) == [66.0]
    await by_file(stage, EVA, SPAM.replace("QZSPM0000001", "QZ0"))
    assert await energies(stage, EVA) == [None]
    await at_spotify(stage, ADA, FULL)  # from now on Spotify's ISRC is looked up, for everybody
    await feature_lookup.look_up(stage.store, [source], BEN, lambda: stage.now)
    for member in (ADA, BEN, EVA):
        assert await energies(stage, member) == [120.0]


async def test_p38_a_files_isrc_is_not_looked_up_for_a_song_everybody_sees(stage: Stage) -> None:
    await at_spotify(stage, ADA, BARE)
    await by_file(stage, BEN)
    await feature_lookup.look_up(stage.store, [Told(stage.now - timedelta(days=1))], BEN, lambda: stage.now)
    for member in (ADA, BEN):
        assert await energies(stage, member) == [None]


async def test_p38_ids_a_source_gave_for_a_file_count_only_for_its_member(stage: Stage) -> None:
    async with stage.store.writing() as tx:
        for owner, song, id_ in ((BEN, "a", "ben's"), (schema.OPERATOR, "a", "everybody's"), (BEN, "b", "ben's")):
            said = lookups.LookupOutcome(song, LookupState.KNOWN, ids={"recording": [id_]})
            await lookups.save(tx, "musicbrainz", [said], stage.now, owner)
        ids = await lookups.ids(tx, {"a": schema.OPERATOR, "b": BEN})
    assert ids == {"a": {"recording": ["everybody's"]}, "b": {"recording": ["ben's"]}}


async def test_a_song_spotify_renames_is_looked_up_again(stage: Stage) -> None:
    source = Told(stage.now - timedelta(days=1))
    await at_spotify(stage, ADA, replace(FULL, isrc="QZSPM0000001"))
    await feature_lookup.look_up(stage.store, [source], ADA, lambda: stage.now)
    await at_spotify(stage, ADA, FULL)
    assert await energies(stage, ADA) == [None]
    await feature_lookup.look_up(stage.store, [source], ADA, lambda: stage.now)
    assert await energies(stage, ADA) == [120.0]


@pytest.mark.slow
async def test_p35_a_file_nobody_has_any_more_leaves_nothing(stage: Stage) -> None:
    source = Told(stage.now - timedelta(days=1))
    await by_file(stage, BEN)
    await feature_lookup.look_up(stage.store, [source], BEN, lambda: stage.now)
    async with stage.store.writing() as tx:
        await songs.unlike(tx, BEN, [URI])
    await erase.forget_unused(stage.store)
    async with stage.store.reading() as tx:
        for table in (schema.own_song, schema.lookup):
            assert (await tx.execute(select(table))).all() == []
        assert {row.source for row in await tx.execute(select(schema.feature))} == {"csv"}
    await by_file(stage, BEN)
    async with stage.store.writing() as tx:
        rows = [row async for table, piece in personal_data.export(tx, BEN) for row in piece if table == "own_song"]
        assert [row["title"] for row in rows] == ["Buy this"]
        await personal_data.erase(tx, BEN)
        assert (await tx.execute(select(schema.own_song))).all() == []


OLD = """
INSERT INTO member (member, created_at, updates, daily_cap, learn_from_playlists, polls)
    VALUES (1001, 0, 'dm', 3, 0, 0), (1002, 0, 'dm', 3, 0, 0);
INSERT INTO account (member, client_id, user_key, name, tokens, consented_at, total)
    VALUES (1001, 'c', 'k', 'Ada', x'', 0, 1);
INSERT INTO song (song, title, artists, cached_at)
    VALUES ('both', 'Spam', '["Ben"]', 0), ('ben', 'Mine', '["Ben"]', 0), ('file:1', 'Too', '["Ben"]', 0);
INSERT INTO liked (member, song, fresh)
    VALUES (1001, 'both', 0), (1002, 'both', 0), (1002, 'ben', 0), (1002, 'file:1', 0);
INSERT INTO lookup (song, source, state, tries, asked_at, ids)
    VALUES ('both', 'deezer', 'known', 0, 0, '{}'), ('ben', 'deezer', 'known', 0, 0, '{}');
INSERT INTO feature (owner, song, source, numbers, sets, at)
    VALUES (0, 'both', 'deezer', '{}', '{}', 0), (0, 'ben', 'deezer', '{}', '{}', 0);
UPDATE member SET joined = 1;
INSERT INTO entry (song, key, artist, space, at) VALUES ('both', 'k1', 1, 1, 0), ('ben', 'k2', 1, 1, 0)
"""  # by Ada (1001), who is linked, and Ben (1002), who imported a file


async def test_p38_songs_of_an_older_version_go_to_those_whose_files_brought_them(tmp_path: Path) -> None:
    def older(connection: Connection) -> None:
        upgrade(connection, "0011")
        for statement in OLD.split(";"):
            connection.exec_driver_sql(statement)
        connection.commit()

    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'old.db'}")
    async with store._engine.connect() as tx:
        await tx.run_sync(older)
    await store.migrate()
    async with store.reading() as tx:
        assert [row.song for row in await tx.execute(select(schema.song))] == ["both"]
        assert {song.title for song in await songs.library(tx, BEN)} == {"Spam", "Mine", "Too"}
        for table_ in (schema.feature, schema.lookup):
            rows = await tx.execute(select(table_.c.owner, table_.c.song))
            assert {tuple(row) for row in rows} == {(0, "both"), (BEN, "ben")}
        assert await catalogue.page(tx, True, "", 10) == ["both"]
        account = await members.account(tx, ADA)
    await store.close()
    assert account is not None
    assert account.total is None  # makes the next sync read everything


async def test_p38_the_next_sync_repairs_what_an_older_version_let_a_file_overwrite(linked: Linked) -> None:
    async def synced() -> sync.Synced:
        return await sync.sync(linked.store, await linked.music(), await linked.account(), linked.now)

    async def titles() -> set[tuple[str, str | None]]:
        async with linked.store.reading() as tx:
            return {(song.title, song.isrc) for song in await songs.library(tx, MEMBER)}

    await synced()
    right = await titles()
    async with linked.store.writing() as tx:
        await tx.execute(schema.song.update().values(title="Spam", isrc="QZSPM0000001", origin=0))
        await tx.execute(schema.account.update().values(total=None))
    assert (await synced()).new == 0
    assert await titles() == right
    async with linked.store.reading() as tx:
        assert await songs.fresh(tx, MEMBER) == []  # nothing counts as newly liked
