"""Autocomplete: suggestions while a member types. Never raises, never slow; at worst there are none."""

import asyncio
import functools
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

from discord.app_commands import Choice

from bot.chat.bot import Interaction
from bot.chat.ids import Id
from bot.chat.layout import MOST_OPTIONS
from bot.core.records import Layer, Playlist
from bot.errors import CratekeeperError
from bot.errors.sorting import AmbiguousName, PlaylistNotKept
from bot.flows.sorting import playlists, why
from bot.messages import formatting
from bot.ports import ListedPlaylist

log = logging.getLogger(__name__)
PATIENCE = 2.0  # seconds; Discord shows nothing after three
LONGEST = 100  # characters of a suggestion
T = TypeVar("T")
Suggest = Callable[[Interaction, str], Coroutine[Any, Any, list[Choice[str]]]]


def matching(typed: str, named: Iterable[tuple[str, str]]) -> list[Choice[str]]:
    """Suggestions whose name contains what was typed: (name, value)."""
    wanted = typed.casefold().strip()
    found = [(name, value) for name, value in named if wanted in name.casefold() and len(value) <= LONGEST]
    return [Choice(name=formatting.plain(name, LONGEST), value=value) for name, value in found[:MOST_OPTIONS]]


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
    return matching(typed, ((_with_size(each), each.id) for each in found))


def _with_size(found: ListedPlaylist) -> str:
    """Two playlists may have one name."""
    return found.name if found.total is None else f"{found.name} ({formatting.count(found.total, 'song')})"


@at_worst_none
async def kept(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The member's kept playlists."""
    mine = await playlists.kept(interaction.client.services.store, interaction.user.id)
    return matching(typed, ((f"{each.name} ({layer.name})", str(each.playlist)) for layer, each in mine))


@at_worst_none
async def layer(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The member's layers."""
    mine = await playlists.layers(interaction.client.services.store, interaction.user.id)
    return matching(typed, ((each.name, each.name) for each in mine))


@at_worst_none
async def song(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The member's liked songs."""
    found = await why.suggest(interaction.client.services.store, interaction.user.id, typed, MOST_OPTIONS)
    return [
        Choice(name=formatting.plain(each.line, LONGEST), value=each.song)
        for each in found
        if len(each.song) <= LONGEST
    ]


@at_worst_none
async def any_song(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The member's liked songs, then those of the catalogue."""
    catalogue = interaction.client.services.catalogue
    found = await catalogue.suggest(interaction.user.id, typed, MOST_OPTIONS)
    return [
        Choice(name=formatting.plain(each.line, LONGEST), value=each.song)
        for each in found
        if len(each.song) <= LONGEST
    ]


async def any_named(interaction: Interaction, given: str) -> str:
    """Return the song that was chosen, or the first whose title holds what was typed; else what was given."""
    if given.startswith(("spotify:", "local:", "file:")):
        return given
    found = await interaction.client.services.catalogue.suggest(interaction.user.id, given, 1)
    return found[0].song if found else given


async def chosen(interaction: Interaction, given: str) -> Playlist:
    """Return the kept playlist that was chosen or typed. Raises PlaylistNotKept or AmbiguousName."""
    mine = await playlists.kept(interaction.client.services.store, interaction.user.id)
    if found := the_one(given, mine, number=lambda each: str(each[1].playlist), name=lambda each: each[1].name):
        return found[1]
    raise PlaylistNotKept


def the_one(given: str, among: Sequence[T], number: Callable[[T], str], name: Callable[[T], str]) -> T | None:
    """Return what was chosen by its number, or typed by its name. Raises AmbiguousName."""
    if chosen := [each for each in among if number(each) == given]:
        return chosen[0]
    typed = [each for each in among if name(each).casefold() == given.strip().casefold()]
    if len(typed) > 1:
        raise AmbiguousName
    return typed[0] if typed else None


async def layer_of(interaction: Interaction, tap: Id) -> Layer:
    """Return the layer that a button is about, their first if it names none. Raises as `layer_named` does."""
    store, member = interaction.client.services.store, interaction.user.id
    return await (
        playlists.layer_numbered(store, member, tap.number) if tap.key else playlists.layer_named(store, member, None)
    )


async def song_named(interaction: Interaction, given: str) -> str:
    """Return the song that was chosen, or the one whose title was typed."""
    found = await why.suggest(interaction.client.services.store, interaction.user.id, given, 1)
    return found[0].song if found and ":" not in given else given
