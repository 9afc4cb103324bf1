"""/playlists: what a member sorts into, and by which rules."""

import unicodedata
from typing import Any

from discord import app_commands

from bot.chat import ids, layout, reply, sentences, texts
from bot.chat.bot import AnyCommand, Interaction, fields, values
from bot.chat.commands import choices, steps
from bot.chat.ids import Id
from bot.chat.layout import Form, Page
from bot.core.records import Playlist
from bot.errors import BadChoice, MemberError
from bot.flows import hands, keep
from bot.ports import Found, Music

playlists = app_commands.Group(name="playlists", description="The playlists that I keep for you")
Mistakes = app_commands.Range[int, 0, 10]
EMOJI_PARTS = {"So", "Sk", "Mn", "Me", "Cf", "Sm", "Po"}  # unicode categories; keycaps begin with a digit


@playlists.command(name="add", description="Hand me a playlist: one of yours, or a new one")
@app_commands.describe(
    playlist="One of your playlists; what is in it now stays",
    new="Or the name of a new playlist",
    layer="A set of playlists of its own over the same likes; leave it out if one set is enough",
)
@app_commands.autocomplete(playlist=choices.offered, layer=choices.layer)
async def add(
    interaction: Interaction, playlist: str | None = None, new: str | None = None, layer: str = keep.DEFAULT_LAYER
) -> None:
    await reply.pause(interaction)
    if new:
        await _kept(interaction, [await _make(interaction, layer, new)], [])
    elif playlist:
        await _take(interaction, [playlist], layer)
    else:
        await reply.show(interaction, Page(*await steps.playlists(interaction.client, interaction.user.id)))


async def on_keep(interaction: Interaction, _: Id) -> None:
    """The playlists chosen in the first select."""
    await reply.pause(interaction)
    await _take(interaction, values(interaction), keep.DEFAULT_LAYER)


async def on_new(interaction: Interaction, _: Id) -> None:
    await reply.ask(
        interaction, Form("New playlist", ids.of("named"), layout.field("Its name", "name", 80, "Late night"))
    )


async def on_named(interaction: Interaction, _: Id) -> None:
    await reply.pause(interaction)
    await _kept(interaction, [await _make(interaction, keep.DEFAULT_LAYER, fields(interaction).get("name", ""))], [])


async def _make(interaction: Interaction, layer: str, name: str) -> Playlist:
    music, services = await _music(interaction), interaction.client.services
    return await keep.make(services.store, music, interaction.user.id, layer, name)


async def _take(interaction: Interaction, wanted: list[str], layer: str) -> None:
    """Keep each of the playlists, by id or name; say which could not be kept, and why."""
    music, services, member = await _music(interaction), interaction.client.services, interaction.user.id
    offered = await keep.offered(services.store, music, member)
    taken, problems = [], []
    for each in wanted:
        try:
            taken.append(await keep.take(services.store, music, member, layer, _found(offered, each)))
        except MemberError as reason:
            problems.append(reason.for_member())
    if taken:
        named = await keep.layer_named(services.store, member, layer)
        await hands.learn_standing(services.store, member, named, services.clock())
    await _kept(interaction, taken, problems)


def _found(offered: list[Found], wanted: str) -> Found:
    found = [each for each in offered if wanted in (each.id, each.name)]
    if not found:
        raise BadChoice("That playlist is not among yours, or I keep it already.")
    return found[0]


async def _music(interaction: Interaction) -> Music:
    interaction.client.offers.forget(interaction.user.id)
    return await interaction.client.services.music(interaction.user.id)


async def _kept(interaction: Interaction, taken: list[Playlist], problems: list[str]) -> None:
    """Say what is kept now, and go on to the next step."""
    said = ([texts.kept([each.name for each in taken])] if taken else []) + problems
    found = await steps.where(interaction.client, interaction.user.id)
    more = layout.row(layout.button("Another playlist", ids.of("more")))
    await reply.show(
        interaction, Page("\n".join(said), *await steps.after(interaction.client, interaction.user.id, found), more)
    )


async def on_more(interaction: Interaction, _: Id) -> None:
    await reply.pause(interaction)
    await reply.show(interaction, Page(*await steps.playlists(interaction.client, interaction.user.id)))


