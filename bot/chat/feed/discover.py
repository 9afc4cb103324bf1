"""/random, /recommend, /morelike, /alchemy, /path: songs a member doesn't know yet, shown only to them."""

from discord import app_commands

from bot.chat import autocomplete, reply
from bot.chat.bot import AnyCommand, Interaction
from bot.chat.feed import song_results
from bot.chat.ids import Id
from bot.chat.layout import Page
from bot.core.records import Song
from bot.flows.feed import catalogue_sharing
from bot.messages import _
from bot.messages import feed as messages

Steps = app_commands.Range[int, 1, 20]


@app_commands.command(description="A random song from the catalogue")
async def random(interaction: Interaction) -> None:
    services = interaction.client.services
    await reply.show(interaction, song_results.one(await services.catalogue.random(interaction.user.id)))


async def on_any(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    await reply.show_privately(interaction, song_results.one(await services.catalogue.random(interaction.user.id)))


@app_commands.command(description="Songs for you: close to what you like, new to you, and varied")
@app_commands.describe(song="A song they should be close to; what you like by default")
@app_commands.autocomplete(song=autocomplete.any_song)
async def recommend(interaction: Interaction, song: str | None = None) -> None:
    await reply.pause(interaction)
    await reply.show(interaction, await _recommended(interaction, song))


@app_commands.command(description="Songs that sound like one")
@app_commands.describe(song="Which song")
@app_commands.autocomplete(song=autocomplete.any_song)
async def morelike(interaction: Interaction, song: str) -> None:
    await reply.pause(interaction)
    await reply.show(interaction, await _recommended(interaction, song))


async def on_alike(interaction: Interaction, tap: Id) -> None:
    """More like a song that is shown: beside it, so that the others stay."""
    await reply.pause_apart(interaction)
    song = await interaction.client.services.catalogue.named(tap.key)
    await reply.whisper(interaction, await _recommended(interaction, song))


async def _recommended(interaction: Interaction, typed: str | None) -> Page:
    services, member = interaction.client.services, interaction.user.id
    song = await autocomplete.any_named(interaction, typed) if typed else None
    found = await services.recommender.recommend(member, song, song_results.SHOWN)
    return song_results.recommended(found, [await _song(interaction, song)] if song else [])


@app_commands.command(description="Songs like these, but not like those")
@app_commands.describe(
    add="A song to be like", subtract="A song not to be like", add_too="Another", subtract_too="Another"
)
@app_commands.autocomplete(
    add=autocomplete.any_song,
    subtract=autocomplete.any_song,
    add_too=autocomplete.any_song,
    subtract_too=autocomplete.any_song,
)
async def alchemy(
    interaction: Interaction, add: str, subtract: str, add_too: str | None = None, subtract_too: str | None = None
) -> None:
    await reply.pause(interaction)
    services, member = interaction.client.services, interaction.user.id
    wanted = [await autocomplete.any_named(interaction, each) for each in (add, add_too) if each]
    unwanted = [await autocomplete.any_named(interaction, each) for each in (subtract, subtract_too) if each]
    found = await services.recommender.alchemy(member, wanted, unwanted, song_results.SHOWN)
    like = [await _song(interaction, each) for each in wanted]
    unlike = [await _song(interaction, each) for each in unwanted]
    await reply.show(interaction, song_results.recommended(found, like, unlike))


@app_commands.command(description="A path from one song to another, through the songs between them")
@app_commands.describe(
    start="Where it begins", goal="Where it ends", steps="How many songs between them; eight by default"
)
@app_commands.rename(start="from", goal="to")
@app_commands.autocomplete(start=autocomplete.any_song, goal=autocomplete.any_song)
async def path(interaction: Interaction, start: str, goal: str, steps: Steps = 8) -> None:
    await reply.pause(interaction)
    services, member = interaction.client.services, interaction.user.id
    first, last = await autocomplete.any_named(interaction, start), await autocomplete.any_named(interaction, goal)
    found = await services.recommender.path(member, first, last, steps)
    ends = await _song(interaction, first), await _song(interaction, last)
    await reply.show(interaction, song_results.path(*ends, found))


async def _song(interaction: Interaction, song: str) -> Song:
    return (await interaction.client.services.catalogue.about(interaction.user.id, song)).song


async def on_away(interaction: Interaction, tap: Id) -> None:
    """Not for me: kept before it is acknowledged; said beside the list, which stays."""
    services, member = interaction.client.services, interaction.user.id
    song = await services.catalogue.named(tap.key)
    shown = await _song(interaction, song)
    await catalogue_sharing.put_away(services.store, member, song, services.clock())
    await reply.whisper(interaction, song_results.put_away(shown, tap.key))


async def on_unaway(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    await catalogue_sharing.take_back(services.store, interaction.user.id, tap.key)
    await reply.show_privately(interaction, Page(_(messages.BACK_IN)))


COMMANDS: tuple[AnyCommand, ...] = (random, recommend, morelike, alchemy, path)
TAPS = {"any": on_any, "alike": on_alike, "away": on_away, "unaway": on_unaway}
