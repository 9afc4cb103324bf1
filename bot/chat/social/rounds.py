"""/round: a theme, one song from each player, votes, and who entered what at the end."""

from discord import app_commands

from bot.chat import autocomplete, reply
from bot.chat.bot import AnyCommand, Interaction, values
from bot.chat.feed import feed_cards
from bot.chat.ids import Id
from bot.chat.layout import MOST_OPTIONS, Page
from bot.chat.social import channels
from bot.chat.social.pages import rounds
from bot.core.jobs import JobKind
from bot.core.records import Song
from bot.core.social.rounds import CLOSED, ENTERING
from bot.errors import BadChoice
from bot.errors.social import NoRound, RoundHasPlaylist, TooFewEntries
from bot.flows.feed.catalogue_index import key
from bot.flows.social import rounds as flow
from bot.flows.social import shared_playlists
from bot.flows.social.rounds import RoundTable

round_ = app_commands.Group(
    name="round",
    description="A theme, songs from each of you, and votes",
    allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
)
Hours = app_commands.Range[int, 1, flow.MOST_HOURS]
Theme = app_commands.Range[str, 1, flow.LONGEST_THEME]


@round_.command(name="start", description="Start a round in this channel")
@app_commands.describe(
    theme="What the songs should be about",
    entries="Hours to enter songs; 24 by default",
    votes="Hours to vote; 24 by default",
)
async def start(interaction: Interaction, theme: Theme, entries: Hours = 24, votes: Hours = 24) -> None:
    services, channel = interaction.client.services, interaction.channel_id or 0
    begun = await flow.start(
        services.store,
        interaction.user.id,
        interaction.guild_id,
        channel,
        theme,
        (entries, votes),
        services.clock(),
    )
    table = await flow.show(services.store, begun)
    await reply.show(interaction, rounds.page(table), public=True)
    message = await interaction.original_response()
    await flow.told(services.store, begun, table.round.state, message.id)


@round_.command(name="enter", description="Enter a song in this channel's round; nobody sees it's yours")
@app_commands.describe(song="Any song of yours, or from the catalogue")
@app_commands.autocomplete(song=autocomplete.any_song)
async def enter(interaction: Interaction, song: str) -> None:
    services = interaction.client.services
    found = await flow.here(services.store, interaction.channel_id or 0)
    chosen = await autocomplete.any_named(interaction, song)
    about = await services.catalogue.about(interaction.user.id, chosen)
    await _enter(interaction, found.round, about.song)


async def _of_this_server(interaction: Interaction, number: int) -> RoundTable:
    """Return a round that is played in the server of the interaction. Raises BadChoice for any other."""
    table = await flow.show(interaction.client.services.store, number)
    if table.round.server != interaction.guild_id:
        raise NoRound
    return table