@playlists.command(name="list", description="The playlists that I keep for you, and their rules")
async def shown(interaction: Interaction) -> None:
    found = await keep.listed(interaction.client.services.store, interaction.user.id)
    await reply.show(
        interaction, Page(texts.layers(found), layout.row(layout.button("Another playlist", ids.of("more"))))
    )


@playlists.command(name="settings", description="How I treat a playlist, or a layer of playlists")
@app_commands.describe(
    playlist="Which playlist",
    automatic="Songs go in without asking (off: I always ask first)",
    mistakes="How many mistakes in 20 are bearable: fewer means that I ask more",
    emoji="What stands for it on cards and prompts",
    layer="Which layer the following are about; that of the playlist if left out",
    several="A song may be in several playlists of the layer",
    everything="Every song is placed somewhere in the layer",
    learn="Songs that stand in your playlists count as labels (off unless you say so)",
)
@app_commands.autocomplete(playlist=choices.kept, layer=choices.layer)
async def settings(
    interaction: Interaction,
    playlist: str | None = None,
    automatic: bool | None = None,
    mistakes: Mistakes | None = None,
    emoji: str | None = None,
    layer: str | None = None,
    several: bool | None = None,
    everything: bool | None = None,
    learn: bool | None = None,
) -> None:
    await reply.pause(interaction)
    said = []
    if playlist is not None:
        found = await choices.chosen(interaction, playlist)
        rules: dict[str, Any] = {"automatic": automatic, "mistakes": mistakes, "emoji": _emoji(emoji)}
        said.append(
            texts.rules(await keep.settings(interaction.client.services.store, found.member, found.playlist, **rules))
        )
    elif (automatic, mistakes, emoji) != (None, None, None):
        raise BadChoice("Which playlist is that about? Choose it in `playlist:`.")
    if several is not None or everything is not None:
        said.append(await _layer(interaction, layer, playlist, several, everything))
    if learn is not None:
        said.append(await _learn(interaction, learn))
    if not said:
        said.append(texts.layers(await keep.listed(interaction.client.services.store, interaction.user.id)))
    await reply.show(interaction, Page("\n".join(said)))


async def _layer(
    interaction: Interaction, name: str | None, playlist: str | None, several: bool | None, everything: bool | None
) -> str:
    store, member = interaction.client.services.store, interaction.user.id
    if name is None and playlist is not None:
        chosen = await choices.chosen(interaction, playlist)
        found = await keep.layer_numbered(store, member, chosen.layer)
    else:
        found = await keep.layer_named(store, member, name)
    return texts.layer(await keep.layer_settings(store, member, found.name, several=several, everything=everything))


async def _learn(interaction: Interaction, allowed: bool) -> str:
    services = interaction.client.services
    made = await hands.allow_standing(services.store, interaction.user.id, allowed, services.clock())
    return texts.learning_from_playlists(made) if allowed else sentences.LEARN_IS_OFF


def _emoji(typed: str | None) -> str | None:
    """Raises BadChoice for what is not one emoji that Discord has for everyone."""
    if typed is None:
        return None
    emoji = typed.strip()
    parts = {unicodedata.category(letter) for letter in emoji.lstrip("0123456789#*")}
    if not emoji or len(emoji) > 12 or not parts or not parts <= EMOJI_PARTS or emoji.isascii():
        raise BadChoice("One emoji, please, of those that every server has.")
    return emoji


@playlists.command(
    name="remove", description="Let go of a playlist: it stays at Spotify as it is, I never touch it again"
)
@app_commands.describe(playlist="Which playlist")
@app_commands.autocomplete(playlist=choices.kept)
async def remove(interaction: Interaction, playlist: str) -> None:
    services, found = interaction.client.services, await choices.chosen(interaction, playlist)
    gone = await keep.let_go(services.store, found.member, found.playlist, services.clock())
    interaction.client.offers.forget(found.member)
    await reply.show(interaction, Page(texts.let_go(gone)))


COMMANDS: tuple[AnyCommand, ...] = (playlists,)
TAPS = {"keep": on_keep, "new": on_new, "named": on_named, "more": on_more}
