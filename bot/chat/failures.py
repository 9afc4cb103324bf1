"""Failures: what it means when Discord refuses or doesn't answer, for messages that nobody is waiting for."""

import logging

import discord
from aiohttp import ClientError

from bot.errors import ChatDown, ChatWaits

log = logging.getLogger(__name__)
FAILURES = (discord.HTTPException, discord.RateLimited, ClientError, OSError, TimeoutError)  # some are aiohttp's
TOO_MANY = 429
EXPECTED = (403, 404)  # direct messages are closed; the channel is gone, or may no longer be used


def refused(where: str, problem: Exception) -> bool:
    """Return False: Discord doesn't allow it there. Raises ChatWaits or ChatDown if trying again may help."""
    if isinstance(problem, discord.RateLimited):
        raise ChatWaits(where, problem.retry_after) from problem
    status = problem.status if isinstance(problem, discord.HTTPException) else 0
    if not 400 <= status < 500 or status == TOO_MANY:
        raise ChatDown(f"{where}: {problem or type(problem).__name__}") from problem
    log.log(logging.INFO if status in EXPECTED else logging.ERROR, "Discord refused at %s: %s", where, problem)
    return False
