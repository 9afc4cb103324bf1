"""/song: what is known about a song, and uploading a file of it."""

import discord
from discord import app_commands

from bot.chat import autocomplete, reply
from bot.chat.feed import song_results
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.guard import costly
from bot.chat.layout import Page
from bot.core.jobs import JobKind
from bot.errors.library import FileTooLarge
from bot.flows.library import uploads as flow
from bot.messages import library

song = app_commands.Group(name="song", description="What I know about a song")


@song.command(name="about", description="What I know about a song: one of yours, or of the catalogue")
@app_commands.describe(song="Which song")
@app_commands.autocomplete(song=autocomplete.any_song)
@costly
async def about(interaction: Interaction, song: str) -> None:
    context = Context.of(interaction)
    chosen = await autocomplete.any_named(interaction, song)
    await reply.show(interaction, song_results.about(await context.services.catalogue.about(context.member, chosen)))


async def on_facts(context: Context) -> None:
    """Show the numbers, too, in the same message."""
    shown = await context.services.catalogue.about(context.member, song_results.of_key(context.tap.key))
    await reply.show_privately(context.interaction, song_results.details(shown))


@song.command(
    name="upload", description="Let me analyse a file of one of your songs; I keep the features, not the file"
)
@app_commands.describe(song="One of your liked songs", file="MP3, M4A, Ogg, Opus, FLAC or WAV")
@app_commands.autocomplete(song=autocomplete.song)
@costly
async def upload(interaction: Interaction, song: str, file: discord.Attachment) -> None:
    await reply.pause(interaction)
    if file.size > flow.MOST_BYTES:
        raise FileTooLarge(file.filename, flow.MOST_BYTES // 1_000_000)
    context = Context.of(interaction)
    chosen = await autocomplete.song_named(interaction, song)
    heard = await context.services.uploads.hear(context.member, chosen, file.read, context.now)
    await context.services.jobs.enqueue(JobKind.LOOK_UP, context.member)  # starts what follows from it
    await reply.show(interaction, Page(library.uploaded(heard)))


COMMANDS: tuple[AnyCommand, ...] = (song,)
TAPS = {"facts": on_facts}
