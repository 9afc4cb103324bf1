"""/feed: one song after another with its buttons; sharing likes; settings.

A plain /feed cannot be called beside its subcommands, so the feed itself is /feed play.
"""

from contextlib import suppress

from discord import app_commands

from bot.chat import reply
from bot.chat.bot import AnyCommand, Interaction, values
from bot.chat.feed import feed_cards
from bot.chat.ids import Id, number
from bot.chat.layout import Page
from bot.core.records import Song
from bot.errors import BadChoice, NotAmongLikes, NothingThereYet
from bot.flows.account import notify
from bot.flows.feed import catalogue_sharing as flow
from bot.flows.feed.feed import FeedCard
from bot.flows.social import server_channels
from bot.flows.social.server_channels import Purpose
from bot.messages import _
from bot.messages import feed as messages

TRIES = 20  # songs that are drawn for a channel before all of them are taken for unwanted there
feed = app_commands.Group(name="feed", description="Songs one after another, and what you share with others")


@feed.command(name="play", description="Your next song, starting at its most striking moment")
async def play(interaction: Interaction) -> None:
    public = await _is_public(interaction)
    card = await reply.soon(interaction, _drawn(interaction, public=public), public=public)
    await reply.pause(interaction, public=public)  # a clip may have to be cut; that there is none is told before, alone
    await _show(interaction, card, public=public)


async def on_next(interaction: Interaction, tap: Id) -> None:
    """The next one: in private in the same message; in a channel in a new one, for what was said of the last stays."""
    services, member = interaction.client.services, interaction.user.id
    public = await _is_public(interaction)
    apart = reply.pause_apart if reply.is_seen(interaction) else reply.pause  # a channel that is the feed's no longer
    pausing = reply.pause_anew if public else apart
    with suppress(BadChoice):  # a song that they cannot see, or that is gone, was not theirs to pass over
        await services.feed.skip(member, await services.catalogue.named(tap.key))
    card = await reply.soon_by(pausing, interaction, _drawn(interaction, public=public))
    await pausing(interaction)
    await _show(interaction, card, public=public)


async def _drawn(interaction: Interaction, *, public: bool) -> FeedCard:
    """Return the next card; in public, none of a song that is not wanted in the server. Raises NothingThereYet."""
    services = interaction.client.services
    barred = await server_channels.barred(services.store, interaction.guild_id) if public else frozenset()
    for _try in range(TRIES):
        (card,) = await services.feed.next(interaction.user.id)
        if card.entry.key not in barred:
            return card
    raise NothingThereYet


async def _show(interaction: Interaction, card: FeedCard, *, public: bool) -> None:
    services, song = interaction.client.services, card.entry.song
    listen = await services.listening.to(interaction.user.id, song)
    await reply.post(interaction, feed_cards.post(card, listen, public=public))
    if aside := feed_cards.elsewhere(song, listen):
        await interaction.followup.send(aside, ephemeral=not public)
    if public:
        await _count(interaction, "post")


async def _is_public(interaction: Interaction) -> bool:
    """Whether the channel is one that its server gave to the feed."""
    if interaction.guild_id is None:
        return False
    return await server_channels.serves(interaction.client.services.store, interaction.channel_id, Purpose.FEED)


async def _count(interaction: Interaction, what: str) -> None:
    services = interaction.client.services
    await server_channels.count(services.store, interaction.guild_id, what, services.clock())


async def on_like(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    song = await _song(interaction, tap)
    found = await services.feed.like(interaction.user.id, song.song)
    await reply.whisper(interaction, feed_cards.liked(song, found, tap.key))
    await _count(interaction, "like")


async def on_unlike(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    dropped = await services.feed.unlike(interaction.user.id, await services.catalogue.named(tap.key))
    await reply.show_privately(interaction, Page(_(messages.UNSAVING) if dropped else _(messages.UNLIKED)))


async def on_save(interaction: Interaction, tap: Id) -> None:
    await interaction.client.services.feed.choose_saving(interaction.user.id, saves=True)
    await reply.show_privately(interaction, Page(_(messages.SAVES)))


async def on_save_not(interaction: Interaction, tap: Id) -> None:
    await interaction.client.services.feed.choose_saving(interaction.user.id, saves=False)
    await reply.show_privately(interaction, Page(_(messages.SAVES_NOT)))


async def on_add(interaction: Interaction, tap: Id) -> None:
    await reply.pause_apart(interaction)
    song = await _song(interaction, tap)
    found = await interaction.client.services.feed.places(interaction.user.id, song.song)
    await reply.whisper(interaction, feed_cards.places(song, found, tap.key))


async def on_put(interaction: Interaction, tap: Id) -> None:
    services, member = interaction.client.services, interaction.user.id
    song = await _song(interaction, tap)
    (chosen,) = (number(value) for value in values(interaction)[:1])
    try:
        added = await services.feed.add(member, song.song, chosen, interaction.id)
    except NotAmongLikes:
        await reply.show_privately(interaction, feed_cards.like_first(tap.key, chosen))
        return
    await reply.show_privately(interaction, feed_cards.added(song, added))
    await _count(interaction, "add")


async def on_put_liked(interaction: Interaction, tap: Id) -> None:
    """Put the song among their likes first, whatever they chose for others, then into the playlist."""
    services, member = interaction.client.services, interaction.user.id
    song = await _song(interaction, tap)
    await services.feed.like_for_good(member, song.song)
    added = await services.feed.add(member, song.song, tap.n, interaction.id)
    await reply.show_privately(interaction, feed_cards.added(song, added))
    await _count(interaction, "add")


async def _song(interaction: Interaction, tap: Id) -> Song:
    """Return the song of a button, as the member who pressed it sees it. Raises BadChoice."""
    catalogue = interaction.client.services.catalogue
    return (await catalogue.entry(interaction.user.id, await catalogue.named(tap.key))).song


@feed.command(name="settings", description="Whether feed likes go to your Spotify likes, and whether adds teach me")
@app_commands.describe(
    save_likes="Save what you like in the feed to your likes",
    adds_teach="Count what you add to a playlist from the feed as a label",
)
async def settings(interaction: Interaction, save_likes: bool | None = None, adds_teach: bool | None = None) -> None:
    services, member = interaction.client.services, interaction.user.id
    if save_likes is not None:
        await services.feed.choose_saving(member, save_likes)
    if adds_teach is not None:
        await services.feed.choose_teaching(member, adds_teach)
    await reply.show(interaction, Page(messages.settings(await notify.known(services.store, member))))


@feed.command(name="join", description="Share what you like, without your name, and find what others share")
async def join(interaction: Interaction) -> None:
    await reply.pause(interaction)
    services = interaction.client.services
    await flow.join(services.store, interaction.user.id, services.clock())
    await services.catalogue.points.refresh()
    await reply.show(interaction, Page(messages.joined(await notify.known(services.store, interaction.user.id))))


@feed.command(name="leave", description="Take what you like out of the catalogue, immediately")
async def leave(interaction: Interaction) -> None:
    services = interaction.client.services
    await flow.leave(services.store, interaction.user.id, services.clock())
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
}
