"""What isn't sorted: songs in no playlist, in several, doubles and unplayable ones, each with the button that helps."""

from collections.abc import Sequence

from bot.chat import autocomplete, ids, layout, paging, reply
from bot.chat.gateway.bot import Context
from bot.chat.layout import Item, Page
from bot.chat.sorting import cards
from bot.core.records import Song
from bot.flows.sorting import playlists
from bot.flows.sorting import unsorted as flow
from bot.flows.sorting.labelling import label
from bot.flows.sorting.unsorted import Unsorted
from bot.messages import _
from bot.messages.sorting import unsorted as messages

LONGEST_VALUE = 100  # characters of an option's value
MOST_LAYERS = 5  # shown in full; each has a row of buttons


def button() -> layout.Tap:
    return layout.button(_("What isn't sorted"), ids.of("unsorted"))


async def on_unsorted(context: Context) -> None:
    await reply.pause_apart(context.interaction)
    items: list[Item | str | None] = []
    for layer in (await playlists.layers(context.store, context.member))[:MOST_LAYERS]:
        found = await flow.unsorted(context.store, context.libraries, layer)
        items += [messages.overview(found), _helping(found)]
    await reply.whisper(context.interaction, Page(*items, _(messages.AS_SEEN)))


def _helping(found: Unsorted) -> layout.Row | None:
    layer = found.layer.layer
    taps = [
        layout.button(_("Show those in none"), ids.of("loose", layer), layout.PRIMARY) if found.loose else None,
        layout.button(_("Review those in several"), ids.of("inseveral", layer)) if found.several else None,
        layout.button(_("Doubles and unplayable songs"), ids.of("odd")) if found.doubles or found.unplayable else None,
    ]
    return layout.row(*taps) if any(taps) else None


async def on_loose(context: Context) -> None:
    """Songs in no playlist: label them, or see where they would go."""
    found = await _found(context)
    layer, here = found.layer.layer, paging.on(context.tap.n, found.loose)
    if not here:
        await reply.show(context.interaction, Page(_(messages.NOTHING_LOOSE)))
        return
    taps = layout.row(
        layout.button(_("Show me a song"), ids.of("label", layer), layout.PRIMARY),
        layout.button(_("Show me what you'd do"), ids.of("sort", layer)) if found.trained else None,
    )
    await reply.show(
        context.interaction,
        Page(
            f"**{messages.loose(len(found.loose))}**",
            messages.songs(here),
            _menu(layer, here),
            paging.turn("loose", layer, context.tap.n, len(found.loose)),
            taps,
        ),
    )


async def on_in_several(context: Context) -> None:
    """Songs in several playlists: choosing one shows its card."""
    found = await _found(context)
    layer, here = found.layer.layer, paging.on(context.tap.n, found.several)
    if not here:
        await reply.show(context.interaction, Page(_(messages.NOTHING_IN_SEVERAL)))
        return
    await reply.show(
        context.interaction,
        Page(
            f"**{messages.several(len(found.several))}**",
            messages.places(here),
            _menu(layer, [song for song, _held in here]),
            paging.turn("inseveral", layer, context.tap.n, len(found.several)),
        ),
    )


async def on_ask_about(context: Context) -> None:
    """Show the chosen song's card."""
    await reply.pause(context.interaction)
    layer = await autocomplete.layer_of(context)
    song = context.value
    question = await label.ask_about(context.store, context.libraries, layer, song, context.now)
    await reply.show(context.interaction, cards.shown(question))


async def _found(context: Context) -> Unsorted:
    layer = await autocomplete.layer_of(context)
    return await reply.soon(context.interaction, flow.unsorted(context.store, context.libraries, layer))


def _menu(layer: int, songs: Sequence[Song]) -> layout.Row:
    """A select of these songs, by their ids."""
    options = [layout.option(song.line, song.song) for song in songs if len(song.song) <= LONGEST_VALUE]
    return layout.menu(ids.of("askabout", layer), _(messages.ASK_ABOUT), options)


TAPS = {"unsorted": on_unsorted, "loose": on_loose, "inseveral": on_in_several, "askabout": on_ask_about}