async def on_enter(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    table = await _of_this_server(interaction, tap.number)
    likes = await flow.newest_likes(services.store, interaction.user.id, MOST_OPTIONS)
    await reply.whisper(interaction, rounds.choose(table, likes))


async def on_song(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    chosen = next(iter(values(interaction)), "")
    about = await services.catalogue.about(interaction.user.id, chosen)
    await _enter(interaction, tap.number, about.song)


async def _enter(interaction: Interaction, found: int, song: Song) -> None:
    services = interaction.client.services
    await _of_this_server(interaction, found)
    await flow.enter(services.store, interaction.user.id, found, song, services.clock())
    await reply.show(interaction, rounds.entered(await flow.show(services.store, found), song))
    await channels.show_round(interaction.client, found)


async def on_vote(interaction: Interaction, tap: Id) -> None:
    await _of_this_server(interaction, tap.number)
    table = await flow.choices(interaction.client.services.store, interaction.user.id, tap.number)
    await reply.whisper(interaction, rounds.ballot(table))


async def on_votes(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    await _of_this_server(interaction, tap.number)
    over = await flow.vote(services.store, interaction.user.id, tap.number, values(interaction), services.clock())
    await reply.show(interaction, rounds.voted(await flow.show(services.store, tap.number), over=over))
    await (channels.turn_round if over else channels.show_round)(interaction.client, tap.number)


async def on_hear(interaction: Interaction, tap: Id) -> None:
    """Hear an entry, as a card of the feed; where they may not see it there, its link."""
    await reply.pause_apart(interaction)
    services, member = interaction.client.services, interaction.user.id
    table = await _of_this_server(interaction, tap.number)
    song = _chosen(table, values(interaction))
    try:
        card, listen = await services.feed.card(member, song.song), await services.listening.to(member, song)
    except BadChoice:
        await reply.whisper(interaction, Page(song.page or rounds.NOT_PLAYED))
    else:
        await reply.post(interaction, feed_cards.post(card, listen, public=False))


def _chosen(table: RoundTable, given: list[str]) -> Song:
    named = [each.song for each in table.entries if key(each.song) in given[:1]]
    found = [table.songs[song] for song in named if song in table.songs]
    if not found:
        raise BadChoice
    return found[0]


@round_.command(name="next", description="Move on now: to the votes, or to the end")
async def next_(interaction: Interaction) -> None:
    services, member = interaction.client.services, interaction.user.id
    found = await flow.here(services.store, interaction.channel_id or 0)
    try:
        await flow.go_on(services.store, member, found.round, runs_server=_runs(interaction), now=services.clock())
    except TooFewEntries:
        await reply.show(interaction, rounds.too_few(await flow.show(services.store, found.round)))
        return
    await reply.show(interaction, Page(rounds.TO_VOTES if found.state == ENTERING else rounds.TO_RESULTS))
    await channels.turn_round(interaction.client, found.round)


@round_.command(name="cancel", description="Call off the round; who entered what isn't shown")
async def cancel(interaction: Interaction) -> None:
    services = interaction.client.services
    found = await flow.here(services.store, interaction.channel_id or 0)
    await _call_off(interaction, found.round)


async def on_off(interaction: Interaction, tap: Id) -> None:
    await _of_this_server(interaction, tap.number)
    await _call_off(interaction, tap.number)


async def _call_off(interaction: Interaction, number: int) -> None:
    services, member = interaction.client.services, interaction.user.id
    await _of_this_server(interaction, number)
    await flow.cancel(services.store, member, number, runs_server=_runs(interaction), now=services.clock())
    await reply.show(interaction, Page(rounds.OFF))
    await channels.turn_round(interaction.client, number)


@round_.command(name="show", description="How this channel's round stands, or how the last one ended")
async def show(interaction: Interaction) -> None:
    services = interaction.client.services
    found = await flow.last(services.store, interaction.channel_id or 0)
    table = await reply.soon(interaction, channels.round_table(interaction.client, found.round))
    await reply.show(interaction, rounds.page(table))


def _runs(interaction: Interaction) -> bool:
    return interaction.permissions.manage_guild


async def on_list(interaction: Interaction, tap: Id) -> None:
    table = await _closed(interaction, tap)
    await reply.whisper(interaction, rounds.asks_for_playlist(table))


async def on_make(interaction: Interaction, tap: Id) -> None:
    """Make the playlist, hosted by whoever presses: in the database at once, at Spotify by a job."""
    table = await reply.soon(interaction, _make(interaction, tap))
    await reply.show_privately(interaction, rounds.made(table))
    await channels.show_round(interaction.client, tap.number)


async def _make(interaction: Interaction, tap: Id) -> RoundTable:
    services, host, now = interaction.client.services, interaction.user.id, interaction.client.services.clock()
    await services.music(host)  # raises NotLinked: there must be somewhere to write it
    async with interaction.client.telling[tap.number]:  # of two who press at once, one makes it
        table = await _closed(interaction, tap)
        brought = [(each.entry.song, each.entry.member) for each in table.ranking]
        made = await shared_playlists.open_with(
            services.store, table.round.theme, host, table.round.server, brought, now
        )
        await flow.playlist(services.store, tap.number, made)
    await services.jobs.enqueue(JobKind.SHARE, host, made)
    return table


async def _closed(interaction: Interaction, tap: Id) -> RoundTable:
    table = await _of_this_server(interaction, tap.number)
    if table.round.state != CLOSED:
        raise NoRound
    if table.round.shared is not None:
        raise RoundHasPlaylist
    return table


COMMANDS: tuple[AnyCommand, ...] = (round_,)
TAPS = {
    "roff": on_off,
    "renter": on_enter,
    "rsong": on_song,
    "rvote": on_vote,
    "rvotes": on_votes,
    "rhear": on_hear,
    "rlist": on_list,
    "rmake": on_make,
}
