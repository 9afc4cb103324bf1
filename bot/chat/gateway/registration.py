"""Registration: tells Discord the commands if they changed, and learns their ids, which messages need to name them."""

import asyncio
import hashlib
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.chat.gateway import switches
from bot.chat.gateway.translator import Catalogue
from bot.config import Settings
from bot.messages import mentions

if TYPE_CHECKING:
    from bot.chat.gateway.bot import Bot

log = logging.getLogger(__name__)
FILE = "commands.json"  # in the data folder: what was registered last
ENTRY_POINT = 4  # the kind of command that Discord makes when Activities are switched on
KEPT = ("id", "type", "name", "description", "handler", "integration_types", "contexts")


async def register(bot: "Bot", settings: Settings) -> None:
    """Register the commands if they differ from those that were registered last, and learn their ids."""
    known, words = settings.data_dir / FILE, Catalogue()
    every = [await command.get_translated_payload(bot.tree, words) for command in bot.tree.get_commands()]
    definitions = switches.registered(every, settings)
    where = f"{settings.discord_api_url} {bot.application_id}"
    digest = hashlib.sha256(json.dumps([where, definitions], sort_keys=True).encode()).hexdigest()
    last = await asyncio.to_thread(_registered_last, known)
    if last.get("digest") != digest:
        ids = mentions.ids(await _replace(bot, definitions))
        last = {"digest": digest, "ids": ids}
        await asyncio.to_thread(known.write_text, json.dumps(last))  # a torn write only costs another registration
        log.info("registered %d commands", len(definitions))
    mentions.know(last["ids"])


async def _replace(bot: "Bot", definitions: list[Any]) -> list[Any]:
    """Register these in place of all others, and return the commands that Discord has then.

    Discord's own entry point to the Activity stays: leaving it out would be an error.
    """
    application = bot.application_id or 0
    standing: list[dict[str, Any]] = [dict(command) for command in await bot.http.get_global_commands(application)]
    launching = [
        {name: command[name] for name in KEPT if name in command}
        for command in standing
        if command["type"] == ENTRY_POINT
    ]
    return await bot.http.bulk_upsert_global_commands(application, payload=[*definitions, *launching])


def _registered_last(known: Path) -> dict[str, Any]:
    """Return what was registered last: a digest of the definitions, and the commands' ids; empty if that's unknown."""
    try:
        return dict(json.loads(known.read_text()))
    except (FileNotFoundError, ValueError):
        return {}
