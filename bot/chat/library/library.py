"""/library: a library from a file, and playlists as files."""

import io
from typing import Literal

import discord
from discord import app_commands

from bot.chat import layout, next_steps, reply
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.guard import costly
from bot.chat.layout import Page
from bot.chat.sorting import standing
from bot.core.jobs import JobKind
from bot.core.library.tables import MOST_BYTES
from bot.errors import NoPlaylists
from bot.errors.library import FileTooLarge
from bot.flows.library import exports, feature_lookup, filed_playlists, imports
from bot.flows.sorting import playlists
from bot.messages import _
from bot.messages import library as messages
from bot.messages.errors import describe

library = app_commands.Group(name="library", description="Your liked songs as files, without a Spotify account")
MOST_FILES = 10  # in one message


@library.command(
    name="import", description="Read your songs from a file, such as Exportify's CSV or ZIP; a second file adds to it"
)
@app_commands.describe(file="CSV, M3U8 or JSPF, or a ZIP of them, where each file becomes a playlist")
@costly
async def import_(interaction: Interaction, file: discord.Attachment) -> None:
    await reply.pause(interaction)
    if file.size > MOST_BYTES:
        raise FileTooLarge(file.filename, MOST_BYTES // 1_000_000)
    context = Context.of(interaction)
    services, member = context.services, context.member
    result = await imports.import_fetched(context.store, member, file.filename, file.read, context.now)
    context.bot.offers.forget(member)
    if await feature_lookup.is_open(context.store, services.sources, member, services.clock()):
        await services.jobs.enqueue(JobKind.LOOK_UP, member)
    said = messages.imported(file.filename, result)
    if result.held and not result.linked:
        await _fill(context, said, result)
        return
    next_step = await next_steps.after(context.bot, member, await next_steps.where(context.bot, member))
    await reply.show(interaction, Page(said, *next_step))


async def _fill(context: Context, said: str, result: imports.Imported) -> None:
    """Fill the playlists that came as files; then ask about the songs in them, as when playlists are added."""
    music = await context.services.music(context.member)
    filed = await filed_playlists.keep(context.store, music, context.actor, result.held)
    whys = {name: describe(reason) for name, reason in filed.unmade.items()}
    problems = [said, *messages.unmade_playlists(whys)]
    if filed.playlists:
        layer = await playlists.layer_numbered(context.store, context.member, filed.playlists[0].layer)
        await standing.taken(context, layer, filed.playlists, problems)
    else:
        await next_steps.show(context, problems)


@library.command(name="export", description="Your kept playlists as files: CSV, M3U8 or JSPF")
@app_commands.rename(form="format")
@app_commands.describe(form="CSV by default; each of them comes back with /library import")
@costly
async def export(interaction: Interaction, form: Literal["CSV", "M3U8", "JSPF"] = "CSV") -> None:
    await reply.pause(interaction)
    context = Context.of(interaction)
    music = await context.services.music(context.member)
    kept = [playlist for _, playlist in await playlists.kept(context.store, context.member)]
    if not kept:
        raise NoPlaylists
    written = [await exports.exported(context.store, music, playlist, form.lower()) for playlist in kept]
    missing = await exports.missing_in_export(context.store, context.member)
    said = messages.exported_playlists(len(written), missing, sum(file.unnamed for file in written), form=form)
    files = [discord.File(io.BytesIO(file.data), filename=file.name) for file in written]
    await reply.show(interaction, _page(said, files[:MOST_FILES]))
    for at in range(MOST_FILES, len(files), MOST_FILES):
        more = _page(_(messages.MORE_FILES), files[at : at + MOST_FILES])
        await interaction.followup.send(view=more, files=more.files, ephemeral=True)


def _page(said: str, files: list[discord.File]) -> Page:
    return Page(said, *map(layout.attached, files), files=files)


COMMANDS: tuple[AnyCommand, ...] = (library,)
