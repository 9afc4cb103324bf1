"""/discover: songs a member doesn't know yet, shown only to them."""

from discord import app_commands

from bot.chat import autocomplete, layout, reply
from bot.chat.feed import feed_cards, song_results
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.guard import costly
from bot.chat.layout import Page
from bot.flows.feed import catalogue_sharing, song_lists
from bot.flows.feed.catalogue import Entry
from bot.messages import _
from bot.messages import feed as messages

Steps = app_commands.Range[int, 1, 20]
discover = app_commands.Group(name="discover", description="Songs from the catalogue")


@discover.command(name="songs", description="Recommended songs: close to what you like, new to you, and varied")
@costly
async def songs(interaction: Interaction) -> None:
    await reply.pause(interaction)
    await reply.show(interaction, await _recommended(Context.of(interaction), None))


@discover.command(name="like", description="Songs that sound like one")
@app_commands.describe(song="Which song")
@app_commands.autocomplete(song=autocomplete.any_song)
@costly
async def like(interaction: Interaction, song: str) -> None:
    await reply.pause(interaction)
    await reply.show(interaction, await _recommended(Context.of(interaction), song))


async def on_alike(context: Context) -> None:
    """Show songs like this one, in a message of their own, so that the list stays."""
    await reply.pause_apart(context.interaction)
    song = await context.services.catalogue.named(context.tap.key)
    await reply.whisper(context.interaction, await _recommended(context, song))


async def _recommended(context: Context, typed: str | None) -> Page:
    song = await autocomplete.any_named(context.interaction, typed) if typed else None
    found = await context.services.recommender.recommend(context.member, song, song_results.SHOWN)
    return song_results.recommended(found, [await context.song(song)] if song else [])


@discover.command(name="mix", description="Songs like these, but not like those")
@app_commands.describe(
    add="A song to be like", subtract="A song not to be like", add_too="Another", subtract_too="Another"
)
@app_commands.autocomplete(
    add=autocomplete.any_song,
    subtract=autocomplete.any_song,
    add_too=autocomplete.any_song,
    subtract_too=autocomplete.any_song,
)
@costly
async def mix(
    interaction: Interaction, add: str, subtract: str, add_too: str | None = None, subtract_too: str | None = None
) -> None:
    await reply.pause(interaction)
    context = Context.of(interaction)
    wanted = [await autocomplete.any_named(interaction, song) for song in (add, add_too) if song]
    unwanted = [await autocomplete.any_named(interaction, song) for song in (subtract, subtract_too) if song]
    found = await context.services.recommender.mix(context.member, wanted, unwanted, song_results.SHOWN)
    alike = [await context.song(song) for song in wanted]
    unlike = [await context.song(song) for song in unwanted]
    await reply.show(interaction, song_results.recommended(found, alike, unlike))


@discover.command(name="path", description="A path from one song to another, through the songs between them")
@app_commands.describe(
    start="Where it begins", goal="Where it ends", steps="How many songs between them; eight by default"
)
@app_commands.rename(start="from", goal="to")
@app_commands.autocomplete(start=autocomplete.any_song, goal=autocomplete.any_song)
@costly
async def path(interaction: Interaction, start: str, goal: str, steps: Steps = 8) -> None:
    await reply.pause(interaction)
    context = Context.of(interaction)
    first, last = await autocomplete.any_named(interaction, start), await autocomplete.any_named(interaction, goal)
    between = await context.services.recommender.path(context.member, first, last, steps)
    ends = await context.song(first), await context.song(last)
    await reply.show(interaction, song_results.path(*ends, between))


@discover.command(name="random", description="A random song from the catalogue")
@costly
async def random(interaction: Interaction) -> None:
    await reply.show(interaction, await _random(Context.of(interaction)))


async def on_any(context: Context) -> None:
    await reply.show_privately(context.interaction, await _random(context))


async def _random(context: Context) -> Page:
    return song_results.one(await context.services.catalogue.random(context.member))


async def on_which(context: Context) -> None:
    """Show the buttons for a song of a list in a message of their own, so that the list stays."""
    song = await context.services.catalogue.named(context.value)
    entry = await context.services.catalogue.entry(context.member, song)
    await reply.whisper(context.interaction, song_results.chosen(entry))


async def on_list(context: Context) -> None:
    """Ask for the name of a playlist of the list's songs."""
    await context.services.music(context.member)  # raises NotLinked: there must be somewhere to write it
    new = await song_lists.count_new(context.store, context.member, await _entries(context))
    await reply.ask(context.interaction, song_results.name_form(new))


async def on_list_named(context: Context) -> None:
    """Make the playlist, and say so beside the list, which stays."""
    await reply.pause_apart(context.interaction)
    entries, services, name = await _entries(context), context.services, context.fields.get("name", "")
    music = await services.music(context.member)
    context.bot.offers.forget(context.member)
    made = await song_lists.make(context.store, services.feed, music, context.member, name, entries, context.now)
    await reply.whisper(context.interaction, Page(messages.made_of_list(made, len(entries))))


async def _entries(context: Context) -> list[Entry]:
    """Return the songs of the list that was pressed, of those that a playlist can hold."""
    keys = layout.options_in(context.interaction.message, song_results.CHOICE)
    return await song_lists.of_keys(context.services.catalogue, context.member, keys)


async def on_listen(context: Context) -> None:
    """Play a song to the member alone, in a message of its own."""
    await reply.pause_apart(context.interaction)
    services = context.services
    entry = await services.catalogue.entry(context.member, await services.catalogue.named(context.tap.key))
    listen = await services.listening.to(context.member, entry.song)
    await reply.post(context.interaction, feed_cards.heard(entry, listen))
    if aside := feed_cards.elsewhere(entry.song, listen):
        await context.interaction.followup.send(aside, ephemeral=True)


async def on_away(context: Context) -> None:
    """Stop suggesting a song: stored before it's acknowledged, and said beside the list, which stays."""
    song = await context.services.catalogue.named(context.tap.key)
    shown = await context.song(song)
    await catalogue_sharing.dislike(context.store, context.member, song, context.now)
    await reply.whisper(context.interaction, song_results.disliked(shown, context.tap.key))


async def on_unaway(context: Context) -> None:
    await catalogue_sharing.undo_dislike(context.store, context.member, context.tap.key)
    await reply.show_privately(context.interaction, Page(_(messages.BACK_IN)))


COMMANDS: tuple[AnyCommand, ...] = (discover,)
TAPS = {
    "any": on_any,
    song_results.CHOICE: on_which,
    "listen": on_listen,
    "listnew": on_list,
    "listnamed": on_list_named,
    "alike": on_alike,
    "away": on_away,
    "unaway": on_unaway,
}
