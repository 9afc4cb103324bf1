"""/prompt: a song in a channel, answered by reactions; a button asks others about their own playlists."""

import logging

import discord
from discord import app_commands

from bot.chat import autocomplete, reply
from bot.chat.gateway import presence
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.sorting import cards
from bot.errors import CannotPost
from bot.errors.sorting import CannotReact
from bot.flows.sorting import playlists
from bot.flows.sorting.labelling import label
from bot.flows.sorting.labelling import prompt as flow

log = logging.getLogger(__name__)
REACTING = discord.Permissions(view_channel=True, read_message_history=True, add_reactions=True)


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
    context = Context.of(interaction)
    await presence.check_bot_is_in(context.bot, interaction.guild_id)
    if interaction.guild_id is not None and not interaction.app_permissions.is_superset(REACTING):
        raise CannotReact
    if interaction.channel_id is None:
        raise CannotPost
    named = await playlists.layer_named(context.store, context.member, layer)
    channel = interaction.channel_id
    choosing = flow.choose(context.store, context.libraries, named, count, context.now)
    asked = await reply.soon(interaction, choosing, public=True)
    posted = []
    for at, song in enumerate(asked):
        posted.append(await _post(context, song, first=at == 0))
        await flow.posted(context.store, posted[at].id, channel, song, context.now)
    for message, song in zip(posted, asked, strict=True):
        for emoji in (*(playlist.emoji for playlist in song.playlists), flow.NONE):
            await _offer(message, emoji)


async def _post(context: Context, asked: flow.Asked, *, first: bool) -> discord.Message:
    """Post a song: the first as the answer to the command, the others after it."""
    with reply.in_public(context.interaction):
        page = cards.prompt(asked.song, asked.playlists, flow.NONE)
    if not first:
        return await context.interaction.followup.send(view=page, files=page.files, wait=True)
    await reply.show(context.interaction, page, public=True)
    return await context.interaction.original_response()


async def _offer(message: discord.Message, emoji: str) -> None:
    """Add a reaction to press, unless Discord doesn't know that emoji."""
    try:
        await message.add_reaction(emoji)
    except (discord.HTTPException, discord.RateLimited) as refused:
        log.warning("Discord refused the reaction %s: %s", emoji, refused)


async def on_mine(context: Context) -> None:
    """Ask whoever pressed about the same song and their own playlists, privately."""
    await reply.pause_apart(context.interaction)
    message = context.interaction.message
    song = await flow.song_of(context.store, message.id if message else 0)
    layer = await playlists.layer_named(context.store, context.member, None)
    question = await label.ask_about(context.store, context.libraries, layer, song, context.now)
    await reply.whisper(context.interaction, cards.card(question))


COMMANDS: tuple[AnyCommand, ...] = (prompt,)
TAPS = {"mine": on_mine}
