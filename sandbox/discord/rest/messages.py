"""Messages that the bot sends to channels and DMs with its own token."""

from sandbox.discord.errors import CannotMessageUser, MissingPermissions, NoMutualGuild, NotTheAuthor
from sandbox.discord.model import Channel, Json, Message, MessageFlag
from sandbox.discord.rest.call import Call
from sandbox.discord.rest.drafts import edited_message, new_message
from sandbox.discord.rest.service import Endpoint
from sandbox.discord.world import World

PAGE = 50  # messages listed by default; at most 100 on request
MOST = 100


async def create(call: Call) -> Json:
    channel = call.channel()
    _check_reachable(call.world, channel)
    draft = new_message(call, channel, call.body)
    draft["flags"] &= ~MessageFlag.EPHEMERAL  # only answers to interactions can be ephemeral
    return call.world.payloads.message(call.world.post(channel, call.world.bot, draft))


async def edit(call: Call) -> Json:
    message = _own(call)
    return call.world.payloads.message(call.world.edit(message, edited_message(call, message, call.body)))


async def delete(call: Call) -> None:
    """Delete one of the bot's own messages; it isn't a moderator, so it can't delete others'."""
    message = call.message()
    if message.author is not call.world.bot:
        raise MissingPermissions
    call.world.delete(message)


async def get(call: Call) -> Json:
    return call.world.payloads.message(call.message())


async def history(call: Call) -> list[Json]:
    """Return a channel's messages, newest first, optionally before or after one."""
    before, after = int(call.query.get("before", 0)), int(call.query.get("after", 0))
    shared = (message for message in call.channel().messages.values() if message.visible_to is None)
    matching = [message for message in shared if message.id > after and (not before or message.id < before)]
    limit = min(int(call.query.get("limit", PAGE)), MOST)
    page = matching[:limit] if after else matching[-limit:]
    return [call.world.payloads.message(message) for message in reversed(page)]


def _own(call: Call) -> Message:
    message = call.message()
    if message.author is not call.world.bot:
        raise NotTheAuthor
    return message


def _check_reachable(world: World, channel: Channel) -> None:
    """Check that the bot may write there: in DMs, the person must share a guild with it and accept messages."""
    if channel.recipient and not world.share_guild(channel.recipient):
        raise NoMutualGuild
    if channel.recipient and not channel.recipient.dms_open:
        raise CannotMessageUser


ENDPOINTS = (
    Endpoint("GET", "/channels/{channel_id}/messages", history),
    Endpoint("POST", "/channels/{channel_id}/messages", create),
    Endpoint("GET", "/channels/{channel_id}/messages/{message_id}", get),
    Endpoint("PATCH", "/channels/{channel_id}/messages/{message_id}", edit),
    Endpoint("DELETE", "/channels/{channel_id}/messages/{message_id}", delete),
)
