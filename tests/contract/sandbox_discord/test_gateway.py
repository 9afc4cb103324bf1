"""The gateway alone: login, events, dropped connections and resuming."""

import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from sandbox.discord.gateway.sessions import Intent, Op
from tests.contract.sandbox_discord.conftest import Stage
from tests.contract.sandbox_discord.raw import RawBot

INTENTS = int(Intent.GUILDS | Intent.GUILD_REACTIONS | Intent.DM_REACTIONS)
PATIENCE = 10.0  # seconds


@dataclass(slots=True)
class Listener:
    """A raw gateway client that sends and reads frames."""

    socket: ClientWebSocketResponse
    inflate: Any = None
    seen: list[Any] = field(default_factory=list)

    async def send(self, op: int, data: Any) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def hear(self, name: str | int) -> Any:
        """The data of the next event of that name or frame with that opcode; all frames read are in `seen`."""
        while True:
            message = await self.socket.receive(PATIENCE)
            assert message.type in (WSMsgType.TEXT, WSMsgType.BINARY), f"closed with {self.socket.close_code}"
            text = self.inflate.decompress(message.data) if self.inflate else message.data
            frame = json.loads(text)
            self.seen.append(frame)
            if name in (frame["t"], frame["op"]):
                return frame["d"]

    async def closed(self) -> int | None:
        """The code with which the server closes the connection."""
        while (await self.socket.receive(PATIENCE)).type in (WSMsgType.TEXT, WSMsgType.BINARY):
            pass
        return self.socket.close_code

    @property
    def sequence(self) -> int:
        return max(frame["s"] or 0 for frame in self.seen)


@asynccontextmanager
async def listening(bot: RawBot, *, compress: bool = False) -> AsyncIterator[Listener]:
    query = {"v": "10", "encoding": "json"} | ({"compress": "zlib-stream"} if compress else {})
    url = bot.world.origin.replace("http", "ws") + "/gateway"
    async with bot.session.ws_connect(url, params=query) as socket:
        yield Listener(socket, zlib.decompressobj() if compress else None)


async def log_in(listener: Listener, bot: RawBot, *, intents: int = INTENTS) -> Any:
    await listener.hear(Op.HELLO)
    await listener.send(Op.IDENTIFY, {"token": bot.world.token, "intents": intents, "properties": {}})
    return await listener.hear("READY")


async def resume(listener: Listener, bot: RawBot, session_id: str, sequence: int) -> None:
    await listener.hear(Op.HELLO)
    await listener.send(Op.RESUME, {"token": bot.world.token, "session_id": session_id, "seq": sequence})


@pytest.mark.parametrize("compress", [False, True])
async def test_logging_in_brings_ready_and_the_guilds(quiet: Stage, bot: RawBot, compress: bool) -> None:
    async with listening(bot, compress=compress) as listener:
        ready = await log_in(listener, bot)
        guild = await listener.hear("GUILD_CREATE")
    assert ready["guilds"] == [{"id": str(quiet.guild.id), "unavailable": True}]
    assert [member["user"]["username"] for member in guild["members"]] == ["Cratekeeper"]
    assert [channel["name"] for channel in guild["channels"]] == ["crates"]


async def test_heartbeats_are_acknowledged_before_logging_in(bot: RawBot) -> None:
    async with listening(bot) as listener:
        assert (await listener.hear(Op.HELLO))["heartbeat_interval"] == 41_250
        await listener.send(Op.HEARTBEAT, None)
        await listener.hear(Op.HEARTBEAT_ACK)


async def test_only_requested_events_are_sent(quiet: Stage, bot: RawBot) -> None:
    message = quiet.world.post(quiet.channel, quiet.world.bot, {"content": "x"})
    async with listening(bot) as listener:
        await log_in(listener, bot, intents=int(Intent.GUILD_REACTIONS))
        await quiet.anna.say("not for you")
        await quiet.anna.react(message, "🟦")
        told = await listener.hear("MESSAGE_REACTION_ADD")
    assert [frame["t"] for frame in listener.seen[1:]] == ["READY", "MESSAGE_REACTION_ADD"]
    assert told["emoji"] == {"id": None, "name": "🟦"}
    assert told["member"]["user"]["username"] == "anna"


async def test_a_thread_is_announced(quiet: Stage, bot: RawBot) -> None:
    message = quiet.world.post(quiet.channel, quiet.world.bot, {"content": "x"})
    async with listening(bot) as listener:
        await log_in(listener, bot)
        quiet.world.start_thread(message, "About it", quiet.world.bot)
        told = await listener.hear("THREAD_CREATE")
    assert (told["id"], told["name"], told["newly_created"]) == (str(message.id), "About it", True)


