"""/playlists: what a member sorts into; see `rules` for how."""

from discord import app_commands

from bot.chat import autocomplete, ids, layout, next_steps, reply
from bot.chat.gateway.bot import Context, Interaction
from bot.chat.layout import Form, Page
from bot.chat.sorting import standing
from bot.errors import MemberError
from bot.errors.sorting import NotOffered
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
    context = Context.of(interaction)
    await reply.pause(interaction)
    if new:
        await _make(context, layer, new)
    elif playlist:
        await _take(context, [playlist], layer)
    else:
        await _choose(context)


async def _choose(context: Context) -> None:
    """Show the playlists that Spotify has now: one may have been made there a moment ago."""
    context.bot.offers.forget(context.member)
    await reply.show(context.interaction, Page(*await next_steps.playlists(context.bot, context.member)))


async def on_keep(context: Context) -> None:
    """The playlists chosen in the first select."""
    await reply.pause(context.interaction)
    await _take(context, context.values, flow.DEFAULT_LAYER)


async def on_new(context: Context) -> None:
    await reply.ask(
        context.interaction,
        Form(
            _("New playlist"), ids.of("named"), layout.field(_("Its name"), "name", flow.LONGEST_NAME, _("Late night"))
        ),
    )


async def on_named(context: Context) -> None:
    await reply.pause(context.interaction)
    await _make(context, flow.DEFAULT_LAYER, context.fields.get("name", ""))


async def _make(context: Context, layer: str, name: str) -> None:
    made = await flow.make(context.store, await _music(context), context.member, layer, name, context.now)
    await next_steps.show(context, [messages.kept([made.name])])


async def _take(context: Context, wanted: list[str], layer: str) -> None:
    """Keep the playlists, given by id or name; say which couldn't be kept, and why."""
    music = await _music(context)
    offered = await flow.offered(context.store, music, context.member)
    taken, problems = [], []
    for given in wanted:
        try:
            taken.append(await flow.take(context.store, music, context.actor, layer, _chosen(offered, given)))
        except MemberError as reason:
            problems.append(describe(reason))
    if taken:
        named = await flow.layer_named(context.store, context.member, layer)
        await standing.taken(context, named, taken, problems, offered)
    else:
        await next_steps.show(context, problems)


def _chosen(offered: list[ListedPlaylist], given: str) -> ListedPlaylist:
    chosen = autocomplete.the_one(given, offered, number=lambda listed: listed.id, name=lambda listed: listed.name)
    if chosen is None:
        raise NotOffered
    return chosen


async def _music(context: Context) -> Music:
    context.bot.offers.forget(context.member)
    return await context.services.music(context.member)


async def on_more(context: Context) -> None:
    await reply.pause(context.interaction)
    await _choose(context)


@playlists.command(name="list", description="The playlists I keep for you, and their rules")
async def shown(interaction: Interaction) -> None:
    context = Context.of(interaction)
    layers = await flow.listed(context.store, context.member)
    if any(layer.playlists for layer in layers):
        taps = [next_steps.another_playlist(), layout.button(_("Doubles and unplayable songs"), ids.of("odd"))]
    else:
        taps = [layout.button(_("Choose playlists"), ids.of("more"))]
    await reply.show(interaction, Page(messages.layers(layers), layout.row(*taps)))


async def on_odd(context: Context) -> None:
    """What's in the playlists twice, or can't be played."""
    await reply.pause(context.interaction)
    odd = await flow.odd(context.store, context.member)
    await reply.whisper(context.interaction, Page(messages.odd(odd)))


@playlists.command(name="remove", description="Stop keeping a playlist: it stays as it is, and I won't touch it again")
@app_commands.describe(playlist="Which playlist")
@app_commands.autocomplete(playlist=autocomplete.kept)
async def remove(interaction: Interaction, playlist: str) -> None:
    context = Context.of(interaction)
    chosen = await autocomplete.chosen(context, playlist)
    removed = await flow.remove(context.store, chosen.member, chosen.playlist, context.now)
    context.bot.offers.forget(chosen.member)
    await reply.show(interaction, Page(messages.removed(removed)))


TAPS = {"keep": on_keep, "new": on_new, "named": on_named, "more": on_more, "odd": on_odd}
