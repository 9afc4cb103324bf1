"""/playlists settings: how the bot treats a playlist, or a layer of playlists."""

import unicodedata
from dataclasses import replace

import discord
from discord import app_commands

from bot.chat import autocomplete, ids, layout, next_steps, reply
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Page
from bot.chat.sorting.playlists import playlists
from bot.core.jobs import JobKind
from bot.errors.sorting import NoPlaylistNamed, NotAnEmoji
from bot.flows.library import other_playlists
from bot.flows.sorting import playlists as flow
from bot.flows.sorting.labelling import standing
from bot.flows.sorting.playlists import PlaylistSettings
from bot.messages import _
from bot.messages.sorting import playlists as messages

Mistakes = app_commands.Range[int, 0, 10]
EMOJI_PARTS = {"So", "Sk", "Mn", "Me", "Cf", "Sm"}  # unicode categories; keycaps begin with a digit
LONGEST_EMOJI = 12  # code points; a family of four with skin tones has eleven
INVALID_FORM = 50035  # Discord: "Invalid Form Body"


@playlists.command(name="settings", description="How I treat a playlist, or a layer of playlists")
@app_commands.describe(
    playlist="Which playlist",
    automatic="Add songs without asking (off: I always ask first)",
    mistakes="How many wrong songs in 20 you accept; the fewer, the more I ask",
    emoji="The emoji for it on cards and prompts",
    doubles="Allow the same recording again from another release (off by default)",
    layer="The layer the next options are about; the playlist's own by default",
    several="A song may go into several playlists of the layer",
    everything="Every song goes somewhere in the layer",
    learn="Songs already in your playlists count as labels (off by default)",
    others="Learn which songs you put together in your other playlists (off by default)",
)
@app_commands.autocomplete(playlist=autocomplete.kept, layer=autocomplete.layer)
async def settings(
    interaction: Interaction,
    playlist: str | None = None,
    automatic: bool | None = None,
    mistakes: Mistakes | None = None,
    emoji: str | None = None,
    doubles: bool | None = None,
    layer: str | None = None,
    several: bool | None = None,
    everything: bool | None = None,
    learn: bool | None = None,
    others: bool | None = None,
) -> None:
    context = Context.of(interaction)
    await reply.pause(interaction)
    said = []
    given = PlaylistSettings(automatic, mistakes, emoji, doubles)
    if given != PlaylistSettings():
        said.append(await _playlist(context, playlist, given))
    if several is not None or everything is not None:
        said.append(await _layer(context, layer, playlist, several, everything))
    if learn is not None:
        said.append(await _learn(context, learn))
    if others is not None:
        said.append(await _learn_from_others(context, others))
    if not said and playlist is not None:
        said.append(messages.rules(await autocomplete.chosen(context, playlist)))
    elif not said:
        said.append(messages.layers(await flow.listed(context.store, context.member)))
        if (count := await other_playlists.learned_from(context.store, context.member)) is not None:
            said.append(messages.learning_from_others(count))
    await reply.show(interaction, Page("\n".join(said)))


async def _playlist(context: Context, playlist: str | None, given: PlaylistSettings) -> str:
    if playlist is None:
        raise NoPlaylistNamed
    kept = await autocomplete.chosen(context, playlist)
    if given.emoji is not None:
        given = replace(given, emoji=await _tried(context, given.emoji))
    return messages.rules(await flow.settings(context.store, kept.member, kept.playlist, given))


async def _layer(
    context: Context, name: str | None, playlist: str | None, several: bool | None, everything: bool | None
) -> str:
    if name is None and playlist is not None:
        kept = await autocomplete.chosen(context, playlist)
        layer = await flow.layer_numbered(context.store, context.member, kept.layer)
    else:
        layer = await flow.layer_named(context.store, context.member, name)
    return messages.layer(
        await flow.layer_settings(context.store, context.member, layer.name, several=several, everything=everything)
    )


async def _learn(context: Context, allowed: bool) -> str:
    made = await standing.allow(context.store, context.member, allowed, context.now)
    if not allowed:
        return _(messages.LEARN_IS_OFF)
    trains = await next_steps.train_what_is_due(context.bot, context.member)
    return messages.learning_from_playlists(made, trains=trains)


async def _learn_from_others(context: Context, allowed: bool) -> str:
    trains = await other_playlists.choose(context.store, context.member, allowed, context.now)
    if allowed:
        await context.services.jobs.enqueue(JobKind.READ, context.member)
        return _(messages.OTHERS_ARE_ON)
    for layer in trains:
        await context.services.jobs.enqueue(JobKind.TRAIN, context.member, layer)
    return _(messages.OTHERS_ARE_OFF_TRAINING if trains else messages.OTHERS_ARE_OFF)


async def _tried(context: Context, typed: str) -> str:
    """Return the emoji, once Discord has shown it on a button. Raises NotAnEmoji if it refuses."""
    emoji = typed.strip()
    if not looks_like_an_emoji(emoji):
        raise NotAnEmoji
    sample = layout.button(_("Like this"), ids.of("more"), emoji=emoji, disabled=True)
    try:
        await reply.show(context.interaction, Page(_(messages.ONE_MOMENT), layout.row(sample)))
    except discord.HTTPException as refused:
        if refused.code != INVALID_FORM:
            raise
        raise NotAnEmoji from None
    return emoji


def looks_like_an_emoji(text: str) -> bool:
    """Whether it may be one emoji that every server has; only Discord knows for sure."""
    parts = {unicodedata.category(letter) for letter in text.lstrip("0123456789#*")}
    return bool(parts) and parts <= EMOJI_PARTS and len(text) <= LONGEST_EMOJI


COMMANDS: tuple[AnyCommand, ...] = (playlists,)  # the group, complete with this one
