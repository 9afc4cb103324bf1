"""/why, and the button of receipts: why did a song go where it went?"""

from discord import app_commands

from bot.chat import autocomplete, ids, layout, reply
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Page
from bot.chat.sorting.writing import pages, receipts
from bot.core.records import Layer
from bot.flows.sorting import playlists
from bot.flows.sorting import why as reasons
from bot.messages.sorting import models


async def on_why(context: Context) -> None:
    done = await pages.of(context)
    await reply.whisper(context.interaction, receipts.why(done, context.tap.n))


async def on_why_of(context: Context) -> None:
    done = await pages.of(context)
    line = ids.number(context.value)
    song = next((change.song for change in done.receipt.changes if change.change == line), "")
    await reply.pause(context.interaction)
    await _explain(context, done.receipt.layer, song)


@app_commands.command(description="Why a song went where it did: the songs you labelled that are closest to it")
@app_commands.describe(song="A song you like", layer="Which set of playlists; your first by default")
@app_commands.autocomplete(song=autocomplete.song, layer=autocomplete.layer)
async def why(interaction: Interaction, song: str, layer: str | None = None) -> None:
    context = Context.of(interaction)
    await reply.pause(interaction)
    named = await playlists.layer_named(context.store, context.member, layer)
    await _explain(context, named, await autocomplete.song_named(interaction, song))


async def _explain(context: Context, layer: Layer, song: str) -> None:
    explained = await reasons.explain(context.store, context.libraries, context.member, layer.layer, song)
    kept = {playlist.playlist: playlist for _layer, playlist in await playlists.kept(context.store, context.member)}
    told = models.explained(explained, kept)
    await reply.show(context.interaction, Page(layout.with_cover(told, explained.song)))


COMMANDS: tuple[AnyCommand, ...] = (why,)
TAPS = {"why": on_why, "whyof": on_why_of}
