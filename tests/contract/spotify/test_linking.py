"""A consent needs the same person at both ends: the browser and the Discord account that started it (P37)."""

import asyncio
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from bot.adapters.artefacts import Folder
from bot.adapters.spotify import open_tokens
from bot.adapters.store import schema
from bot.adapters.store.library import songs
from bot.chat.sorting.offers import Offers
from bot.core.records import Actor
from bot.errors import LinkRefused, NotLinked, VaultError, WrongCode
from bot.errors.account import EarlierLink
from bot.errors.spotify import SpotifyDown
from bot.flows.account import link
from bot.flows.account.link import LETTERS, TRIES, Consent
from bot.flows.library import imports
from bot.flows.library.sync import sync
from bot.flows.sorting import playlists
from bot.messages.errors import describe
from bot.services import Services
from sandbox.spotify import Fault
from sandbox.spotify.faults import Request
from tests.contract.spotify.site import Site, back
from tests.contract.spotify.stage import APP, BACK, IDA, MARA, TOKEN, URIS, Stage, agree, returned
from tests.contract.spotify.writing.writer import listed
from tests.databases import everything_in

SECONDS = 600.0


async def arrived(stage: Stage, member: int = MARA, user: str = "mara") -> Consent:
    return await stage.linking.arrive(*returned(await agree(await stage.begin(member), user)))


def wrong(code: str) -> str:
    return code[:-1] + ("2" if code[-1] != "2" else "3")


async def test_p37_agreeing_alone_links_nothing(stage: Stage, linking: Site) -> None:
    status, page, _ = await linking.get(back(await agree(await stage.begin(MARA, "@mara (Mara)"), "ida")))
    assert status == 200
    assert "<bdi>Ida</bdi>" in page, "the page shows whose Spotify account it is"
    assert "<bdi>@mara (Mara)</bdi>" in page, "the page shows whose Discord account it is"
    assert await stage.account(MARA) is None
    async with stage.store.reading() as tx:
        assert (await tx.exec_driver_sql("SELECT * FROM link_state")).all() == []
        assert (await tx.exec_driver_sql("SELECT next_poll_at FROM member")).scalar_one() is None, "no poll is due"


async def test_p37_only_its_code_opens_an_unconfirmed_consent(stage: Stage) -> None:
    """Not even the keys do: whoever has them and the database would have to guess the code."""
    consent = await arrived(stage, MARA, "ida")
    kept = await everything_in(stage.store)
    tokens = open_tokens(stage.vault, MARA, consent.tokens)
    assert not [word for word in ("Ida", tokens.access, tokens.refresh, consent.code) if word.encode() in kept]
    assert consent.tokens not in kept
    async with stage.store.reading() as tx:
        assert (await tx.exec_driver_sql("SELECT * FROM account")).all() == []
        sealed = (await tx.exec_driver_sql("SELECT sealed FROM consent")).scalar_one()
    for purpose in ("tokens", "consent ", "consent"):
        with pytest.raises(VaultError):
            stage.vault.open(MARA, purpose, bytes(sealed))


async def test_p37_what_one_process_began_others_finish(stage: Stage) -> None:
    processes = [link.Linking(stage.store, stage.vault, stage.again(), stage.clock) for _ in range(4)]
    begun = await processes[0].begin(MARA, "@mara (Mara)", APP, BACK)
    code = (await processes[1].arrive(*returned(await agree(begun.url, "mara")))).code
    for tries, process in zip((4, 3, 2), processes, strict=False):
        with pytest.raises(WrongCode) as told:
            await process.prove(MARA, wrong(code))
        assert told.value.left == tries
    assert (await processes[2].prove(MARA, code)).profile.name == "Mara"
    linked = await asyncio.gather(*(process.finish(MARA, code) for process in processes), return_exceptions=True)
    assert [type(outcome) for outcome in linked].count(link.Linked) == 1


async def test_p37_guesses_at_the_same_time_are_counted_each(stage: Stage) -> None:
    code = (await arrived(stage)).code
    guesses = [stage.linking.prove(MARA, wrong(code)) for _ in range(20)]
    told = await asyncio.gather(*guesses, return_exceptions=True)
    assert [type(problem) for problem in told].count(WrongCode) == TRIES


async def test_p37_the_code_links_only_for_the_member_who_started(stage: Stage) -> None:
    consent = await arrived(stage, MARA, "ida")
    await arrived(stage, IDA, "ida")
    for member in (IDA, 99):
        with pytest.raises((LinkRefused, WrongCode)):
            await stage.linking.finish(member, consent.code)
    assert (await stage.linking.prove(MARA, consent.code)).profile.name == "Ida"
    assert await stage.account(MARA) is None, "the name is shown before anything is linked"
    assert (await stage.linking.finish(MARA, consent.code)).name == "Ida"
    with pytest.raises(LinkRefused):
        await stage.linking.finish(MARA, consent.code)


