"""A bot in parts: gateway, workers and web as processes of their own, on one PostgreSQL database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.adapters.store import Store
from bot.adapters.store.social import server_channels
from bot.core.social.records import Place
from bot.flows.social.server_channels import Purpose
from sandbox.discord import Channel, Guild, Message, Person
from sandbox.spotify.faults import Request
from sandbox.stack import BotEnded, consent_url
from tests.e2e.chat_stage import STYLES, answer, as_file, label, styled
from tests.e2e.checked_stack import PATIENCE, CheckedStack
from tests.e2e.process.parts_stage import Parts
from tests.e2e.trained_stage import TAUGHT, plain, trained


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    async with Parts(tmp_path / "stack") as stack:
        await stack.begin_all()
        yield stack
        await stack.stop_all()


@pytest.mark.slow
async def test_p24_the_main_job_goes_in_parts_and_all_stop_in_order(parts: Parts) -> None:
    ada = await trained(parts)
    before = ada.contents()
    receipt = await ada.apply(await ada.dry_run())
    sorted_ = ada.contents()
    assert sorted_ != before
    ada.likes()
    await parts.until(lambda: ada.contents() != sorted_)
    await ada.undo(receipt)
    deleting = await ada.person.submit(await ada.person.command("data delete"), word="delete")
    await deleting.until(lambda message: "is deleted" in message.text(), PATIENCE)
    assert parts.rows("select 1 from member") == []
    assert await parts.stop_all() == [0, 0, 0]
    parts.checks.check(trouble=True)


async def test_p26_what_a_killed_worker_had_begun_is_done_by_another(parts: Parts) -> None:
    ada = await trained(parts)
    before = ada.contents()
    await parts.begin("worker", "--name", "2")
    dry_run = await ada.dry_run()
    parts.spotify.before.append(slow := Slow())
    outcome = await ada.person.click(dry_run, "Apply")
    await asyncio.wait_for(slow.reached.wait(), PATIENCE)
    await parts.kill("worker --name 1")
    parts.spotify.before.remove(slow)
    receipt = await outcome.until(lambda message: "Undo" in [button.label for button in message.buttons()], PATIENCE)
    after = ada.contents()
    assert after != before
    assert all(len(songs) == len(set(songs)) for songs in after.values())
    await ada.undo(receipt)
    assert ada.contents() == before


async def test_how_far_a_worker_has_come_with_the_likes_is_shown_where_they_were_linked(parts: Parts) -> None:
    listener = parts.add_listener("Ada", plain(72, seed=21))
    parts.spotify.before.append(second_page := SecondPage())
    outcome = await listener.person.command("link")
    page = await parts.agree(consent_url(await outcome.reply()), listener.account)
    linked = await parts.confirm(listener.person, await outcome.reply(), page)
    await linked.until(lambda message: "50 of 72" in message.text(), PATIENCE)
    second_page.released.set()
    await linked.until(lambda message: "72 liked songs" in message.text(), PATIENCE)


class SecondPage:
    """Holds up the second page of likes."""

    def __init__(self) -> None:
        self.released = asyncio.Event()

    async def __call__(self, request: Request) -> None:
        if request.path == "/v1/me/tracks" and request.query.get("offset") == "50":
            await self.released.wait()


class Slow:
    """Holds up the first write, for as long as nobody kills who sent it."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()

    async def __call__(self, request: object) -> None:
        if getattr(request, "method", "GET") != "GET" and "/playlists/" in getattr(request, "path", ""):
            self.reached.set()
            await asyncio.sleep(3)


async def test_p16_a_killed_gateway_and_web_process_go_on_when_they_start_again(parts: Parts) -> None:
    ada = await trained(parts)
    card = await answer(ada.person.command("label"))
    labels = len(parts.labels(ada.person))
    await parts.kill("gateway")
    await parts.discord.wait_for(lambda: not parts.discord.online, PATIENCE)
    await parts.begin("gateway")
    await parts._until_ready(asyncio.Event().wait())
    await answer(ada.person.click(card, "Late night"))
    assert len(parts.labels(ada.person)) == labels + 1
    await parts.kill("web")
    await parts.begin("web", port=parts.bot_port)
    await parts.until_served()


