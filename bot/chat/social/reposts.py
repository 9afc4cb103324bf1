"""Repost, Comment, Report under a song, and "More like this" on a message."""

import logging
import re

import discord
from discord import app_commands

from bot.chat import ids, layout, reply
from bot.chat.bot import AnyCommand, Interaction, fields, values
from bot.chat.feed import song_results
from bot.chat.ids import Id
from bot.chat.layout import Page
from bot.chat.social import channels
from bot.chat.social.pages import reposts, server
from bot.core.records import Song
from bot.errors import BadChoice, ChatDown
from bot.errors.social import AlreadyReposted, CommentsInChannels, InThread, NoSongFound, NoThreads
from bot.flows.social import reports, server_channels
from bot.flows.social import reposts as flow
from bot.messages import formatting

log = logging.getLogger(__name__)
TRACK = re.compile(r"(?<![\w.@-])open\.spotify\.com/(?:intl-[a-z]{2,3}/)?track/([A-Za-z0-9]{22})", re.ASCII)
THREAD_NAME = 100  # characters
HAS_THREAD, NOT_IN_THREADS = 160004, (50024, 50083)  # Discord's error codes
WHICH = "Like which of these?"


async def on_repost(interaction: Interaction, tap: Id) -> None:
    """Ask first: nothing of a member stands in a channel unless they post it themselves."""
    await reply.pause_apart(interaction)
    services, member = interaction.client.services, interaction.user.id
    song, now = await services.catalogue.named(tap.key), services.clock()
    try:
        offered = await flow.offer(services.store, services.catalogue, member, interaction.guild_id, song, now)
        page = reposts.confirm(offered)
    except AlreadyReposted as already:
        page = reposts.already(already)
    await reply.whisper(interaction, page)


async def on_post(interaction: Interaction, tap: Id) -> None:
    """Post it: on disk first."""
    services, member, now = interaction.client.services, interaction.user.id, interaction.client.services.clock()
    song = await services.catalogue.named(tap.key)
    number = await flow.begin(services.store, services.catalogue, member, interaction.guild_id, song, now)
    await reply.pause(interaction)
    found = await channels.pass_on(interaction.client, number)
    await reply.show(interaction, reposts.posted(found) if found else Page(reposts.MEANWHILE))


async def on_take_back(interaction: Interaction, tap: Id) -> None:
    await flow.take_back(interaction.client.services.store, interaction.user.id, tap.number)
    await reply.show_privately(interaction, Page(reposts.TAKING_BACK))


async def on_comment(interaction: Interaction, tap: Id) -> None:
    """Open a thread on a card, or say where it is."""
    if not reply.is_seen(interaction) or interaction.message is None:
        raise CommentsInChannels
    await reply.pause_apart(interaction)
    services = interaction.client.services
    song = await _song(interaction, await services.catalogue.named(tap.key))
    if await _opened(interaction.message, formatting.plain(song.line, THREAD_NAME)):
        await server_channels.count(services.store, interaction.guild_id, "comment", services.clock())
    await reply.whisper(interaction, Page(reposts.OPENED.format(thread=interaction.message.id)))


async def _opened(message: discord.Message, name: str) -> bool:
    """Open the message's thread, which goes by the message's id; False where it has one. Raises BadChoice."""
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


