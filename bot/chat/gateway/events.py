"""Events: what comes in over the gateway. One that discord.py can't parse is skipped; the connection stays up."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

import discord
from discord.http import Route

from bot.messages import _, common
from bot.telemetry.actions import acting

log = logging.getLogger(__name__)
VITAL = {"READY", "RESUMED"}  # without these there is no connection: then the process ends, and is started again
INTERACTION = "INTERACTION_CREATE"
MESSAGE, EPHEMERAL = 4, 64  # a type of answer, a flag


def guard(client: discord.Client, arrive: Callable[[Any], None]) -> None:
    """Have each event read on its own. discord.py would end the connection, and with it the process.

    arrive: told of each interaction before it's read.
    """
    parsers = client._connection.parsers
    for name, parse in list(parsers.items()):
        if name not in VITAL:
            parsers[name] = partial(_act, client, name, parse)
    parsers[INTERACTION] = _before(arrive, parsers[INTERACTION])


def _before(first: Callable[[Any], None], then: Callable[[Any], None]) -> Callable[[Any], None]:
    def both(data: Any) -> None:
        first(data)
        then(data)

    return both


def _act(client: discord.Client, name: str, parse: Any, data: Any) -> None:
    with acting():  # the tasks that answer an event are begun here
        _read(client, name, parse, data)


def _read(client: discord.Client, name: str, parse: Any, data: Any) -> None:
    try:
        parse(data)
    except Exception:
        reference = secrets.token_hex(2)
        log.exception("#%s %s was skipped: it's malformed, or of a kind that discord.py doesn't know", reference, name)
        if name == INTERACTION:
            client.loop.create_task(_apologise(client, data, reference))


async def _apologise(client: discord.Client, data: Any, reference: str) -> None:
    """Answer an interaction that cannot be read, as far as it says which one it is."""
    try:
        number, token = int(data["id"]), str(data["token"])
        route = Route("POST", "/interactions/{number}/{token}/callback", number=number, token=token)
        words = {"content": f"{_(common.DEFECT)} `#{reference}`", "flags": EPHEMERAL}
        async with asyncio.timeout(3):
            await client.http.request(route, json={"type": MESSAGE, "data": words})
    except Exception as error:
        log.info("#%s nobody could be told: %s", reference, type(error).__name__)
