"""/playlists: what a member sorts into; see `rules` for how."""

from discord import app_commands

from bot.chat import autocomplete, ids, layout, next_steps, reply
from bot.chat.bot import Interaction, fields, values
from bot.chat.ids import Id
from bot.chat.layout import Form, Page
from bot.core.records import Playlist
from bot.errors import MemberError
from bot.errors.sorting import NotOffered
from bot.flows.sorting import manual_edits
from bot.flows.sorting import playlists as flow
from bot.messages import _
from bot.messages.errors import describe
from bot.messages.sorting import playlists as messages
from bot.ports import ListedPlaylist, Music

playlists = app_commands.Group(name="playlists", description="The playlists I keep for you")


@playlists.command(name="add", description="Give me a playlist to keep: one of yours, or a new one")
@app_commands.describe(
    playlist="One of your playlists; what's in it now stays",
    new="Or the name of a new playlist",
    layer="An independent set of playlists for the same likes; leave it out if one set is enough",
)
@app_commands.autocomplete(playlist=autocomplete.offered, layer=autocomplete.layer)
async def add(
    interaction: Interaction, playlist: str | None = None, new: str | None = None, layer: str = flow.DEFAULT_LAYER
) -> None:
    await reply.pause(interaction)
    if new:
        await _kept(interaction, [await _make(interaction, layer, new)], [])
    elif playlist:
        await _take(interaction, [playlist], layer)
    else:
        await reply.show(interaction, Page(*await next_steps.playlists(interaction.client, interaction.user.id)))


async def on_keep(interaction: Interaction, tap: Id) -> None:
    """The playlists chosen in the first select."""
    await reply.pause(interaction)
    await _take(interaction, values(interaction), flow.DEFAULT_LAYER)


async def on_new(interaction: Interaction, tap: Id) -> None:
    await reply.ask(
        interaction,
        Form(
            _("New playlist"), ids.of("named"), layout.field(_("Its name"), "name", flow.LONGEST_NAME, _("Late night"))
        ),
    )


async def on_named(interaction: Interaction, tap: Id) -> None:
    await reply.pause(interaction)
    await _kept(interaction, [await _make(interaction, flow.DEFAULT_LAYER, fields(interaction).get("name", ""))], [])


async def _make(interaction: Interaction, layer: str, name: str) -> Playlist:
    music, services = await _music(interaction), interaction.client.services
    return await flow.make(services.store, music, interaction.user.id, layer, name, services.clock())


async def _take(interaction: Interaction, wanted: list[str], layer: str) -> None:
    """Keep the playlists, given by id or name; say which couldn't be kept, and why."""
    music, services, member = await _music(interaction), interaction.client.services, interaction.user.id
    offered = await flow.offered(services.store, music, member)
    taken, problems = [], []
    for given in wanted:
        try:
            taken.append(await flow.take(services.store, music, member, layer, _chosen(offered, given)))
        except MemberError as reason:
            problems.append(describe(reason))
    if taken:
        named = await flow.layer_named(services.store, member, layer)
        await manual_edits.learn_standing(services.store, member, named, services.clock())
        await next_steps.train_what_is_due(interaction.client, member)
    await _kept(interaction, taken, problems)


def _chosen(offered: list[ListedPlaylist], given: str) -> ListedPlaylist:
    chosen = autocomplete.the_one(given, offered, number=lambda listed: listed.id, name=lambda listed: listed.name)
    if chosen is None:
        raise NotOffered
    return chosen


async def _music(interaction: Interaction) -> Music:
    interaction.client.offers.forget(interaction.user.id)
    return await interaction.client.services.music(interaction.user.id)


async def _kept(interaction: Interaction, taken: list[Playlist], problems: list[str]) -> None:
    """Say what is kept now, and go on to the next step."""
    said = ([messages.kept([playlist.name for playlist in taken])] if taken else []) + problems
    status = await next_steps.where(interaction.client, interaction.user.id)
    more = layout.row(layout.button(_("Another playlist"), ids.of("more")))
    await reply.show(
        interaction,
        Page("\n".join(said), *await next_steps.after(interaction.client, interaction.user.id, status), more),
    )


async def on_more(interaction: Interaction, tap: Id) -> None:
    await reply.pause(interaction)
    await reply.show(interaction, Page(*await next_steps.playlists(interaction.client, interaction.user.id)))


@playlists.command(name="list", description="The playlists I keep for you, and their rules")
async def shown(interaction: Interaction) -> None:
    layers = await flow.listed(interaction.client.services.store, interaction.user.id)
    taps = [layout.button(_("Another playlist"), ids.of("more"))]
    taps += [layout.button(_("Doubles and unplayable songs"), ids.of("odd"))] if layers else []
    await reply.show(interaction, Page(messages.layers(layers), layout.row(*taps)))


async def on_odd(interaction: Interaction, tap: Id) -> None:
    """What's in the playlists twice, or can't be played."""
    await reply.pause(interaction)
    odd = await flow.odd(interaction.client.services.store, interaction.user.id)
    await reply.whisper(interaction, Page(messages.odd(odd)))


@playlists.command(name="remove", description="Stop keeping a playlist: it stays as it is, and I won't touch it again")
@app_commands.describe(playlist="Which playlist")
@app_commands.autocomplete(playlist=autocomplete.kept)
async def remove(interaction: Interaction, playlist: str) -> None:
    services, chosen = interaction.client.services, await autocomplete.chosen(interaction, playlist)
    removed = await flow.remove(services.store, chosen.member, chosen.playlist, services.clock())
    interaction.client.offers.forget(chosen.member)
    await reply.show(interaction, Page(messages.removed(removed)))


TAPS = {"keep": on_keep, "new": on_new, "named": on_named, "more": on_more, "odd": on_odd}