async def test_p37_a_code_can_be_tried_five_times(stage: Stage) -> None:
    code = (await arrived(stage)).code
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongCode) as told:
            await stage.linking.prove(MARA, wrong(code))
        assert told.value.left == left
    assert "last try" in describe(told.value)
    with pytest.raises(LinkRefused):
        await stage.linking.finish(MARA, code)


async def test_p37_guesses_by_a_forged_button_count_too(stage: Stage) -> None:
    code = (await arrived(stage)).code
    for _ in range(TRIES):
        with pytest.raises(LinkRefused):
            await stage.linking.finish(MARA, wrong(code))
    with pytest.raises(LinkRefused):
        await stage.linking.finish(MARA, code)


@pytest.mark.parametrize(("seconds", "good"), [(SECONDS - 1, True), (SECONDS, False)])
async def test_p37_a_code_lasts_ten_minutes(stage: Stage, seconds: int, good: bool) -> None:
    code = (await arrived(stage)).code
    stage.clock.pass_by(seconds=seconds)
    if good:
        await stage.linking.finish(MARA, code)
    else:
        with pytest.raises(LinkRefused):
            await stage.linking.finish(MARA, code)
    assert (await stage.account(MARA) is not None) == good


async def test_p37_a_newer_consent_replaces_the_older(stage: Stage) -> None:
    older, newer = await arrived(stage, user="ida"), await arrived(stage, user="mara")
    with pytest.raises(EarlierLink):
        await stage.linking.finish(MARA, older.code)
    assert (await stage.linking.finish(MARA, newer.code)).name == "Mara"


async def test_p37_a_code_is_accepted_however_people_type_it(stage: Stage) -> None:
    code = (await arrived(stage)).code
    assert set(code) <= {*LETTERS, "-"}
    for typed in (code.lower(), code.replace("-", ""), f"  {code} ", code.replace("-", " ")):
        assert (await stage.linking.prove(MARA, typed)).profile.name == "Mara"
    for nonsense in ("", "-", "é", "\u2460"):
        with pytest.raises(WrongCode):
            await stage.linking.prove(MARA, nonsense)


async def test_p37_a_pasted_address_shows_whose_account_it_is_before_linking(stage: Stage) -> None:
    consent = await stage.linking.arrive_pasted(MARA, await agree(await stage.begin(MARA), "ida"))
    assert consent.profile.name == "Ida"
    assert await stage.account(MARA) is None


@pytest.mark.parametrize("address", ["", "http://[", "http://x/?state=a", "http://x/?state=a&state=b", "no"])
async def test_a_malformed_address_is_refused_clearly(stage: Stage, address: str) -> None:
    with pytest.raises(LinkRefused):
        await stage.linking.arrive_pasted(MARA, address)


async def test_p35_links_and_consents_are_swept_even_if_nobody_returns(stage: Stage) -> None:
    await arrived(stage)
    await stage.begin(IDA)
    assert await waiting(stage) == (1, 1)
    stage.clock.pass_by(seconds=SECONDS)
    await stage.linking.sweep()
    assert await waiting(stage) == (0, 0)


async def test_p35_a_forgotten_consent_cannot_be_confirmed(stage: Stage) -> None:
    code = (await arrived(stage)).code
    assert await stage.linking.forget(MARA)
    with pytest.raises(LinkRefused):
        await stage.linking.finish(MARA, code)


@pytest.mark.parametrize("answer", [200, 503])
async def test_p35_nothing_is_kept_of_a_member_erased_during_a_spotify_call(stage: Stage, answer: int) -> None:
    def erase(said: Any) -> Any:
        with closing(sqlite3.connect(stage.store.path)) as database, database:
            database.execute("DELETE FROM member")
        return said

    stage.world.faults.append(Fault(TOKEN, "edit", edit=erase))
    if answer != 200:
        stage.world.faults.append(Fault("GET /v1/me", "status", status=answer))
    with pytest.raises((LinkRefused, SpotifyDown)):
        await arrived(stage)
    assert await waiting(stage) == (0, 0)


async def test_p35_a_member_erased_meanwhile_is_not_brought_back(stage: Stage) -> None:
    code = (await arrived(stage)).code
    async with stage.store.writing() as tx:
        await tx.exec_driver_sql("DELETE FROM member")
    with pytest.raises(LinkRefused):
        await stage.linking.finish(MARA, code)


async def test_a_member_has_one_pending_link(stage: Stage, linking: Site) -> None:
    older = await agree(await stage.begin(MARA), "mara")
    await stage.begin(MARA)
    assert (await linking.get(back(older)))[0] == 400