async def test_parts_need_a_server_and_a_name_of_their_own(parts: Parts, tmp_path: Path) -> None:
    with pytest.raises(BotEnded, match="Another"):
        await parts.run("-m", "bot", "gateway")
    with pytest.raises(BotEnded, match="whole bot"):
        await parts.run("-m", "bot", "run")
    with pytest.raises(BotEnded, match="whole bot"):
        await parts.run("-m", "bot", "migrate-store", "--to", f"sqlite+aiosqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(BotEnded, match="must be A-B/N"):
        await parts.run("-m", "bot", "gateway", "--shards", "3-1/4")
    async with CheckedStack(tmp_path / "file") as alone:
        with pytest.raises(BotEnded, match="only on PostgreSQL"):
            await alone.run("-m", "bot", "worker")


async def test_two_gateways_have_a_servers_events_each_and_identify_in_turn(tmp_path: Path) -> None:
    """Each answers its own servers, in the message where they were asked; a worker does what both ask for."""
    async with Parts(tmp_path / "stack") as stack:
        stack.discord.rules = replace(stack.discord.rules, identify_every=timedelta(seconds=5))
        first = stack.guild
        second = another_guild(stack)
        people = {}
        for guild in (first, second):
            user = stack.discord.add_user(f"of{guild.id}", display_name="Somebody")
            stack.discord.join(guild, user)
            people[guild.id] = Person(stack.discord, user, next(iter(guild.channels.values())))
        for shard in (0, 1):
            await stack.begin("gateway", "--shards", f"{shard}-{shard}/2")
        await stack.begin("worker")
        await stack.until(lambda: "connected to Discord" in stack.log.read_text())
        await stack.until(lambda: stack.log.read_text().count("connected to Discord") == 2)
        for person in people.values():
            await answer(person.command("library import", file=as_file(styled())))
            for style in STYLES:
                await answer(person.command("playlists add", new=style))
            await label(person, await answer(person.command("label")), styled(), TAUGHT)
            told = await stack.discord.wait_for(partial(of_a_model, person), PATIENCE)
            assert told.visible_to == person.user.id, "it came where they labelled"
        assert await stack.stop_all() == [0, 0, 0]


async def test_a_link_is_finished_by_another_gateway_than_the_one_that_began_it(tmp_path: Path) -> None:
    async with Parts(tmp_path / "stack") as stack:
        stack.discord.rules = replace(stack.discord.rules, identify_every=timedelta(seconds=5))
        gateway = ("gateway", "--shards", "0-1/2")
        await stack.begin(*gateway)
        await stack.begin("worker")
        await stack.begin("web", port=stack.bot_port)
        await stack.until_served()
        await stack.until(lambda: "connected to Discord" in stack.log.read_text())
        listener = stack.add_listener("Ada", plain(12, seed=21))
        message = await answer(listener.person.command("link"))
        page = await stack.agree(consent_url(message), listener.account)
        await stack.kill(" ".join(gateway))
        for shard in (0, 1):
            await stack.begin("gateway", "--shards", f"{shard}-{shard}/2")
        await stack.until(lambda: stack.log.read_text().count("connected to Discord") == 3)
        linked = await stack.confirm(listener.person, message, page)
        await linked.until(lambda told: "12 liked songs" in told.text(), PATIENCE)


async def test_a_gateway_keeps_and_speaks_the_language_of_servers_on_another_gateways_shards(tmp_path: Path) -> None:
    async with Parts(tmp_path / "stack") as stack:
        stack.discord.rules = replace(stack.discord.rules, identify_every=timedelta(seconds=5))
        guilds = [stack.guild, another_guild(stack)]
        for guild in guilds:
            guild.locale = "de"
            await make_digest_due(stack, guild)
        for shard in (0, 1):
            await stack.begin("gateway", "--shards", f"{shard}-{shard}/2")
        await stack.until(lambda: stack.log.exists() and stack.log.read_text().count("connected to Discord") == 2)
        for guild in guilds:
            digest = await stack.until(lambda guild=guild: next(iter(first_channel(guild).messages.values()), None))
            assert "Die Woche hier" in digest.text()
        assert {server for (server,) in stack.rows("select server from place")} == {guild.id for guild in guilds}
        assert await stack.stop_all() == [0, 0]


def first_channel(guild: Guild) -> Channel:
    return next(iter(guild.channels.values()))


async def make_digest_due(stack: Parts, guild: Guild) -> None:
    """Make a digest due for a week in which something happened."""
    at = stack.discord.now() - timedelta(minutes=1)
    async with Store(stack.database_url) as store, store.writing() as tx:
        await server_channels.count(tx, guild.id, "like", at - timedelta(days=2))
        await server_channels.give(tx, Place(first_channel(guild).id, Purpose.DIGEST, guild.id, at))


def of_a_model(person: Person) -> Message | None:
    """The message in their channel that says a model was learned."""
    seen = person.visible(person.channel)
    return next((message for message in seen if "View" in [button.label for button in message.buttons()]), None)


def another_guild(stack: Parts) -> Guild:
    """A guild of the other one of two shards."""
    while True:
        made = stack.discord.add_guild("Another shop", channels=["crates"])
        if (made.id >> 22) % 2 != (stack.guild.id >> 22) % 2:
            return made
