"""Repost, Comment, Report under a song, and "More like this" on a message."""

import logging
import re

import discord
from discord import app_commands

from bot.chat import ids, layout, reply
from bot.chat.feed import song_results
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Page
from bot.chat.social import channels
from bot.chat.social.pages import reposts as pages
from bot.chat.social.pages import server as server_pages
from bot.core.records import Song
from bot.errors import BadChoice, ChatDown
from bot.errors.social import AlreadyReposted, CommentsInChannels, InThread, NoSongFound, NoThreads
from bot.flows.social import reports, server_channels
from bot.flows.social import reposts as flow
from bot.messages import _, formatting
from bot.messages.social import reposts as messages

log = logging.getLogger(__name__)
TRACK = re.compile(r"(?<![\w.@-])open\.spotify\.com/(?:intl-[a-z]{2,3}/)?track/([A-Za-z0-9]{22})", re.ASCII)
THREAD_NAME = 100  # characters
HAS_THREAD, NOT_IN_THREADS = 160004, (50024, 50083)  # Discord's error codes


async def on_repost(context: Context) -> None:
    """Ask first: nothing of a member is posted in a channel unless they do it themselves."""
    await reply.pause_apart(context.interaction)
    catalogue = context.services.catalogue
    song = await catalogue.named(context.tap.key)
    try:
        page = pages.asks(await flow.offer(context.store, catalogue, context.actor, song))
    except AlreadyReposted as already:
        page = pages.already(already)
    await reply.whisper(context.interaction, page)


async def on_post(context: Context) -> None:
    """Save the repost, then post it."""
    catalogue = context.services.catalogue
    song = await catalogue.named(context.tap.key)
    number = await flow.begin(context.store, catalogue, context.actor, song)
    await reply.pause(context.interaction)
    repost = await channels.pass_on(context.bot, number)
    await reply.show(context.interaction, pages.posted(repost) if repost else Page(_(messages.MEANWHILE)))


async def on_delete(context: Context) -> None:
    await flow.delete(context.store, context.member, context.tap.number)
    await reply.show_privately(context.interaction, Page(_(messages.DELETING)))


async def on_comment(context: Context) -> None:
    """Open a thread on a card, or say where it is."""
    message = context.interaction.message
    if not reply.is_seen(context.interaction) or message is None:
        raise CommentsInChannels
    await reply.pause_apart(context.interaction)
    song = await context.song(await context.services.catalogue.named(context.tap.key))
    if await _opened(message, formatting.plain(song.line, THREAD_NAME)):
        await server_channels.count(context.store, context.interaction.guild_id, "comment", context.now)
    await reply.whisper(context.interaction, Page(messages.opened(message.id)))


async def _opened(message: discord.Message, name: str) -> bool:
    """Open the message's thread, whose id is the message's; False if it has one. Raises InThread, NoThreads."""
    try:
        await message.create_thread(name=name)
    except discord.HTTPException as refused:
        if refused.code == HAS_THREAD:
            return False
        if refused.code in NOT_IN_THREADS or isinstance(message.channel, discord.Thread):
            raise InThread from refused
        if isinstance(refused, discord.Forbidden):
            raise NoThreads from refused
        raise
    return True


async def on_report(context: Context) -> None:
    await reports.check(context.store, context.member, context.tap.key, context.now)
    await reply.ask(context.interaction, pages.report_form(context.tap.key))


async def on_reporting(context: Context) -> None:
    """Keep the report that was filled in, then tell those it concerns."""
    filled, catalogue = context.fields, context.services.catalogue
    song = await catalogue.named(context.tap.key)
    report = reports.written(song, filled.get("reason", ""), filled.get("words", ""), _where(context))
    sent = await reports.send(context.store, catalogue, context.member, report, context.now)
    told = not sent.known and await reply.soon_by(reply.pause_apart, context.interaction, _tell(context, sent, report))
    said = messages.reported(sent.entry.song, known=sent.known, server=told)
    await reply.whisper(context.interaction, Page(said))


def _where(context: Context) -> reports.Where:
    """Return where a song was seen; the message only if others can see it, too."""
    interaction, message = context.interaction, context.interaction.message
    if message is None or not reply.is_seen(interaction):
        return reports.Where(interaction.guild_id)
    return reports.Where(interaction.guild_id, interaction.channel_id, message.id)


async def _tell(context: Context, sent: reports.Sent, report: reports.NewReport) -> bool:
    """Tell those who manage the server, or else whoever runs the bot; return whether the server was told.

    The report is kept either way.
    """
    where = report.where
    link = messages.link(where.server, where.channel, where.message) if where.message else None
    with reply.in_public(context.interaction):
        page = server_pages.reported(sent.entry, report, link)
    try:
        told = sent.channel is not None and await channels.post(context.bot, sent.channel, page)
    except ChatDown as down:
        log.warning("a report could not be told: %s", down)
        told = False
    if not told:
        log.warning("a song was reported: %s, %s", report.song, report.reason)
    return told


@app_commands.context_menu(name="More like this")
async def more_like(interaction: Interaction, message: discord.Message) -> None:
    """Recommend songs like the one in a message. The message is only searched for songs, and not kept."""
    context = Context.of(interaction)
    await reply.pause(interaction)
    songs = await _songs_in(context, message)
    if not songs:
        raise NoSongFound
    if len(songs) == 1:
        await reply.show(interaction, await _like(context, songs[0].song))
        return
    options = [layout.option(song.line, song.song) for song in songs]
    await reply.show(interaction, Page(layout.menu(ids.of("likewhich"), _(messages.WHICH), options)))


async def on_which(context: Context) -> None:
    await reply.pause_apart(context.interaction)
    await reply.whisper(context.interaction, await _like(context, context.value))


async def _songs_in(context: Context, message: discord.Message) -> list[Song]:
    """Return the songs a message shows or links to, if the member may see them."""
    catalogue, named = context.services.catalogue, []
    said = "\n".join([*channels.texts(message), *(embed.url or "" for embed in message.embeds)])
    taps = map(ids.parse, channels.custom_ids(message))
    for key in dict.fromkeys(tap.key for tap in taps if tap and tap.key):
        try:
            named.append(await catalogue.named(key))
        except BadChoice:
            log.debug("a button without a song from the catalogue")
    named += [f"spotify:track:{track}" for track in TRACK.findall(said)]
    songs = []
    for song in list(dict.fromkeys(named))[: layout.MOST_OPTIONS]:
        try:
            songs.append(await context.song(song))
        except BadChoice:
            log.debug("a song the member can't see")
    return songs


async def _like(context: Context, song: str) -> Page:
    like = await context.song(song)
    near = await context.services.recommender.recommend(context.member, song, song_results.SHOWN)
    return song_results.recommended(near, [like])


COMMANDS: tuple[AnyCommand, ...] = (more_like,)
TAPS = {
    "frepost": on_repost,
    "repost": on_post,
    "unrepost": on_delete,
    "fcomment": on_comment,
    "freport": on_report,
    "freporting": on_reporting,
    "likewhich": on_which,
}
