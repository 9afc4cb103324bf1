"""Choices: what is suggested while a member types. Never raises, never slow: at worst there is no suggestion."""

import asyncio
import functools
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from discord.app_commands import Choice

from bot.chat import words
from bot.chat.bot import Interaction
from bot.chat.layout import MOST_OPTIONS
from bot.core.records import Playlist
from bot.errors import BadChoice, CratekeeperError
from bot.flows import keep, why

log = logging.getLogger(__name__)
PATIENCE = 2.0  # seconds; Discord shows nothing after three
LONGEST = 100  # characters of a suggestion
Suggest = Callable[[Interaction, str], Coroutine[Any, Any, list[Choice[str]]]]


def matching(typed: str, named: Iterable[tuple[str, str]]) -> list[Choice[str]]:
    """Suggestions whose name contains what was typed: (name, value)."""
    wanted = typed.casefold().strip()
    found = [(name, value) for name, value in named if wanted in name.casefold() and len(value) <= LONGEST]
    return [Choice(name=words.plain(name, LONGEST), value=value) for name, value in found[:MOST_OPTIONS]]


def at_worst_none(suggest: Suggest) -> Suggest:
    """Suggest nothing where there is no time or something is out of order."""

    @functools.wraps(suggest)
    async def suggesting(interaction: Interaction, typed: str) -> list[Choice[str]]:
        try:
            async with asyncio.timeout(PATIENCE):
                return await suggest(interaction, typed)
        except (CratekeeperError, TimeoutError) as reason:
            log.debug("nothing to suggest: %s", reason)
            return []

    return suggesting


@at_worst_none
async def offered(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The member's own playlists that are not kept yet."""
    found = await interaction.client.offers.of(interaction.user.id)
    return matching(typed, ((each.name, each.id) for each in found))


@at_worst_none
async def kept(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The member's kept playlists."""
    mine = await keep.kept(interaction.client.services.store, interaction.user.id)
    return matching(typed, ((f"{each.name} ({layer.name})", str(each.playlist)) for layer, each in mine))


@at_worst_none
async def layer(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The member's layers."""
    mine = await keep.layers(interaction.client.services.store, interaction.user.id)
    return matching(typed, ((each.name, each.name) for each in mine))


@at_worst_none
async def song(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The member's liked songs."""
    found = await why.suggest(interaction.client.services.store, interaction.user.id, typed, MOST_OPTIONS)
    return [
        Choice(name=words.plain(each.line, LONGEST), value=each.song) for each in found if len(each.song) <= LONGEST
    ]


@at_worst_none
async def any_song(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The member's liked songs, then those of the catalogue."""
    catalogue = interaction.client.services.catalogue
    found = await catalogue.suggest(interaction.user.id, typed, MOST_OPTIONS)
    return [
        Choice(name=words.plain(each.line, LONGEST), value=each.song) for each in found if len(each.song) <= LONGEST
    ]


async def any_named(interaction: Interaction, given: str) -> str:
    """Return the song that was chosen, or the first whose title holds what was typed; else what was given."""
    if given.startswith(("spotify:", "local:", "file:")):
        return given
    found = await interaction.client.services.catalogue.suggest(interaction.user.id, given, 1)
    return found[0].song if found else given


async def chosen(interaction: Interaction, given: str) -> Playlist:
    """Return the kept playlist that was chosen or typed. Raises BadChoice."""
    mine = await keep.kept(interaction.client.services.store, interaction.user.id)
    found = [each for _, each in mine if given in (str(each.playlist), each.name)]
    if not found:
        raise BadChoice("That playlist is not one that I keep for you. /playlists list shows them.")
    return found[0]


async def song_named(interaction: Interaction, given: str) -> str:
    """Return the song that was chosen, or the one whose title was typed."""
    found = await why.suggest(interaction.client.services.store, interaction.user.id, given, 1)
    return found[0].song if found and ":" not in given else given
