"""/prompt: a song in a channel, answered by reactions; a button asks others about their own playlists."""

import logging

import discord
from discord import app_commands

from bot.chat import autocomplete, reply
from bot.chat.bot import AnyCommand, Interaction
from bot.chat.ids import Id
from bot.chat.sorting import cards
from bot.errors import CannotPost
from bot.errors.sorting import CannotReact
from bot.flows.sorting import label, playlists
from bot.flows.sorting import prompt as flow

log = logging.getLogger(__name__)


@app_commands.command(
    description="Post a song here and answer with reactions; others get a button for their own playlists"
)
@app_commands.describe(
    layer="Which set of playlists to show in this channel; your first by default",
    count="How many songs, each in its own message; one by default",
)
@app_commands.autocomplete(layer=autocomplete.layer)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
async def prompt(
    interaction: Interaction, layer: str | None = None, count: app_commands.Range[int, 1, flow.AT_ONCE] = 1
) -> None:
    may = interaction.app_permissions
    if interaction.guild_id is not None and not (may.add_reactions and may.read_message_history):
        raise CannotReact
    services, member, now = interaction.client.services, interaction.user.id, interaction.client.services.clock()
    if interaction.channel_id is None:
        raise CannotPost
    named = await playlists.layer_named(services.store, member, layer)
    channel = interaction.channel_id
    choosing = flow.choose(services.store, services.libraries, member, named, count, now)
    asked = await reply.soon(interaction, choosing, public=True)
    posted = []
    for at, song in enumerate(asked):
        posted.append(await _post(interaction, song, first=at == 0))
        await flow.posted(services.store, member, posted[at].id, channel, song, now)
    for message, song in zip(posted, asked, strict=True):
        for emoji in (*(playlist.emoji for playlist in song.playlists), flow.NONE):
            await _offer(message, emoji)


async def _post(interaction: Interaction, asked: flow.Asked, *, first: bool) -> discord.Message:
    """Post a song: the first as the answer to the command, the others after it."""
    page = cards.prompt(asked.song, asked.playlists, flow.NONE)
    if not first:
        return await interaction.followup.send(view=page, files=page.files, wait=True)
    await reply.show(interaction, page, public=True)
    return await interaction.original_response()


async def _offer(message: discord.Message, emoji: str) -> None:
    """Add a reaction to press, unless Discord doesn't know that emoji."""
    try:
        await message.add_reaction(emoji)
    except (discord.HTTPException, discord.RateLimited) as refused:
        log.warning("Discord refused the reaction %s: %s", emoji, refused)


async def on_mine(interaction: Interaction, tap: Id) -> None:
    """Ask whoever pressed about the same song and their own playlists, privately."""
    await reply.pause_apart(interaction)
    services, member, now = interaction.client.services, interaction.user.id, interaction.client.services.clock()
    song = await flow.song_of(services.store, interaction.message.id if interaction.message else 0)
    layer = await playlists.layer_named(services.store, member, None)
    question = await label.ask_about(services.store, services.libraries, member, layer, song, now)
    await reply.whisper(interaction, cards.card(question))


COMMANDS: tuple[AnyCommand, ...] = (prompt,)
TAPS = {"mine": on_mine}
