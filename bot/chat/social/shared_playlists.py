"""/shared: playlists kept together by a server or a group, and their buttons."""

import io

import discord
from discord import app_commands
from discord.app_commands import Choice

from bot.chat import autocomplete, ids, reply
from bot.chat.bot import AnyCommand, Interaction, values
from bot.chat.ids import Id
from bot.chat.layout import MOST_OPTIONS, Page
from bot.chat.social.pages import hosting as host_pages
from bot.chat.social.pages import shared_playlists as pages
from bot.core.jobs import JobKind
from bot.core.records import Song
from bot.errors.social import ManagersOnly, NoSuchShared
from bot.flows.library import sync
from bot.flows.social import hosting
from bot.flows.social import shared_playlists as flow

Name = app_commands.Range[str, 1, flow.LONGEST_NAME]

shared = app_commands.Group(name="shared", description="Playlists that a server or a group keeps together")


@autocomplete.at_worst_none
async def _here(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """The shared playlists that the member may see where they are."""
    services = interaction.client.services
    found = await flow.lists(services.store, interaction.user.id, interaction.guild_id)
    return autocomplete.matching(typed, ((each.name, str(each.shared)) for each in found))


async def _chosen(interaction: Interaction, typed: str) -> int:
    """Return the number of the playlist that was chosen or typed. Raises BadChoice."""
    services = interaction.client.services
    found = await flow.lists(services.store, interaction.user.id, interaction.guild_id)
    chosen = autocomplete.the_one(typed, found, number=lambda each: str(each.shared), name=lambda each: each.name)
    if chosen is None:
        raise NoSuchShared
    return chosen.shared


@shared.command(name="new", description="Start a playlist to keep together; you host it, and nothing is written yet")
@app_commands.describe(name="Its name", group="For a group you invite, not everyone in this server")
async def new(interaction: Interaction, name: Name, group: bool = False) -> None:
    services, member = interaction.client.services, interaction.user.id
    await services.music(member)  # raises NotLinked: there must be somewhere to write it
    server = None if group else interaction.guild_id
    number = await flow.open_new(services.store, name, member, server, services.clock())
    found = await hosting.dry_run(services.store, member, interaction.guild_id, number, services.clock())
    await reply.show(interaction, host_pages.began(found.shared, found))


@shared.command(name="list", description="The shared playlists of this server and of your groups")
async def list_(interaction: Interaction) -> None:
    services, member = interaction.client.services, interaction.user.id
    found = await flow.lists(services.store, member, interaction.guild_id)
    await reply.show(interaction, pages.listed(found, member, interaction.guild_id))


@shared.command(name="show", description="Its songs: who added each, and who'd keep or drop it")
@app_commands.describe(playlist="Which shared playlist")
@app_commands.autocomplete(playlist=_here)
async def show(interaction: Interaction, playlist: str) -> None:
    await _show(interaction, await _chosen(interaction, playlist))


async def on_open(interaction: Interaction, tap: Id) -> None:
    await _show(interaction, ids.number(next(iter(values(interaction)), "")))


async def on_page(interaction: Interaction, tap: Id) -> None:
    await _show(interaction, tap.number, tap.n)


async def _show(interaction: Interaction, number: int, page: int = 0) -> None:
    services, member = interaction.client.services, interaction.user.id
    found = await flow.show(services.store, member, interaction.guild_id, number)
    await reply.show_privately(interaction, pages.show(found, member, services.clock(), page))


async def on_file(interaction: Interaction, tap: Id) -> None:
    services, member = interaction.client.services, interaction.user.id
    found = await flow.show(services.store, member, interaction.guild_id, tap.number)
    rows = [(found.songs[each.song], each.at) for each in found.standing if each.song in found.songs]
    name, data = sync.csv_of(found.shared.name, found.shared.shared, rows)
    await reply.whisper(interaction, pages.as_file(found.shared, discord.File(io.BytesIO(data), filename=name)))


@shared.command(name="add", description="Add a song; everyone who keeps the playlist sees your name beside it")
@app_commands.describe(playlist="Which shared playlist", song="A song of yours, or from the catalogue")
@app_commands.autocomplete(playlist=_here, song=autocomplete.any_song)
async def add(interaction: Interaction, playlist: str, song: str) -> None:
    number = await _chosen(interaction, playlist)
    await _bring(interaction, number, await autocomplete.any_named(interaction, song))


async def on_add(interaction: Interaction, tap: Id) -> None:
    services, member = interaction.client.services, interaction.user.id
    found = await flow.show(services.store, member, interaction.guild_id, tap.number)
    likes = await flow.latest_likes(services.store, member, found, MOST_OPTIONS)
    await reply.whisper(interaction, pages.choosing(found.shared, likes))


async def on_put(interaction: Interaction, tap: Id) -> None:
    await _bring(interaction, tap.number, next(iter(values(interaction)), ""))


async def _bring(interaction: Interaction, number: int, given: str) -> None:
    services, member = interaction.client.services, interaction.user.id
    song = await _seen(interaction, given)
    added = await flow.add(services.store, member, interaction.guild_id, number, song, services.clock())
    await _have_written(interaction, added.host, number)
    await reply.show_privately(interaction, pages.added(added.shared, song, first=added.first))


async def _seen(interaction: Interaction, song: str) -> Song:
    """Return a song that the member likes or can see. Raises BadChoice."""
    return (await interaction.client.services.catalogue.about(interaction.user.id, song)).song


async def _have_written(interaction: Interaction, host: int | None, number: int) -> None:
    if host is not None:
        await interaction.client.services.jobs.enqueue(JobKind.SHARE, host, number)


async def on_keep(interaction: Interaction, tap: Id) -> None:
    await _vote(interaction, tap, keep=True)


async def on_drop(interaction: Interaction, tap: Id) -> None:
    await _vote(interaction, tap, keep=False)


async def _vote(interaction: Interaction, tap: Id, *, keep: bool) -> None:
    services, member, now = interaction.client.services, interaction.user.id, interaction.client.services.clock()
    voted = await flow.vote(services.store, member, interaction.guild_id, tap.n, tap.key, keep, now)
    await _have_written(interaction, voted.host, tap.n)
    said = pages.outcome(voted.before, voted.after, spent=voted.spent)
    at = [each.song for each in voted.shown.record].index(voted.before.song)
    page = pages.show(voted.shown, member, now, at // pages.PER_PAGE, said)
    await reply.show_privately(interaction, page)


@shared.command(name="leave", description="Remove your name from a shared playlist; the songs you added stay")
@app_commands.describe(playlist="Which shared playlist")
@app_commands.autocomplete(playlist=_here)
async def leave(interaction: Interaction, playlist: str) -> None:
    services, number = interaction.client.services, await _chosen(interaction, playlist)
    found = await flow.leave(services.store, interaction.user.id, interaction.guild_id, number)
    await reply.show(interaction, Page(pages.left(found)))


async def on_invite(interaction: Interaction, tap: Id) -> None:
    """The host posts the invitation, where they are."""
    services = interaction.client.services
    found = await hosting.of_host(services.store, interaction.user.id, tap.number)
    await reply.announce(interaction, pages.invitation(found))


async def on_join(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    await flow.join(services.store, interaction.user.id, tap.n, tap.key, services.clock())
    await reply.whisper(interaction, Page(pages.JOINED))


@shared.command(name="host", description="Have a shared playlist written to your account, or stop that")
@app_commands.describe(playlist="Which shared playlist")
@app_commands.autocomplete(playlist=_here)
async def host(interaction: Interaction, playlist: str) -> None:
    await _host(interaction, await _chosen(interaction, playlist))


async def on_host(interaction: Interaction, tap: Id) -> None:
    await _host(interaction, tap.number)


async def _host(interaction: Interaction, number: int) -> None:
    services, member = interaction.client.services, interaction.user.id
    await services.music(member)  # raises NotLinked, ConsentEnded
    found = await hosting.dry_run(services.store, member, interaction.guild_id, number, services.clock())
    await reply.show_privately(interaction, host_pages.hosting(found, member))


async def on_write(interaction: Interaction, tap: Id) -> None:
    services, member, now = interaction.client.services, interaction.user.id, interaction.client.services.clock()
    await services.music(member)  # raises NotLinked, ConsentEnded
    await hosting.confirm(services.store, member, interaction.guild_id, tap.number, now)
    interaction.client.desk.wait(interaction, "share", now, about=tap.number)
    await reply.show_privately(interaction, Page(host_pages.BEING_WRITTEN))
    await services.jobs.enqueue(JobKind.SHARE, member, tap.number)


async def on_not(interaction: Interaction, tap: Id) -> None:
    await reply.show_privately(interaction, Page(host_pages.NOT_NOW))


async def on_down(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    found = await hosting.lay_down(services.store, interaction.user.id, tap.number)
    await reply.show_privately(interaction, Page(host_pages.laid_down(found)))


@shared.command(name="end", description="Stop writing a playlist you host; whoever runs the server may delete it")
@app_commands.describe(playlist="Which shared playlist")
@app_commands.autocomplete(playlist=_here)
async def end(interaction: Interaction, playlist: str) -> None:
    services, number = interaction.client.services, await _chosen(interaction, playlist)
    found = await hosting.within_reach(services.store, interaction.user.id, interaction.guild_id, number)
    if found.server is not None and found.host != interaction.user.id and interaction.permissions.manage_guild:
        await reply.show(interaction, host_pages.removing(found))
    else:
        await reply.show(
            interaction, host_pages.ending(await hosting.of_host(services.store, interaction.user.id, number))
        )


async def on_remove(interaction: Interaction, tap: Id) -> None:
    if interaction.guild_id is None or not interaction.permissions.manage_guild:
        raise ManagersOnly
    found = await hosting.remove(interaction.client.services.store, interaction.guild_id, tap.number)
    await reply.show_privately(interaction, Page(host_pages.removed(found)))


async def on_end(interaction: Interaction, tap: Id) -> None:
    services, member = interaction.client.services, interaction.user.id
    found = await hosting.end(services.store, member, tap.number, services.clock())
    await reply.show_privately(interaction, Page(host_pages.ended(found, taking_back=False)))


async def on_back(interaction: Interaction, tap: Id) -> None:
    services, member, now = interaction.client.services, interaction.user.id, interaction.client.services.clock()
    found = await hosting.take_back(services.store, member, tap.number, now)
    interaction.client.desk.wait(interaction, "share", now, about=tap.number)
    await reply.show_privately(interaction, Page(host_pages.ended(found, taking_back=True)))
    await services.jobs.enqueue(JobKind.SHARE, member, tap.number)


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
