"""Autocomplete: suggestions while a member types. Never raises, never slow; at worst there are none."""

import asyncio
import functools
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from discord.app_commands import Choice

from bot.chat.gateway.bot import Context, Interaction
from bot.chat.layout import MOST_OPTIONS
from bot.core.records import Layer, Playlist, Song
from bot.errors import CratekeeperError
from bot.errors.sorting import AmbiguousName, PlaylistNotKept
from bot.flows.sorting import playlists, why
from bot.flows.sorting.labelling import bulk
from bot.messages import formatting, zones
from bot.messages.sorting import labels
from bot.ports import ListedPlaylist

log = logging.getLogger(__name__)
PATIENCE = 2.0  # seconds; Discord shows nothing after three
LONGEST = 100  # characters of a suggestion
T = TypeVar("T")
Suggest = Callable[[Interaction, str], Coroutine[Any, Any, list[Choice[str]]]]


def matching(typed: str, named: Iterable[tuple[str, str]]) -> list[Choice[str]]:
    """Suggestions whose name contains what was typed: (name, value)."""
    wanted = typed.casefold().strip()
    fitting = [(name, value) for name, value in named if wanted in name.casefold() and len(value) <= LONGEST]
    return [Choice(name=formatting.plain(name, LONGEST), value=value) for name, value in fitting[:MOST_OPTIONS]]


def at_worst_none(suggest: Suggest) -> Suggest:
    """Suggest nothing if there's no time, or something fails."""

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
    """The member's own playlists that aren't kept yet."""
    offers = await interaction.client.offers.of(interaction.user.id)
    return matching(typed, ((_with_size(playlist), playlist.id) for playlist in offers))


def _with_size(playlist: ListedPlaylist) -> str:
    """Two playlists may have one name."""
    return playlist.name if playlist.total is None else f"{playlist.name} ({formatting.songs(playlist.total)})"


@at_worst_none
async def kept(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The member's kept playlists."""
    mine = await playlists.kept(interaction.client.services.store, interaction.user.id)
    return matching(typed, ((f"{playlist.name} ({layer.name})", str(playlist.playlist)) for layer, playlist in mine))


@at_worst_none
async def layer(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The member's layers."""
    mine = await playlists.layers(interaction.client.services.store, interaction.user.id)
    return matching(typed, ((layer.name, layer.name) for layer in mine))


@at_worst_none
async def song(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The member's liked songs."""
    return _choices(await why.suggest(interaction.client.services.store, interaction.user.id, typed, MOST_OPTIONS))


@at_worst_none
async def artist(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """Artists with liked songs that the member hasn't placed."""
    chosen = await _layer_beside(interaction)
    libraries, store = interaction.client.services.libraries, interaction.client.services.store
    names = await bulk.suggest_artists(store, libraries, chosen, typed, MOST_OPTIONS)
    return matching("", ((name, name) for name in names))


@at_worst_none
async def album(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """Albums with liked songs that the member hasn't placed, each by one of its songs."""
    chosen = await _layer_beside(interaction)
    libraries, store = interaction.client.services.libraries, interaction.client.services.store
    songs = await bulk.suggest_albums(store, libraries, chosen, typed, MOST_OPTIONS)
    return matching("", ((labels.album_line(song), song.song) for song in songs))


async def _layer_beside(interaction: Interaction) -> Layer:
    """Return the layer that's given in the same command, their first if there's none."""
    store, given = interaction.client.services.store, getattr(interaction.namespace, "layer", None)
    return await playlists.layer_named(store, interaction.user.id, given)


@at_worst_none
async def any_song(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The member's liked songs, then those of the catalogue."""
    return _choices(await interaction.client.services.catalogue.suggest(interaction.user.id, typed, MOST_OPTIONS))


@at_worst_none
async def time_zone(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """Time zones with the time it is there, those of the member's country first."""
    now = interaction.client.services.clock()
    zoned = ((zone, now.astimezone(ZoneInfo(zone))) for zone in zones.suggested(str(interaction.locale)))
    return matching(
        typed.replace("_", " "), ((f"{zone.replace('_', ' ')} · {there:%H:%M}", zone) for zone, there in zoned)
    )


def _choices(songs: Iterable[Song]) -> list[Choice[str]]:
    return [
        Choice(name=formatting.plain(song.line, LONGEST), value=song.song)
        for song in songs
        if len(song.song) <= LONGEST
    ]


async def any_named(interaction: Interaction, given: str) -> str:
    """Return the song that was chosen, or the first whose title contains what was typed; else what was given."""
    if given.startswith(("spotify:", "local:", "file:")):
        return given
    songs = await interaction.client.services.catalogue.suggest(interaction.user.id, given, 1)
    return songs[0].song if songs else given


async def chosen(context: Context, given: str) -> Playlist:
    """Return the kept playlist that was chosen or typed. Raises PlaylistNotKept or AmbiguousName."""
    kept = [playlist for _layer, playlist in await playlists.kept(context.store, context.member)]
    playlist = the_one(given, kept, number=lambda known: str(known.playlist), name=lambda known: known.name)
    if playlist is None:
        raise PlaylistNotKept
    return playlist


def the_one(given: str, among: Sequence[T], number: Callable[[T], str], name: Callable[[T], str]) -> T | None:
    """Return what was chosen by its number, or typed by its name. Raises AmbiguousName."""
    if chosen := [thing for thing in among if number(thing) == given]:
        return chosen[0]
    typed = [thing for thing in among if name(thing).casefold() == given.strip().casefold()]
    if len(typed) > 1:
        raise AmbiguousName
    return typed[0] if typed else None


async def layer_of(context: Context) -> Layer:
    """Return the layer that a button is about, their first if it names none. Raises as `layer_named` does."""
    if context.tap.key:
        return await playlists.layer_numbered(context.store, context.member, context.tap.number)
    return await playlists.layer_named(context.store, context.member, None)


async def song_named(interaction: Interaction, given: str) -> str:
    """Return the song that was chosen, or the one whose title was typed."""
    songs = await why.suggest(interaction.client.services.store, interaction.user.id, given, 1)
    return songs[0].song if songs and ":" not in given else given
