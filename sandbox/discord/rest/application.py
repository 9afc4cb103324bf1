"""The bot, its application, people, guilds, and the gateway's address."""

from datetime import timedelta

from sandbox.discord.errors import Unauthorized, UnknownMember
from sandbox.discord.model import Guild, Json
from sandbox.discord.payloads import people, places
from sandbox.discord.rest.call import Call
from sandbox.discord.rest.service import Endpoint


def gateway_url(origin: str) -> str:
    """Return the gateway's address on a server at `origin` (http…)."""
    return f"ws{origin.removeprefix('http')}/gateway"


async def me(call: Call) -> Json:
    """Return the bot, for its own token, or a member, for a token that they consented to."""
    kind, _, token = call.authorization.partition(" ")
    if call.authorization == f"Bot {call.world.token}":
        return people.me(call.world.bot)
    user = call.world.oauth.holder(token) if kind == "Bearer" else None
    if user is None:
        raise Unauthorized
    return people.me(user)


async def user(call: Call) -> Json:
    return people.user(call.user())


async def application(call: Call) -> Json:
    return people.application(call.world.application, len(call.world.guilds))


async def gateway(call: Call) -> Json:
    return {"url": gateway_url(call.world.origin)}


async def gateway_for_bots(call: Call) -> Json:
    rules = call.world.rules
    left = {"remaining": rules.identify_times, "reset_after": rules.identify_resets // timedelta(milliseconds=1)}
    limit = {"total": 1000, "max_concurrency": 1, **left}
    return {"url": gateway_url(call.world.origin), "shards": 1, "session_start_limit": limit}


async def my_guilds(call: Call) -> list[Json]:
    return [places.my_guild(guild, guild.members[call.world.bot.id].permissions) for guild in _joined(call)]


async def guild(call: Call) -> Json:
    return places.guild(call.guild())


async def guild_channels(call: Call) -> list[Json]:
    return [places.channel(channel) for channel in call.guild().channels.values()]


async def guild_threads(call: Call) -> Json:
    """Return the guild's active threads; none are ever archived here."""
    threads = [places.channel(thread) for thread in call.guild().threads.values()]
    return {"threads": threads, "members": [], "has_more": False}


async def guild_members(call: Call) -> list[Json]:
    limit, after = int(call.query.get("limit", 1)), int(call.query.get("after", 0))
    members = [member for key, member in sorted(call.guild().members.items()) if key > after]
    return [people.member(member) for member in members[:limit]]


async def guild_member(call: Call) -> Json:
    member = call.guild().members.get(call.user().id)
    if member is None:
        raise UnknownMember
    return people.member(member)


def _joined(call: Call) -> list[Guild]:
    return [guild for guild in call.world.guilds.values() if call.world.bot.id in guild.members]


ENDPOINTS = (
    Endpoint("GET", "/users/@me", me, token_in_path=True),
    Endpoint("GET", "/users/@me/guilds", my_guilds),
    Endpoint("GET", "/users/{user_id}", user),
    Endpoint("GET", "/oauth2/applications/@me", application),
    Endpoint("GET", "/applications/@me", application),
    Endpoint("GET", "/gateway", gateway),
    Endpoint("GET", "/gateway/bot", gateway_for_bots),
    Endpoint("GET", "/guilds/{guild_id}", guild),
    Endpoint("GET", "/guilds/{guild_id}/channels", guild_channels),
    Endpoint("GET", "/guilds/{guild_id}/threads/active", guild_threads),
    Endpoint("GET", "/guilds/{guild_id}/members", guild_members),
    Endpoint("GET", "/guilds/{guild_id}/members/{user_id}", guild_member),
)
