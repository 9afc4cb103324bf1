"""/shared: playlists kept together by a server or a group, and their buttons."""

import io
from collections.abc import Sequence
from dataclasses import replace

import discord
from discord import app_commands
from discord.app_commands import Choice

from bot.chat import autocomplete, ids, reply
from bot.chat.gateway import presence
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.layout import MOST_OPTIONS, Page
from bot.chat.social.pages import hosting as host_pages
from bot.chat.social.pages import shared_playlists as pages
from bot.core.jobs import JobKind
from bot.core.social.shared_playlists import Shared
from bot.errors.social import ManagersOnly, NoSuchShared
from bot.flows.library import exports
from bot.flows.social.shared import hosting
from bot.flows.social.shared import playlists as flow
from bot.messages import _
from bot.messages.social import hosting as host_messages
from bot.messages.social import shared_playlists as messages

Name = app_commands.Range[str, 1, flow.LONGEST_NAME]

shared = app_commands.Group(name="shared", description="Playlists that a server or a group keeps together")


@autocomplete.at_worst_none
async def _here(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The shared playlists that the member may see where they are."""
    services = interaction.client.services
    return _matching(typed, await flow.lists(services.store, interaction.user.id, interaction.guild_id))


@autocomplete.at_worst_none
async def _naming(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The shared playlists that the member's name is in, wherever they are."""
    return _matching(typed, await flow.naming(interaction.client.services.store, interaction.user.id))


def _matching(typed: str, playlists: Sequence[Shared]) -> list[Choice[str]]:
    return autocomplete.matching(typed, ((shared.name, str(shared.shared)) for shared in playlists))


async def _chosen(context: Context, typed: str) -> int:
    """Return the number of the playlist that was chosen or typed where the member is. Raises NoSuchShared."""
    return _the_one(typed, await flow.lists(context.store, context.member, context.interaction.guild_id))


def _the_one(typed: str, playlists: Sequence[Shared]) -> int:
    chosen = autocomplete.the_one(
        typed, playlists, number=lambda shared: str(shared.shared), name=lambda shared: shared.name
    )
    if chosen is None:
        raise NoSuchShared
    return chosen.shared


@shared.command(name="new", description="Start a playlist to keep together; you host it, and nothing is written yet")
@app_commands.describe(name="Its name", group="For a group you invite, not everyone in this server")
async def new(interaction: Interaction, name: Name, group: bool = False) -> None:
    context = Context.of(interaction)
    await context.services.music(context.member)  # raises NotLinked: there must be somewhere to write it
    host = replace(context.actor, server=None) if group else context.actor
    await presence.check_bot_is_in(context.bot, host.server)
    number = await flow.open_new(context.store, host, name)
    planned = await hosting.dry_run(context.store, context.actor, number)
    await reply.show(interaction, host_pages.began(planned))


@shared.command(name="list", description="The shared playlists of this server and of your groups")
async def list_(interaction: Interaction) -> None:
    context = Context.of(interaction)
    playlists = await flow.lists(context.store, context.member, interaction.guild_id)
    await reply.show(interaction, pages.listed(playlists, context.member, interaction.guild_id))


@shared.command(name="show", description="Its songs: who added each, and who'd keep or drop it")
@app_commands.describe(playlist="Which shared playlist")
@app_commands.autocomplete(playlist=_here)
async def show(interaction: Interaction, playlist: str) -> None:
    context = Context.of(interaction)
    await _show(context, await _chosen(context, playlist))


async def on_open(context: Context) -> None:
    await _show(context, ids.number(context.value))


async def on_page(context: Context) -> None:
    await _show(context, context.tap.number, context.tap.n)


async def _show(context: Context, number: int, page: int = 0) -> None:
    view = await flow.show(context.store, context.member, context.interaction.guild_id, number)
    await reply.show_privately(context.interaction, pages.show(view, context.member, context.now, page))


async def on_file(context: Context) -> None:
    view = await flow.show(context.store, context.member, context.interaction.guild_id, context.tap.number)
    rows = [(view.songs[brought.song], brought.at) for brought in view.standing if brought.song in view.songs]
    name, data = exports.csv_of(view.shared.name, view.shared.shared, rows)
    await reply.whisper(context.interaction, pages.as_file(view.shared, discord.File(io.BytesIO(data), filename=name)))


@shared.command(name="add", description="Add a song; everyone who keeps the playlist sees your name beside it")
@app_commands.describe(playlist="Which shared playlist", song="A song of yours, or from the catalogue")
@app_commands.autocomplete(playlist=_here, song=autocomplete.any_song)
async def add(interaction: Interaction, playlist: str, song: str) -> None:
    context = Context.of(interaction)
    number = await _chosen(context, playlist)
    await _bring(context, number, await autocomplete.any_named(interaction, song))


async def on_add(context: Context) -> None:
    view = await flow.show(context.store, context.member, context.interaction.guild_id, context.tap.number)
    likes = await flow.latest_likes(context.store, context.member, view, MOST_OPTIONS)
    await reply.whisper(context.interaction, pages.choosing(view.shared, likes))


async def on_put(context: Context) -> None:
    await _bring(context, context.tap.number, context.value)


async def _bring(context: Context, number: int, given: str) -> None:
    song = await context.song(given)
    added = await flow.add(context.store, context.actor, number, song)
    await _have_written(context, added.host, number)
    await reply.show_privately(context.interaction, pages.added(added.shared, song, first=added.first))


async def _have_written(context: Context, host: int | None, number: int) -> None:
    if host is not None:
        await context.services.jobs.enqueue(JobKind.SHARE, host, number)


async def on_keep(context: Context) -> None:
    await _vote(context, keep=True)


async def on_drop(context: Context) -> None:
    await _vote(context, keep=False)


async def _vote(context: Context, *, keep: bool) -> None:
    tap = context.tap
    voted = await flow.vote(context.store, context.actor, tap.n, tap.key, keep)
    await _have_written(context, voted.host, tap.n)
    said = messages.outcome(voted.before, voted.after, spent=voted.spent)
    place = [brought.song for brought in voted.shown.record].index(voted.before.song)
    page = pages.show(voted.shown, context.member, context.now, place // pages.PER_PAGE, said)
    await reply.show_privately(context.interaction, page)


@shared.command(name="leave", description="Remove your name from a shared playlist; the songs you added stay")
@app_commands.describe(playlist="Which shared playlist")
@app_commands.autocomplete(playlist=_naming)
async def leave(interaction: Interaction, playlist: str) -> None:
    context = Context.of(interaction)
    number = _the_one(playlist, await flow.naming(context.store, context.member))
    left = await flow.leave(context.store, context.member, number)
    await reply.show(interaction, Page(messages.left(left)))


async def on_invite(context: Context) -> None:
    """The host posts the invitation, where they are."""
    hosted = await hosting.of_host(context.store, context.member, context.tap.number)
    with reply.in_public(context.interaction):
        await reply.announce(context.interaction, pages.invitation(hosted))


async def on_join(context: Context) -> None:
    await flow.join(context.store, context.member, context.tap.n, context.tap.key, context.now)
    await reply.whisper(context.interaction, Page(_(messages.JOINED)))


@shared.command(name="host", description="Have a shared playlist written to your account, or stop that")
@app_commands.describe(playlist="Which shared playlist")
@app_commands.autocomplete(playlist=_here)
async def host(interaction: Interaction, playlist: str) -> None:
    context = Context.of(interaction)
    await _host(context, await _chosen(context, playlist))


async def on_host(context: Context) -> None:
    await _host(context, context.tap.number)


async def _host(context: Context, number: int) -> None:
    await context.services.music(context.member)  # raises NotLinked, ConsentEnded
    planned = await hosting.dry_run(context.store, context.actor, number)
    if planned.shared.host != context.member:
        await presence.check_bot_is_in(context.bot, planned.shared.server)
    await reply.show_privately(context.interaction, host_pages.hosting(planned, context.member))


async def on_write(context: Context) -> None:
    await context.services.music(context.member)  # raises NotLinked, ConsentEnded
    await hosting.confirm(context.store, context.actor, context.tap.number)
    context.bot.pending.wait(context.interaction, "share", context.now, about=context.tap.number)
    await reply.show_privately(context.interaction, Page(_(host_messages.BEING_WRITTEN)))
    await context.services.jobs.enqueue(JobKind.SHARE, context.member, context.tap.number)


async def on_not(context: Context) -> None:
    await reply.show_privately(context.interaction, Page(_(host_messages.NOT_NOW)))


async def on_down(context: Context) -> None:
    stopped = await hosting.stop(context.store, context.member, context.tap.number)
    await reply.show_privately(context.interaction, Page(host_messages.stopped(stopped)))


@shared.command(name="end", description="Stop writing a playlist you host; whoever runs the server may delete it")
@app_commands.describe(playlist="Which shared playlist")
@app_commands.autocomplete(playlist=_here)
async def end(interaction: Interaction, playlist: str) -> None:
    context = Context.of(interaction)
    number = await _chosen(context, playlist)
    known = await hosting.within_reach(context.store, context.member, interaction.guild_id, number)
    if known.server is not None and known.host != context.member and interaction.permissions.manage_guild:
        await reply.show(interaction, host_pages.removing(known))
    else:
        await reply.show(interaction, host_pages.ending(await hosting.of_host(context.store, context.member, number)))


async def on_remove(context: Context) -> None:
    if context.interaction.guild_id is None or not context.interaction.permissions.manage_guild:
        raise ManagersOnly
    removed = await hosting.remove(context.store, context.interaction.guild_id, context.tap.number)
    await reply.show_privately(context.interaction, Page(host_messages.removed(removed)))


async def on_end(context: Context) -> None:
    ended = await hosting.end(context.store, context.member, context.tap.number, context.now)
    await reply.show_privately(context.interaction, Page(host_messages.ended(ended, removing=False)))


async def on_back(context: Context) -> None:
    ended = await hosting.end_and_remove(context.store, context.member, context.tap.number, context.now)
    context.bot.pending.wait(context.interaction, "share", context.now, about=context.tap.number)
    await reply.show_privately(context.interaction, Page(host_messages.ended(ended, removing=True)))
    await context.services.jobs.enqueue(JobKind.SHARE, context.member, context.tap.number)


COMMANDS: tuple[AnyCommand, ...] = (shared,)
TAPS = {
    "shopen": on_open,
    "shpage": on_page,
    "shfile": on_file,
    "shadd": on_add,
    "shput": on_put,
    "shkeep": on_keep,
    "shdrop": on_drop,
    "shinvite": on_invite,
    "shjoin": on_join,
    "shhost": on_host,
    "shwrite": on_write,
    "shnot": on_not,
    "shdown": on_down,
    "shend": on_end,
    "shback": on_back,
    "shremove": on_remove,
}
