"""Reactions."""

from sandbox.discord.errors import UnknownEmoji
from sandbox.discord.model import Json
from sandbox.discord.payloads import people
from sandbox.discord.rest.call import Call
from sandbox.discord.rest.service import Endpoint
from sandbox.discord.rules.emoji import is_emoji

ROUTE = "/channels/{channel_id}/messages/{message_id}/reactions"


async def add(call: Call) -> None:
    emoji = call.params["emoji"]
    if not is_emoji(emoji):
        raise UnknownEmoji
    call.world.react(call.message(), call.world.bot, emoji)


async def remove_own(call: Call) -> None:
    call.world.unreact(call.message(), call.world.bot, call.params["emoji"])


async def remove(call: Call) -> None:
    call.world.unreact(call.message(), call.user(), call.params["emoji"])


async def who(call: Call) -> list[Json]:
    """Return who reacted with the emoji, by id."""
    limit, after = int(call.query.get("limit", 25)), int(call.query.get("after", 0))
    ids = sorted(key for key in call.message().reactions.get(call.params["emoji"], ()) if key > after)
    return [people.user(call.world.users[key]) for key in ids[:limit]]


async def clear(call: Call) -> None:
    message = call.message()
    emojis = [call.params["emoji"]] if "emoji" in call.params else list(message.reactions)
    for emoji in emojis:
        for key in tuple(message.reactions.get(emoji, ())):
            call.world.unreact(message, call.world.users[key], emoji)


ENDPOINTS = (
    Endpoint("PUT", ROUTE + "/{emoji}/@me", add),
    Endpoint("DELETE", ROUTE + "/{emoji}/@me", remove_own),
    Endpoint("DELETE", ROUTE + "/{emoji}/{user_id}", remove),
    Endpoint("GET", ROUTE + "/{emoji}", who),
    Endpoint("DELETE", ROUTE + "/{emoji}", clear),
    Endpoint("DELETE", ROUTE, clear),
)
