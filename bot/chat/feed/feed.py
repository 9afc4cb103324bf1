"""/feed: one song after another with its buttons; sharing likes; settings.

Discord can't call a plain /feed beside its subcommands, so the feed itself is /feed play.
"""

from contextlib import suppress

from discord import app_commands

from bot.chat import ids, layout, reply
from bot.chat.feed import feed_cards
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.ids import number
from bot.chat.layout import Page
from bot.core.records import Song
from bot.errors import NotAmongLikes, NothingThereYet
from bot.errors.feed import NotInCatalogue
from bot.flows.account import notify
from bot.flows.feed import catalogue_sharing as flow
from bot.flows.feed.feed import FeedCard
from bot.flows.social import reposts, server_channels
from bot.flows.social.server_channels import Purpose
from bot.messages import _
from bot.messages import feed as messages

TRIES = 20  # songs drawn for a channel before we take it that none is wanted there
feed = app_commands.Group(name="feed", description="Songs one after another, and what you share with others")


@feed.command(name="play", description="Your next song, starting at its most striking moment")
async def play(interaction: Interaction) -> None:
    context = Context.of(interaction)
    public = await _is_public(context)
    card = await reply.soon(interaction, _drawn(context, public=public), public=public)
    await reply.pause(interaction, public=public)  # only now: that there's no song is said in private, and at once
    await _show(context, card, public=public)


async def on_next(context: Context) -> None:
    """Show the next song: privately in the same message; in a channel in a new one, so the last song stays."""
    services, interaction = context.services, context.interaction
    public = await _is_public(context)
    apart = reply.pause_apart if reply.is_seen(interaction) else reply.pause  # the channel may no longer be the feed's
    pausing = reply.pause_anew if public else apart
    with suppress(NotInCatalogue):  # a song they can't see, or that's gone, isn't theirs to skip
        await services.feed.skip(context.member, await services.catalogue.named(context.tap.key))
    card = await reply.soon_by(pausing, interaction, _drawn(context, public=public))
    await pausing(interaction)
    await _show(context, card, public=public)


async def _drawn(context: Context, *, public: bool) -> FeedCard:
    """Return the next card; in public, none of a song the server doesn't want. Raises NothingThereYet."""
    server = context.interaction.guild_id
    barred = await server_channels.barred(context.store, server) if public else frozenset()
    for _try in range(TRIES):
        (card,) = await context.services.feed.next(context.member)
        if card.entry.key not in barred:
            return card
    raise NothingThereYet


async def _show(context: Context, card: FeedCard, *, public: bool) -> None:
    song = card.entry.song
    listen = await context.services.listening.to(context.member, song)
    can_repost = await _can_repost(context, public=public)
    await reply.post(context.interaction, feed_cards.post(card, listen, public=public, reposts=can_repost))
    if aside := feed_cards.elsewhere(song, listen):
        await context.interaction.followup.send(aside, ephemeral=not public)
    if public:
        await _count(context, "post")


async def _is_public(context: Context) -> bool:
    """Whether the server gave this channel to the feed."""
    interaction = context.interaction
    if interaction.guild_id is None:
        return False
    return await server_channels.serves(context.store, interaction.channel_id, Purpose.FEED)


async def _can_repost(context: Context, *, public: bool) -> bool:
    """Whether those who see the card may repost it: the server has a channel for that, and the member isn't hidden."""
    server, asker = context.interaction.guild_id, None if public else context.member
    return server is not None and await reposts.are_open(context.store, server, asker)


async def _count(context: Context, what: str) -> None:
    await server_channels.count(context.store, context.interaction.guild_id, what, context.now)


async def on_like(context: Context) -> None:
    song = await _song(context)
    outcome = await context.services.feed.like(context.member, song.song)
    await reply.whisper(context.interaction, feed_cards.liked(song, outcome, context.tap.key))
    await _count(context, "like")


async def on_unlike(context: Context) -> None:
    services = context.services
    dropped = await services.feed.unlike(context.member, await services.catalogue.named(context.tap.key))
    await reply.show_privately(context.interaction, Page(_(messages.UNSAVING) if dropped else _(messages.UNLIKED)))


