"""Asking: reads and checks the page's requests."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.discord import Channel, NoAnswer, Person, PersonError, Upload
from sandbox.discord.model import Json, Message
from sandbox.page.stage import Member, Stage
from sandbox.spotify.errors import Refused

STAGE = web.AppKey("stage", Stage)
API = "/page/"

Answer = Callable[["Ask"], Awaitable[Json | list[Json] | list[str]]]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request from the page: its parameters from the address or the JSON body, and its files by field."""

    stage: Stage
    given: Json
    files: Mapping[str, Upload]

    def text(self, name: str) -> str:
        """Raises KeyError if it's missing."""
        return str(self.given[name])

    def number(self, name: str, default: int | None = None) -> int:
        """Raises KeyError if it's missing without a default, ValueError if it isn't a number."""
        return int(self.given[name] if default is None else self.given.get(name, default))

    @property
    def member(self) -> Member:
        """Return the member being played; raises KeyError for one who isn't on this stage."""
        return self.stage.member(self.number("member"))

    @property
    def channel(self) -> Channel:
        """Return the member's channel; raises KeyError for one they can't open."""
        channel = self.stage.discord.channels[self.number("channel")]
        if not channel.admits(self.member.user):
            raise KeyError("channel")
        return channel

    @property
    def person(self) -> Person:
        return Person(self.stage.discord, self.member.user, self.channel)

    @property
    def message(self) -> Message:
        return self.stage.discord.messages[self.number("message")]


def answering(answer: Answer) -> Handler:
    """Return an aiohttp handler that answers with JSON, or `{"error": …}` for what can't be done."""

    async def handle(request: web.Request) -> web.Response:
        try:
            return web.json_response(await answer(await _read(request)), headers={"Cache-Control": "no-store"})
        except NoAnswer:
            return _refusal(504, "The application did not respond")
        except PersonError as error:
            return _refusal(409, str(error))
        except Refused as error:
            return _refusal(409, error.message)
        except (KeyError, ValueError) as error:
            return _refusal(400, f"{type(error).__name__}: {error}")

    return handle


@web.middleware
async def same_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests from other sites' pages: this server trusts anyone who reaches it."""
    origin = request.headers.get("Origin")
    if request.path.startswith(API) and origin and urlsplit(origin).netloc != request.host:
        return _refusal(403, "This is asked from another site")
    return await handler(request)


async def _read(request: web.Request) -> Ask:
    given, files = dict(request.query), dict[str, Upload]()
    if request.content_type == "multipart/form-data":
        for name, part in (await request.post()).items():
            if isinstance(part, web.FileField):
                files[name] = Upload(part.filename, part.file.read())
            else:
                given |= json.loads(str(part))
    elif request.can_read_body:
        given |= await request.json()
    return Ask(request.app[STAGE], given, files)


def _refusal(status: int, error: str) -> web.Response:
    return web.json_response({"error": error}, status=status)