async def test_a_server_that_removes_the_bot_says_so_and_nothing_more(quiet: Stage, bot: RawBot) -> None:
    elsewhere = quiet.world.add_guild("Café", members=[quiet.anna.user])
    async with listening(bot) as listener:
        await log_in(listener, bot)
        quiet.world.leave(elsewhere, quiet.world.bot)
        assert await listener.hear("GUILD_DELETE") == {"id": str(elsewhere.id)}
        quiet.world.add_channel(elsewhere, "later")
        quiet.world.add_channel(quiet.guild, "here")
        assert (await listener.hear("CHANNEL_CREATE"))["name"] == "here"


async def test_content_is_hidden_without_the_intent(quiet: Stage, bot: RawBot) -> None:
    async with listening(bot) as listener:
        await log_in(listener, bot, intents=int(Intent.GUILD_MESSAGES | Intent.DM_MESSAGES))
        await quiet.anna.say("not for you")
        hidden = await listener.hear("MESSAGE_CREATE")
        await quiet.anna.in_dm().say("for you")
        shown = await listener.hear("MESSAGE_CREATE")
    assert (hidden["content"], shown["content"]) == ("", "for you")
    assert "guild_id" not in shown


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"op": Op.IDENTIFY, "d": {"token": "wrong", "intents": 0}}, 4004),
        ({"op": Op.IDENTIFY, "d": {"token": "sandbox"}}, 4013),
        ({"op": Op.IDENTIFY, "d": {"token": "sandbox", "intents": int(Intent.MESSAGE_CONTENT)}}, 4014),
        ({"op": Op.PRESENCE, "d": {}}, 4003),
        ({"op": 42, "d": {}}, 4001),
        ("not a frame", 4002),
    ],
)
async def test_a_misbehaving_client_is_disconnected(bot: RawBot, frame: Any, code: int) -> None:
    async with listening(bot) as listener:
        await listener.socket.send_json(frame)
        assert await listener.closed() == code


async def test_a_lost_connection_resumes_with_what_was_missed(quiet: Stage, bot: RawBot) -> None:
    async with listening(bot) as listener:
        ready = await log_in(listener, bot)
        await listener.hear("GUILD_CREATE")
        quiet.world.sessions.drop()
        assert await listener.closed() == 1006
    await quiet.world.wait_for(lambda: not quiet.world.online, PATIENCE)
    asked = bot.asked(quiet.anna.user, quiet.channel)
    async with listening(bot) as again:
        await resume(again, bot, ready["session_id"], listener.sequence)
        await again.hear("RESUMED")
    assert [frame["t"] for frame in again.seen[1:]] == ["INTERACTION_CREATE", "RESUMED"]
    assert again.seen[1]["d"]["id"] == str(asked.id)


async def test_an_unknown_session_is_invalid(bot: RawBot) -> None:
    async with listening(bot) as listener:
        await resume(listener, bot, "nobody", 3)
        assert await listener.hear(Op.INVALID_SESSION) is False
        await listener.send(Op.IDENTIFY, {"token": bot.world.token, "intents": INTENTS})
        await listener.hear("READY")


async def test_a_session_ends_when_its_client_says_goodbye(quiet: Stage, bot: RawBot) -> None:
    async with listening(bot) as listener:
        ready = await log_in(listener, bot)
        await listener.socket.close(code=1000)
    await quiet.world.wait_for(lambda: not quiet.world.online, PATIENCE)
    async with listening(bot) as again:
        await resume(again, bot, ready["session_id"], 1)
        assert await again.hear(Op.INVALID_SESSION) is False


async def test_logging_in_too_often_is_refused_if_that_rule_is_on(quiet: Stage, bot: RawBot) -> None:
    quiet.world.rules = replace(quiet.world.rules, identify_every=timedelta(seconds=5))
    async with listening(bot) as first, listening(bot) as second:
        await log_in(first, bot)
        await second.send(Op.IDENTIFY, {"token": bot.world.token, "intents": INTENTS})
        assert await second.hear(Op.INVALID_SESSION) is False
        quiet.clock.pass_by(seconds=6)
        await second.send(Op.IDENTIFY, {"token": bot.world.token, "intents": INTENTS})
        await second.hear("READY")


async def test_the_server_survives_a_clients_socket_error(quiet: Stage, bot: RawBot) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(quiet.world.origin.replace("http", "ws") + "/gateway")
        await socket.receive()
    async with listening(bot) as listener:
        await log_in(listener, bot)