async def on_report(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    await reports.check(services.store, interaction.user.id, tap.key, services.clock())
    await reply.ask(interaction, reposts.report_form(tap.key))


async def on_reporting(interaction: Interaction, tap: Id) -> None:
    """The form was sent: kept, then said, then told to whom it concerns."""
    services, member, filled = interaction.client.services, interaction.user.id, fields(interaction)
    song, where = await services.catalogue.named(tap.key), _where(interaction)
    reason, said = filled.get("reason", ""), filled.get("words", "")
    sent = await reports.send(services.store, services.catalogue, member, song, reason, said, where, services.clock())
    who = reposts.KNOWN_THERE if sent.known else await _told(interaction, sent, reason, said)
    await reply.whisper(interaction, reposts.reported(sent.entry, who))


async def _told(interaction: Interaction, sent: reports.Sent, reason: str, said: str) -> str:
    """Tell whom a report concerns; return who that is, in words."""
    song, where = sent.entry.song, _where(interaction)
    link = reposts.link(where.server, where.channel, where.message) if where.message else None
    page = server.reported(song, sent.entry.key, reports.in_words(reason, said), link)
    telling = _tell(interaction, sent.channel, page, f"{song.song}, {reason}")
    told = await reply.soon_by(reply.pause_apart, interaction, telling)
    return reposts.TO_SERVER if told else reposts.TO_OPERATOR


def _where(interaction: Interaction) -> reports.Where:
    """Where a song was seen; which message it was is nobody's business where only the member sees it."""
    if interaction.message is None or not reply.is_seen(interaction):
        return reports.Where(interaction.guild_id)
    return reports.Where(interaction.guild_id, interaction.channel_id, interaction.message.id)


async def _tell(interaction: Interaction, channel: int | None, page: Page, plainly: str) -> bool:
    """Tell those who run the server, or else whoever runs the bot; the report is kept whatever comes of it.

    Whether those who run the server were told.
    """
    try:
        told = channel is not None and await channels.post(interaction.client, channel, page)
    except ChatDown as down:
        log.warning("a report could not be told: %s", down)
        told = False
    if not told:
        log.warning("a song was reported: %s", plainly)
    return told


@app_commands.context_menu(name="More like this")
async def more_like(interaction: Interaction, message: discord.Message) -> None:
    """Songs like the one in a message. What the message says is looked through for songs, and not kept."""
    await reply.pause(interaction)
    found = await _songs_in(interaction, message)
    if not found:
        raise NoSongFound
    if len(found) == 1:
        await reply.show(interaction, await _like(interaction, found[0].song))
        return
    options = [layout.option(each.line, each.song) for each in found]
    await reply.show(interaction, Page(layout.menu(ids.of("likewhich"), WHICH, options)))


async def on_which(interaction: Interaction, tap: Id) -> None:
    await reply.pause_apart(interaction)
    await reply.whisper(interaction, await _like(interaction, next(iter(values(interaction)), "")))


async def _songs_in(interaction: Interaction, message: discord.Message) -> list[Song]:
    """The songs that a message shows or links to, as far as the member may see them."""
    catalogue, named = interaction.client.services.catalogue, []
    said = "\n".join([*channels.texts(message), *(each.url or "" for each in message.embeds)])
    for key in dict.fromkeys(tap.key for tap in map(ids.parse, channels.custom_ids(message)) if tap and tap.key):
        try:
            named.append(await catalogue.named(key))
        except BadChoice:
            log.debug("a button that names no song of the catalogue")
    named += [f"spotify:track:{track}" for track in TRACK.findall(said)]
    found = []
    for song in list(dict.fromkeys(named))[: layout.MOST_OPTIONS]:
        try:
            found.append(await _song(interaction, song))
        except BadChoice:
            log.debug("a song that the member does not see")
    return found


async def _like(interaction: Interaction, song: str) -> Page:
    named = await _song(interaction, song)
    found = await interaction.client.services.recommender.recommend(interaction.user.id, song, song_results.SHOWN)
    return song_results.recommended(found, [named])


async def _song(interaction: Interaction, song: str) -> Song:
    """Return a song as the member who pressed sees it. Raises BadChoice."""
    return (await interaction.client.services.catalogue.about(interaction.user.id, song)).song


COMMANDS: tuple[AnyCommand, ...] = (more_like,)
TAPS = {
    "frepost": on_repost,
    "repost": on_post,
    "unrepost": on_take_back,
    "fcomment": on_comment,
    "freport": on_report,
    "freporting": on_reporting,
    "likewhich": on_which,
}
