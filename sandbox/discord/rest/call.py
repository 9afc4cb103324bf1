"""Call: one request as the endpoints see it, parsed, with the objects in its path looked up."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from sandbox.discord.errors import (
    InvalidForm,
    InvalidWebhookToken,
    MissingAccess,
    UnknownChannel,
    UnknownGuild,
    UnknownMessage,
    UnknownUser,
    UnknownWebhook,
)
from sandbox.discord.model import Channel, Guild, Interaction, Message, User
from sandbox.discord.uploads import Upload
from sandbox.discord.world import World

LARGEST = 100 * 1024 * 1024  # bytes; ten files of the usual maximum size


@dataclass(slots=True)
class Call:
    """A request: `body` is its JSON (the payload_json of a multipart one) or form, `uploads` its files[n] by n.

    `answered` is the interaction that the endpoint acknowledged, if any.
    """

    world: World
    params: dict[str, str]
    query: dict[str, str]
    body: Any = None
    uploads: dict[int, Upload] = field(default_factory=dict)
    answered: Interaction | None = None
    authorization: str = ""

    def id(self, name: str) -> int:
        """Return an id from the path; 0, which nothing has, if it isn't a number."""
        value = self.params[name]
        return int(value) if value.isdecimal() else 0

    def channel(self) -> Channel:
        """Return a channel. Raises MissingAccess if the bot can't see it, or isn't in its guild."""
        channel = self.world.channels.get(self.id("channel_id"))
        if channel is None:
            raise UnknownChannel
        if not channel.admits(self.world.bot):
            raise MissingAccess
        return channel

    def message(self) -> Message:
        """Return a message that the bot can reach through its channel, so no ephemeral one."""
        message = self.channel().messages.get(self.id("message_id"))
        if message is None or message.visible_to is not None:
            raise UnknownMessage
        return message

    def guild(self) -> Guild:
        guild = self.world.guilds.get(self.id("guild_id"))
        if guild is None or self.world.bot.id not in guild.members:
            raise UnknownGuild
        return guild

    def user(self) -> User:
        user = self.world.users.get(self.id("user_id"))
        if user is None:
            raise UnknownUser
        return user

    def hook(self) -> Interaction:
        """Return the interaction that this webhook belongs to. Raises InvalidWebhookToken after fifteen minutes."""
        interaction = self.world.by_token(self.params["token"])
        if interaction is None or self.id("application_id") != self.world.application.id:
            raise UnknownWebhook
        if self.world.now() - interaction.created > self.world.rules.token_life:
            raise InvalidWebhookToken
        return interaction


async def read_body(request: web.Request, call: Call) -> None:
    """Read the call's body and uploads. Raises InvalidForm unless they're JSON or multipart with JSON."""
    roomy = request.clone(client_max_size=LARGEST)  # whatever the enclosing server allows
    if request.content_type == "multipart/form-data":
        await _read_multipart(roomy, call)
    elif request.content_type == "application/x-www-form-urlencoded":
        call.body = dict(parse_qsl((await roomy.read()).decode()))
    else:
        call.body = _parsed(await roomy.read())


async def _read_multipart(request: web.BaseRequest, call: Call) -> None:
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise InvalidForm({"_errors": [{"code": "BASE_TYPE_INVALID", "message": "Nested multipart"}]})
        data = await part.read()
        if part.name == "payload_json":
            call.body = _parsed(data)
        elif part.name and part.name.startswith("files["):
            number = int(part.name.removeprefix("files[").removesuffix("]"))
            call.uploads[number] = Upload(part.filename or "unknown", bytes(data))


def _parsed(data: bytes | bytearray) -> Any:
    if not data:
        return None
    try:
        return json.loads(data)
    except ValueError:
        error = {"code": "JSON_INVALID", "message": "The request body contains invalid JSON."}
        raise InvalidForm({"_errors": [error]}) from None
