"""/round: a theme, one song from each player, votes, and who entered what at the end."""

from discord import app_commands

from bot.chat import autocomplete, reply
from bot.chat.feed import feed_cards
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.layout import MOST_OPTIONS, Page
from bot.chat.social import channels
from bot.chat.social.pages import rounds as pages
from bot.core.jobs import JobKind
from bot.core.records import Song
from bot.core.social.records import RoundState
from bot.errors import BadChoice
from bot.errors.social import NoRound, RoundHasPlaylist, TooFewEntries
from bot.flows.feed.catalogue_index import key
from bot.flows.social import rounds as flow
from bot.flows.social.rounds import RoundTable
from bot.messages import _, feed
from bot.messages.social import rounds as messages

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
    context = Context.of(interaction)
    channel = interaction.channel_id or 0
    number = await flow.start(context.store, context.actor, channel, theme, (entries, votes))
    table = await flow.show(context.store, number)
    with reply.in_public(interaction):
        await reply.show(interaction, pages.page(table), public=True)
    message = await interaction.original_response()
    await flow.told(context.store, number, table.round.state, message.id)


@round_.command(name="enter", description="Enter a song in this channel's round; nobody sees it's yours")
@app_commands.describe(song="Any song of yours, or from the catalogue")
@app_commands.autocomplete(song=autocomplete.any_song)
async def enter(interaction: Interaction, song: str) -> None:
    context = Context.of(interaction)
    themed = await flow.here(context.store, interaction.channel_id or 0)
    chosen = await autocomplete.any_named(interaction, song)
    about = await context.services.catalogue.about(context.member, chosen)
    await _enter(context, themed.round, about.song)


async def _of_this_server(context: Context, number: int) -> RoundTable:
    """Return a round that is played in the server of the interaction. Raises NoRound for any other."""
    table = await flow.show(context.store, number)
    if table.round.server != context.interaction.guild_id:
        raise NoRound
    return table


async def on_enter(context: Context) -> None:
    table = await _of_this_server(context, context.tap.number)
    likes = await flow.newest_likes(context.store, context.member, MOST_OPTIONS)
    await reply.whisper(context.interaction, pages.choose(table, likes))


async def on_song(context: Context) -> None:
    chosen = context.value
    about = await context.services.catalogue.about(context.member, chosen)
    await _enter(context, context.tap.number, about.song)


async def _enter(context: Context, number: int, song: Song) -> None:
    await _of_this_server(context, number)
    await flow.enter(context.store, context.member, number, song, context.now)
    table = await flow.show(context.store, number)
    await reply.show(context.interaction, Page(messages.entered(table, song)))
    await channels.show_round(context.bot, number)


async def on_vote(context: Context) -> None:
    await _of_this_server(context, context.tap.number)
    table = await flow.choices(context.store, context.member, context.tap.number)
    await reply.whisper(context.interaction, pages.ballot(table))


async def on_votes(context: Context) -> None:
    await _of_this_server(context, context.tap.number)
    over = await flow.vote(context.store, context.member, context.tap.number, context.values, context.now)
    table = await flow.show(context.store, context.tap.number)
    await reply.show(context.interaction, Page(messages.voted(table, over=over)))
    await (channels.turn_round if over else channels.show_round)(context.bot, context.tap.number)


async def on_hear(context: Context) -> None:
    """Play an entry as a feed card; if they can't see it in the feed, give its link."""
    await reply.pause_apart(context.interaction)
    table = await _of_this_server(context, context.tap.number)
    song = _chosen(table, context.values)
    try:
        entry = await context.services.catalogue.entry(context.member, song.song)
        listen = await context.services.listening.to(context.member, song)
    except BadChoice:
        await reply.whisper(context.interaction, Page(song.page or _(feed.NOT_PLAYED)))
    else:
        await reply.post(context.interaction, feed_cards.heard(entry, listen))


def _chosen(table: RoundTable, given: list[str]) -> Song:
    entered = [entry.song for entry in table.entries if key(entry.song) in given[:1]]
    if not entered or entered[0] not in table.songs:
        raise BadChoice
    return table.songs[entered[0]]


@round_.command(name="next", description="Move on now: to the votes, or to the end")
async def next_(interaction: Interaction) -> None:
    context = Context.of(interaction)
    themed = await flow.here(context.store, interaction.channel_id or 0)
    try:
        await flow.go_on(context.store, context.member, themed.round, runs_server=_runs(context), now=context.now)
    except TooFewEntries:
        await reply.show(interaction, pages.too_few(await flow.show(context.store, themed.round)))
        return
    await reply.show(
        interaction, Page(_(messages.TO_VOTES if themed.state == RoundState.ENTERING else messages.TO_RESULTS))
    )
    await channels.turn_round(context.bot, themed.round)


@round_.command(name="cancel", description="Call off the round; who entered what isn't shown")
async def cancel(interaction: Interaction) -> None:
    context = Context.of(interaction)
    themed = await flow.here(context.store, interaction.channel_id or 0)
    await _cancel(context, themed.round)


async def on_cancel(context: Context) -> None:
    await _of_this_server(context, context.tap.number)
    await _cancel(context, context.tap.number)


async def _cancel(context: Context, number: int) -> None:
    await _of_this_server(context, number)
    await flow.cancel(context.store, context.member, number, runs_server=_runs(context), now=context.now)
    await reply.show(context.interaction, Page(_(messages.CANCELLED_NOW)))
    await channels.turn_round(context.bot, number)


@round_.command(name="show", description="How this channel's round stands, or how the last one ended")
async def show(interaction: Interaction) -> None:
    context = Context.of(interaction)
    themed = await flow.last(context.store, interaction.channel_id or 0)
    table = await reply.soon(interaction, channels.round_table(context.bot, themed.round))
    await reply.show(interaction, pages.page(table))


def _runs(context: Context) -> bool:
    return context.interaction.permissions.manage_guild


async def on_list(context: Context) -> None:
    table = await _closed(context)
    await reply.whisper(context.interaction, pages.asks_for_playlist(table))


async def on_make(context: Context) -> None:
    """Make the playlist, hosted by whoever presses: in the database right away, on Spotify by a job."""
    table = await reply.soon(context.interaction, _make(context))
    await reply.show_privately(context.interaction, Page(messages.made(table)))
    await channels.show_round(context.bot, context.tap.number)


async def _make(context: Context) -> RoundTable:
    await context.services.music(context.member)  # raises NotLinked: there must be somewhere to write it
    table = await _closed(context)
    left = await channels.who_left(context.bot, table)  # the results don't name them either
    entered = [(placed.entry.song, placed.entry.member) for placed in table.ranking]
    brought = [(song, None if member in left else member) for song, member in entered]
    made = await flow.make_playlist(context.store, context.tap.number, context.actor, table.round.theme, brought)
    await context.services.jobs.enqueue(JobKind.SHARE, context.member, made)
    return table


async def _closed(context: Context) -> RoundTable:
    table = await _of_this_server(context, context.tap.number)
    if table.round.state != RoundState.CLOSED:
        raise NoRound
    if table.round.shared is not None:
        raise RoundHasPlaylist
    return table


COMMANDS: tuple[AnyCommand, ...] = (round_,)
TAPS = {
    "roff": on_cancel,
    "renter": on_enter,
    "rsong": on_song,
    "rvote": on_vote,
    "rvotes": on_votes,
    "rhear": on_hear,
    "rlist": on_list,
    "rmake": on_make,
}
