"""Channels, direct messages and typing."""

from sandbox.discord.errors import UnknownUser
from sandbox.discord.model import Json
from sandbox.discord.payloads import places
from sandbox.discord.rest.call import Call
from sandbox.discord.rest.service import Endpoint


async def channel(call: Call) -> Json:
    return places.channel(call.channel())


async def open_dm(call: Call) -> Json:
    """Open a DM, which always works; whether the person accepts messages shows when one is sent."""
    user = call.world.users.get(int((call.body or {}).get("recipient_id") or 0))
    if user is None:
        raise UnknownUser
    return places.channel(call.world.dm(user))


async def typing(call: Call) -> None:
    call.world.changed("typing", call.channel())


ENDPOINTS = (
    Endpoint("GET", "/channels/{channel_id}", channel),
    Endpoint("POST", "/users/@me/channels", open_dm),
    Endpoint("POST", "/channels/{channel_id}/typing", typing),
)
