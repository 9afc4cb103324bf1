"""The gateway's connection: a WebSocket that sends the bot its events.

HELLO, then heartbeats, IDENTIFY or RESUME, then events. Compression is zlib-stream if the client asks for it; a client
that asks for zstd-stream gets plain text, which discord.py also reads (the standard library has no zstd before 3.14).
"""

import asyncio
import json
import zlib
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.discord.gateway.sessions import PRIVILEGED, Intent, Line, Op, Session
from sandbox.discord.model import Json
from sandbox.discord.payloads import people
from sandbox.discord.rest.application import gateway_url
from sandbox.discord.world import World

LONGEST_FRAME = 4096  # bytes; Discord's limit for a client's frame
ROUND_TRIP = 0.05  # seconds; discord.py records a heartbeat only after sending it, so answers mustn't be instant
DECODE_ERROR, NOT_AUTHENTICATED, BAD_TOKEN, ALREADY_AUTHENTICATED = 4002, 4003, 4004, 4005
UNKNOWN_OPCODE, INVALID_INTENTS, DISALLOWED_INTENTS = 4001, 4013, 4014
FAREWELLS = (1000, 1001)  # close codes by which a client ends its session


class Refused(Exception):
    """Close the connection with this code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


class Connection:
    """One WebSocket. Frames are sent in the order in which they enter the outbox."""

    def __init__(self, world: World, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._world = world
        self._socket = socket
        self._transport = request.transport
        self._deflate = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        self._outbox: asyncio.Queue[Json | str | int] = asyncio.Queue()
        self._session: Session | None = None
        self._hung_up = False
        self._line = Line(self._outbox.put_nowait, self._hang_up)

    async def run(self) -> None:
        heartbeat = int(self._world.rules.heartbeat_every.total_seconds() * 1000)
        self._send(Op.HELLO, {"heartbeat_interval": heartbeat, "_trace": []})
        writer = asyncio.create_task(self._write())
        try:
            await self._read()
        finally:
            writer.cancel()
            self._forget()

    async def _read(self) -> None:
        """Read from the client until it leaves or breaks a rule."""
        async for message in self._socket:
            try:
                self._receive(_frame(message.type, message.data))
            except Refused as refused:
                await self._socket.close(code=refused.code)

    async def _write(self) -> None:
        with suppress(ConnectionError):
            while True:
                frame = await self._outbox.get()
                if isinstance(frame, int):
                    self._hung_up = True
                    await self._socket.close(code=frame)
                    return
                await self._transmit(frame if isinstance(frame, str) else json.dumps(frame, separators=(",", ":")))

    async def _transmit(self, text: str) -> None:
        if self._deflate is None:
            await self._socket.send_str(text)
        else:
            data = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
            await self._socket.send_bytes(data)

    def _send(self, op: Op, data: Any = None) -> None:
        self._outbox.put_nowait({"op": op, "d": data, "s": None, "t": None})

    def _hang_up(self, code: int | None) -> None:
        if code is not None:
            self._outbox.put_nowait(code)
        elif isinstance(self._transport, asyncio.Transport):
            self._transport.abort()

    def _receive(self, frame: Json) -> None:
        match frame["op"]:
            case Op.HEARTBEAT:
                self._world.changed("heartbeat")
                asyncio.get_running_loop().call_later(ROUND_TRIP, self._send, Op.HEARTBEAT_ACK)
            case Op.IDENTIFY:
                self._identify(frame["d"])
            case Op.RESUME:
                self._resume(frame["d"])
            case Op.PRESENCE | Op.VOICE_STATE | Op.REQUEST_MEMBERS:
                if self._session is None:
                    raise Refused(NOT_AUTHENTICATED)
            case _:
                raise Refused(UNKNOWN_OPCODE)

    def _identify(self, data: Json) -> None:
        self._check_token(data)
        if "intents" not in data:
            raise Refused(INVALID_INTENTS)
        if data["intents"] & PRIVILEGED & ~self._world.application.privileged_intents:
            raise Refused(DISALLOWED_INTENTS)
        if not self._world.rules.identify_times:
            raise Refused(BAD_TOKEN)  # it was reset
        if not self._world.sessions.may_identify(self._world.now(), self._world.rules.identify_every):
            self._send(Op.INVALID_SESSION, False)
            return
        shard = data.get("shard") or [0, 1]
        session = self._world.sessions.open(data["intents"], (shard[0], shard[1]))
        self._connect(session)
        self._greet(session, shard)

    def _greet(self, session: Session, shard: list[int]) -> None:
        """Send READY with unavailable guilds, then each guild; only those of its shard."""
        world = self._world
        joined = [guild for guild in world.guilds.values() if world.bot.id in guild.members and session.has(guild.id)]
        session.dispatch("READY", {**_ready(world, session, [str(guild.id) for guild in joined]), "shard": shard})
        for guild in joined if session.wants(Intent.GUILDS) else ():
            world.events.greet(session, guild)

    def _resume(self, data: Json) -> None:
        self._check_token(data)
        session = self._world.sessions.find(data["session_id"])
        missed = session.missed_since(data["seq"] or 0) if session else None
        if session is None or missed is None:
            self._send(Op.INVALID_SESSION, False)
            return
        for frame in missed:
            self._outbox.put_nowait(frame)
        self._connect(session)
        session.dispatch("RESUMED", {"_trace": []})

    def _check_token(self, data: Json) -> None:
        if self._session is not None:
            raise Refused(ALREADY_AUTHENTICATED)
        if data.get("token") != self._world.token:
            raise Refused(BAD_TOKEN)

    def _connect(self, session: Session) -> None:
        self._session = session
        session.line = self._line
        self._world.changed("gateway")

    def _forget(self) -> None:
        """The connection is gone; the session can be resumed unless the client closed it or has another connection."""
        session = self._session
        if session is None or session.line is not self._line:
            return
        session.line = None
        if not self._hung_up and self._socket.close_code in FAREWELLS:
            self._world.sessions.end(session)
        self._world.changed("gateway")


def gateway(world: World) -> Any:
    """Return the gateway's aiohttp handler."""

    async def connect(request: web.Request) -> web.StreamResponse:
        world.origin = world.origin or f"{request.scheme}://{request.host}"
        socket = web.WebSocketResponse(compress=False, max_msg_size=0)
        await socket.prepare(request)
        await Connection(world, socket, request).run()
        return socket

    return connect


def _frame(kind: WSMsgType, data: Any) -> Json:
    if kind is not WSMsgType.TEXT or len(data.encode()) > LONGEST_FRAME:
        raise Refused(DECODE_ERROR)
    try:
        frame = json.loads(data)
    except ValueError:
        raise Refused(DECODE_ERROR) from None
    if not isinstance(frame, dict) or "op" not in frame:
        raise Refused(DECODE_ERROR)
    return frame


def _ready(world: World, session: Session, guild_ids: list[str]) -> Json:
    return {
        "v": 10,
        "user": people.me(world.bot),
        "guilds": [{"id": key, "unavailable": True} for key in guild_ids],
        "session_id": session.id,
        "session_type": "normal",
        "resume_gateway_url": gateway_url(world.origin),
        "application": {"id": str(world.application.id), "flags": 0},
        "private_channels": [],
        "relationships": [],
        "presences": [],
        "_trace": [],
    }