async def on_save(context: Context) -> None:
    await context.services.feed.choose_saving(context.member, saves=True)
    await reply.show_privately(context.interaction, Page(_(messages.SAVES)))


async def on_save_not(context: Context) -> None:
    await context.services.feed.choose_saving(context.member, saves=False)
    await reply.show_privately(context.interaction, Page(_(messages.SAVES_NOT)))


async def on_add(context: Context) -> None:
    await reply.pause_apart(context.interaction)
    song = await _song(context)
    guesses = await context.services.feed.places(context.member, song.song)
    await reply.whisper(context.interaction, feed_cards.places(song, guesses, context.tap.key))


async def on_put(context: Context) -> None:
    song = await _song(context)
    (playlist,) = (number(value) for value in context.values[:1])
    try:
        await _add(context, song, playlist)
    except NotAmongLikes:
        await reply.show_privately(context.interaction, feed_cards.like_first(context.tap.key, playlist))


async def on_put_liked(context: Context) -> None:
    """Save the song to their likes first, whatever they chose for others, then add it to the playlist."""
    song = await _song(context)
    await context.services.feed.like_for_good(context.member, song.song)
    await _add(context, song, context.tap.n)


async def on_put_always(context: Context) -> None:
    """Save what they like here to their likes from now on, and add the song to the playlist."""
    song = await _song(context)
    await context.services.feed.choose_saving(context.member, saves=True)
    await _add(context, song, context.tap.n, _(messages.SAVES))


async def _add(context: Context, song: Song, playlist: int, note: str = "") -> None:
    """Add the song to the playlist and say so. Raises NotAmongLikes."""
    added = await context.services.feed.add(context.member, song.song, playlist, context.interaction.id)
    await reply.show_privately(context.interaction, feed_cards.added(song, added, note))
    await _count(context, "add")


async def _song(context: Context) -> Song:
    """Return the song of the pressed button, as the member sees it. Raises NotInCatalogue."""
    catalogue = context.services.catalogue
    return (await catalogue.entry(context.member, await catalogue.named(context.tap.key))).song


@feed.command(name="settings", description="Where feed likes go, whether adds teach me, and what the feed plays")
@app_commands.describe(
    save_likes="Save what you like in the feed to your likes",
    adds_teach="Count what you add to a playlist from the feed as a label",
    only_with_sound="Leave out songs that I can't play; if off, songs with sound come first",
)
async def settings(
    interaction: Interaction,
    save_likes: bool | None = None,
    adds_teach: bool | None = None,
    only_with_sound: bool | None = None,
) -> None:
    context = Context.of(interaction)
    if save_likes is not None:
        await context.services.feed.choose_saving(context.member, save_likes)
    if adds_teach is not None:
        await context.services.feed.choose_teaching(context.member, adds_teach)
    if only_with_sound is not None:
        await context.services.feed.choose_sound(context.member, only_with_sound)
    await reply.show(interaction, Page(messages.settings(await notify.known(context.store, context.member))))


@feed.command(name="join", description="Share what you like, without your name, and find what others share")
async def join(interaction: Interaction) -> None:
    await reply.pause(interaction)
    context = Context.of(interaction)
    await flow.join(context.store, context.member, context.now)
    await context.services.catalogue.points.refresh()
    joined = await notify.known(context.store, context.member)
    again = layout.button(_("Show me again"), ids.of("unhide")) if joined is not None and joined.hidden else None
    await reply.show(interaction, Page(messages.joined(joined), layout.row(again) if again else None))


@feed.command(name="leave", description="Take what you like out of the catalogue, immediately")
async def leave(interaction: Interaction) -> None:
    context = Context.of(interaction)
    await reply.soon(interaction, flow.leave(context.store, context.member, context.now))
    await reply.show(interaction, Page(_(messages.LEFT)))


COMMANDS: tuple[AnyCommand, ...] = (feed,)
TAPS = {
    "fnext": on_next,
    "flike": on_like,
    "funlike": on_unlike,
    "fsave": on_save,
    "fsaveno": on_save_not,
    "fadd": on_add,
    "fput": on_put,
    "fputlike": on_put_liked,
    "fputalways": on_put_always,
}
