"""Threads that the bot starts from messages."""

from sandbox.discord.errors import MissingPermissions, ThreadAlreadyThere, WrongChannelType
from sandbox.discord.model import Channel, ChannelKind, Json, Permission
from sandbox.discord.payloads import places
from sandbox.discord.rest.call import Call
from sandbox.discord.rest.service import Endpoint
from sandbox.discord.rules.form import Form

NAME = 100  # characters
MINUTES = (60, 1440, 4320, 10080)  # after which a thread can be archived


async def start(call: Call) -> Json:
    channel = call.channel()
    _check_place(call, channel)
    message = call.message()
    _check_form(call.body or {})
    if message.thread:
        raise ThreadAlreadyThere
    return places.channel(call.world.start_thread(message, call.body["name"], call.world.bot))


def _check_place(call: Call, channel: Channel) -> None:
    """Check that it's a text channel, and that the bot may start threads there."""
    if channel.kind is not ChannelKind.TEXT or channel.guild is None:
        raise WrongChannelType
    if not channel.guild.members[call.world.bot.id].permissions & Permission.CREATE_PUBLIC_THREADS:
        raise MissingPermissions


def _check_form(sent: Json) -> None:
    form = Form()
    form.between(("name",), sent.get("name"), 1, NAME)
    if sent.get("auto_archive_duration") is not None:
        form.one_of(("auto_archive_duration",), sent["auto_archive_duration"], MINUTES)
    form.finish()


ENDPOINTS = (Endpoint("POST", "/channels/{channel_id}/messages/{message_id}/threads", start, success=201),)
