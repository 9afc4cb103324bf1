"""/label: one card after another; a tap is saved before it's acknowledged (promise P13), and at once then (P12)."""

from collections.abc import Sequence

from discord import app_commands

from bot.chat import autocomplete, ids, layout, page, reply
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Item, Page
from bot.chat.sorting import answers, bulk, cards
from bot.chat.sorting.writing import receipts
from bot.core.jobs import JobKind
from bot.core.records import Layer
from bot.core.sorting.labels import Kind
from bot.flows.sorting import playlists, review
from bot.flows.sorting.labelling import label as flow
from bot.flows.sorting.labelling.label import NothingToAsk, Press, Pressed, Question
from bot.messages import _
from bot.messages.sorting import labels as messages


@app_commands.command(description="Show me a song: where does it go?")
@app_commands.describe(
    song="The song to start with; by default, the one that teaches me most",
    artist="Everything by this artist that isn't sorted yet, in one answer",
    album="Everything on this album that isn't sorted yet, in one answer",
    layer="Which set of playlists; your first by default",
)
@app_commands.autocomplete(
    song=autocomplete.song, artist=autocomplete.artist, album=autocomplete.album, layer=autocomplete.layer
)
async def label(
    interaction: Interaction,
    song: str | None = None,
    artist: str | None = None,
    album: str | None = None,
    layer: str | None = None,
) -> None:
    context = Context.of(interaction)
    await reply.pause(interaction)
    chosen = await playlists.layer_named(context.store, context.member, layer)
    if artist or album:
        await bulk.start(context, chosen, artist, album)
    else:
        await _first(context, chosen, song)


async def on_label(context: Context) -> None:
    await reply.pause(context.interaction)
    await _first(context, await autocomplete.layer_of(context))


async def _first(context: Context, layer: Layer, song: str | None = None) -> None:
    if song is None:
        question = await flow.ask(context.store, context.libraries, layer, context.now)
    else:
        named = await autocomplete.song_named(context.interaction, song)
        question = await flow.ask_about(context.store, context.libraries, layer, named, context.now)
    await reply.show(context.interaction, cards.shown(question, links=await _links(context, question)))


async def _links(context: Context, question: Question | NothingToAsk) -> Sequence[Item | str | None]:
    """A link to the same questions on the page, if it's switched on."""
    if not context.services.settings.feed_page or isinstance(question, NothingToAsk):
        return []
    link = await page.link(context, _("On your phone"), f"label?layer={question.layer.layer}")
    return [layout.row(link), page.only_here(context)]


async def on_in(context: Context) -> None:
    await _answer(context, Kind.ONLY, [context.tap.n])


async def on_pick(context: Context) -> None:
    await _answer(context, Kind.ONLY, _chosen(context))


async def on_none(context: Context) -> None:
    await _answer(context, Kind.NONE, [])


async def on_skip(context: Context) -> None:
    await _answer(context, Kind.SKIP, [])


async def _answer(context: Context, kind: Kind, chosen: Sequence[int]) -> None:
    """Keep the answer, acknowledge it, then turn the message into the next card."""
    pressed = await _press(context, kind, chosen)
    async with context.bot.following:
        note = await _note(context, pressed, kind, chosen)
        question = await review.after(context.store, context.libraries, context.member, context.tap.key, context.now)
    await reply.show(context.interaction, cards.shown(question, note, context.tap.key))


async def _press(context: Context, kind: Kind, chosen: Sequence[int]) -> Pressed:
    """Put the answer on disk, then acknowledge it at once: whatever follows may take longer (promise P12)."""
    said = Press(kind, chosen, context.interaction.id)
    pressed = await context.bot.presses.keep(context.member, context.tap.key, said, context.now)
    try:
        await reply.pause(context.interaction)
    finally:  # it counts even if Discord waits no more
        async with context.bot.following:
            await answers.follow(context, await flow.followed_up(context.store, pressed))
    return pressed


async def _note(context: Context, pressed: Pressed, kind: Kind, chosen: Sequence[int]) -> str:
    if kind is Kind.SKIP:
        return ""
    song, where = await review.named(context.store, pressed.member, pressed.song, chosen)
    return messages.answered(song, where) if song else ""


async def on_several(context: Context) -> None:
    question = await review.again(context.store, context.libraries, context.member, context.tap.key)
    await reply.show(context.interaction, cards.several(question))


async def on_card(context: Context) -> None:
    question = await review.again(context.store, context.libraries, context.member, context.tap.key)
    await reply.show(context.interaction, cards.card(question))


async def on_back(context: Context) -> None:
    """Undo the last answer, and ask about that song again."""
    undone = await review.undo_answer(context.store, context.libraries, context.member, context.tap.key, context.now)
    if undone.write is not None:
        await context.services.jobs.enqueue(JobKind.APPLY, context.member, undone.write)
    note = messages.undone(undone.songs, writing=undone.write is not None)
    await reply.show(context.interaction, cards.card(undone.question, note))


async def on_inside(context: Context) -> None:
    """A button of a question inside an update."""
    await _inside(context, Kind.ONLY, [context.tap.n])


async def on_inside_pick(context: Context) -> None:
    chosen = [number for number in _chosen(context) if number]
    await _inside(context, Kind.ONLY if chosen else Kind.NONE, chosen)


async def on_inside_none(context: Context) -> None:
    await _inside(context, Kind.NONE, [])


async def _inside(context: Context, kind: Kind, chosen: Sequence[int]) -> None:
    """Keep the answer, acknowledge it, then show the update again with it."""
    pressed = await _press(context, kind, chosen)
    async with context.bot.following:
        note = await _note(context, pressed, kind, chosen)
        page = await _update(context, context.tap.key, note)
    await reply.show(context.interaction, page)


async def _update(context: Context, card: str, note: str) -> Page:
    reviewed = await review.of_card(context.store, context.member, card)
    questions = await review.questions(context.store, context.libraries, reviewed, receipts.INLINE, context.now)
    return receipts.receipt(reviewed, questions, note=note)


def _chosen(context: Context) -> list[int]:
    return [ids.number(value) for value in context.values]


COMMANDS: tuple[AnyCommand, ...] = (label,)
TAPS = {
    "label": on_label,
    "in": on_in,
    "pick": on_pick,
    "these": on_pick,
    "none": on_none,
    "skip": on_skip,
    "several": on_several,
    "card": on_card,
    "back": on_back,
    "uin": on_inside,
    "upick": on_inside_pick,
    "unone": on_inside_none,
}
