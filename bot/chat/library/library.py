"""/library: a library from a file, and playlists as files."""

import io

import discord
from discord import app_commands

from bot.chat import layout, next_steps, reply
from bot.chat.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Page
from bot.core.jobs import JobKind
from bot.core.library.tables import MOST_BYTES
from bot.errors import NoPlaylists
from bot.errors.library import FileTooLarge
from bot.flows.library import feature_lookup
from bot.flows.library import sync as flow
from bot.flows.sorting import playlists
from bot.messages import _
from bot.messages import library as messages

library = app_commands.Group(name="library", description="Your liked songs as files, without a Spotify account")
MOST_FILES = 10  # in one message


@library.command(
    name="import", description="Read your liked songs from a CSV file, such as Exportify's; a second file adds to it"
)
@app_commands.describe(file="A CSV with columns for title and artists, and anything else you know about the songs")
async def import_(interaction: Interaction, file: discord.Attachment) -> None:
    await reply.pause(interaction)
    if file.size > MOST_BYTES:
        raise FileTooLarge(file.filename, MOST_BYTES // 1_000_000)
    context = Context.of(interaction)
    services, member = context.services, context.member
    result = await flow.import_fetched(context.store, member, file.filename, file.read, context.now)
    context.bot.offers.forget(member)
    if await feature_lookup.is_open(context.store, services.sources, member, services.clock()):
        await services.jobs.enqueue(JobKind.HEAR, member)
    next_step = await next_steps.after(context.bot, member, await next_steps.where(context.bot, member))
    await reply.show(interaction, Page(messages.imported(file.filename, result), *next_step))


@library.command(name="export", description="Your kept playlists as CSV files")
async def export(interaction: Interaction) -> None:
    await reply.pause(interaction)
    context = Context.of(interaction)
    music = await context.services.music(context.member)
    kept = [playlist for _, playlist in await playlists.kept(context.store, context.member)]
    if not kept:
        raise NoPlaylists
    written = [await flow.as_csv(context.store, music, playlist) for playlist in kept]
    missing = await flow.missing_in_export(context.store, context.member)
    said = messages.exported_playlists(len(written), missing, sum(file.unnamed for file in written))
    files = [discord.File(io.BytesIO(file.data), filename=file.name) for file in written]
    await reply.show(interaction, _page(said, files[:MOST_FILES]))
    for at in range(MOST_FILES, len(files), MOST_FILES):
        more = _page(_(messages.MORE_FILES), files[at : at + MOST_FILES])
        await interaction.followup.send(view=more, files=more.files, ephemeral=True)


def _page(said: str, files: list[discord.File]) -> Page:
    return Page(said, *map(layout.attached, files), files=files)


COMMANDS: tuple[AnyCommand, ...] = (library,)