async def test_p39_an_account_linked_while_spotify_left_out_its_account_id_is_the_same_later(stage: Stage) -> None:
    stage.world.faults.append(Fault("GET /v1/me", "edit", edit=lambda me: {**me, "account_id": None}))
    music = await stage.link(MARA, "mara")
    chosen = await listed(music, stage.world.create_playlist("mara", "Run").id)
    await playlists.take(stage.store, music, Actor(MARA, None, stage.clock()), "main", chosen)
    await stage.link(MARA, "mara")
    account = await stage.account(MARA)
    assert account is not None
    assert account.user_key == stage.world.accounts["mara"].account_id
    assert [playlist.ref for _, playlist in await playlists.kept(stage.store, MARA)] == [chosen.id]


async def waiting(stage: Stage) -> tuple[int, int]:
    """How many links and consents wait."""
    async with stage.store.reading() as tx:
        rows = [(await tx.exec_driver_sql(f"SELECT 1 FROM {table}")).all() for table in ("link_state", "consent")]  # noqa: S608
    return len(rows[0]), len(rows[1])


@pytest.mark.parametrize("names", [3, 100])
async def test_songs_that_only_an_earlier_file_names_leave_the_library_and_stop_no_sync(
    stage: Stage, names: int
) -> None:
    rows = [f"Boat {number},Quay" for number in range(names)]
    file = "\n".join(["Track Name,Artist Name", *rows]).encode()
    await imports.import_file(stage.store, MARA, "songs.csv", file, stage.clock())
    music = await stage.link(MARA, "mara")
    for _ in range(3):
        account = await stage.account(MARA)
        assert account is not None
        assert (await sync(stage.store, music, account, stage.clock())).total == len(URIS)
    async with stage.store.reading() as tx:
        assert set(await songs.liked(tx, MARA)) == set(URIS)


async def test_playlists_are_offered_as_soon_as_a_member_has_linked(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.world.create_playlist("mara", "Run")
    services: Any = SimpleNamespace(store=stage.store, clock=stage.clock, spotify=stage.spotify)
    services.account_music = partial(Services.account_music, services)
    services.music = partial(Services.music, services)
    offers = Offers(services)
    with pytest.raises(NotLinked):
        await offers.of(MARA)
    await stage.link(MARA, "mara")
    assert [offered.name for offered in await offers.of(MARA)] == ["Run"]
    stage.world.create_playlist("mara", "Sleep")
    stage.clock.put(days=-1)
    monkeypatch.setattr("bot.chat.sorting.offers.FRESH", 0)
    assert {offered.name for offered in await offers.of(MARA)} == {"Run", "Sleep"}, "also once the clock is put back"


@pytest.mark.parametrize("line", ["GET /v1/playlists/", "POST /v1/me/playlists"])
async def test_p35_no_playlist_is_kept_for_a_member_who_unlinks_meanwhile(
    stage: Stage, tmp_path: Path, line: str
) -> None:
    music = await stage.link(MARA, "mara")
    run = stage.world.create_playlist("mara", "Run")
    stage.world.replace("mara", run.id, URIS[:3])
    chosen = await listed(music, run.id)

    async def unlink(request: Request) -> None:
        if request.line.startswith(line):
            await link.unlink(stage.store, stage.vault, Folder(tmp_path / "models"), MARA)

    stage.world.after.append(unlink)
    actor = Actor(MARA, None, stage.clock())
    keep = (
        playlists.take(stage.store, music, actor, "main", chosen)
        if line.startswith("GET")
        else playlists.make(stage.store, music, MARA, "main", "New", stage.clock())
    )
    with pytest.raises(NotLinked):
        await keep
    async with stage.store.reading() as tx:
        assert (await tx.execute(select(schema.content))).all() == []
        assert (await tx.execute(select(schema.playlist.c.ref))).all() == []


async def test_a_sync_of_an_account_stops_when_its_member_links_another(stage: Stage) -> None:
    """As when they notice at once that it was the wrong one: its likes aren't the other's, which has no sync yet."""
    music, before = await stage.link(MARA, "mara"), await stage.account(MARA)
    assert before is not None
    assert not await stage.linking.replaces(MARA, (await arrived(stage, MARA, "mara")).code)

    async def link_another(request: Request) -> None:
        if request.line.startswith("GET /v1/me/tracks"):
            stage.world.before.remove(link_another)
            consent = await arrived(stage, MARA, "ida")
            assert await stage.linking.replaces(MARA, consent.code)
            await stage.linking.finish(MARA, consent.code)

    stage.world.before.append(link_another)
    with pytest.raises(NotLinked):
        await sync(stage.store, music, before, stage.clock())
    async with stage.store.reading() as tx:
        assert await songs.liked(tx, MARA) == {}
    now_linked = await stage.account(MARA)
    assert now_linked is not None
    assert (now_linked.name, now_linked.synced_at) == ("Ida", None)
