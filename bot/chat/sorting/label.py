"""/label: one card after another; a tap is saved before it's acknowledged (promise P13)."""

from collections.abc import Sequence

from discord import app_commands

from bot.chat import autocomplete, ids, reply
from bot.chat.bot import AnyCommand, Interaction, values
from bot.chat.ids import Id
from bot.chat.layout import Page
from bot.chat.sorting import cards, receipts
from bot.core.jobs import JobKind
from bot.core.records import Layer
from bot.core.sorting.labels import Kind
from bot.flows.sorting import label as flow
from bot.flows.sorting import playlists, review
from bot.flows.sorting.label import NothingToAsk, Pressed, Question
from bot.messages import _
from bot.messages.sorting import labels as messages


@app_commands.command(description="Show me a song: where does it go?")
@app_commands.describe(
    song="The song to start with; by default, the one that teaches me most",
    layer="Which set of playlists; your first by default",
)
@app_commands.autocomplete(song=autocomplete.song, layer=autocomplete.layer)
async def label(interaction: Interaction, song: str | None = None, layer: str | None = None) -> None:
    await reply.pause(interaction)
    store, member = interaction.client.services.store, interaction.user.id
    await _first(interaction, await playlists.layer_named(store, member, layer), song)


async def on_label(interaction: Interaction, tap: Id) -> None:
    await reply.pause(interaction)
    await _first(interaction, await autocomplete.layer_of(interaction, tap))


async def _first(interaction: Interaction, layer: Layer, song: str | None = None) -> None:
    services, member, now = interaction.client.services, interaction.user.id, interaction.client.services.clock()
    if song is None:
        question = await flow.ask(services.store, services.libraries, member, layer, now)
    else:
        named = await autocomplete.song_named(interaction, song)
        question = await flow.ask_about(services.store, services.libraries, member, layer, named, now)
    await reply.show(interaction, shown(question))


def shown(question: Question | NothingToAsk, note: str = "") -> Page:
    return cards.card(question, note) if isinstance(question, Question) else cards.done(question, note)


async def on_in(interaction: Interaction, tap: Id) -> None:
    await _answer(interaction, tap, Kind.ONLY, [tap.n])


async def on_pick(interaction: Interaction, tap: Id) -> None:
    await _answer(interaction, tap, Kind.ONLY, _chosen(interaction))


async def on_none(interaction: Interaction, tap: Id) -> None:
    await _answer(interaction, tap, Kind.NONE, [])


async def on_skip(interaction: Interaction, tap: Id) -> None:
    await _answer(interaction, tap, Kind.SKIP, [])


async def _answer(interaction: Interaction, tap: Id, kind: Kind, chosen: Sequence[int]) -> None:
    """Keep the answer, then turn the message into the next card."""
    services, member = interaction.client.services, interaction.user.id
    pressed = await press(interaction, tap, kind, chosen)
    following = review.after(services.store, services.libraries, member, tap.key, services.clock())
    question = await reply.soon(interaction, following)
    await reply.show(interaction, shown(question, await _note(interaction, pressed, kind, chosen)))


async def press(interaction: Interaction, tap: Id, kind: Kind, chosen: Sequence[int]) -> Pressed:
    """Put the answer on disk, and have done what it leads to."""
    services, member, now = interaction.client.services, interaction.user.id, interaction.client.services.clock()
    pressed = await flow.press(services.store, member, tap.key, kind, chosen, interaction.id, now)
    if pressed.train:
        interaction.client.desk.wait(interaction, "train", now, about=pressed.layer, apart=True)
        await services.jobs.enqueue(JobKind.TRAIN, member, pressed.layer)
    if pressed.write is not None:
        await services.jobs.enqueue(JobKind.APPLY, member, pressed.write)
    return pressed


async def _note(interaction: Interaction, pressed: Pressed, kind: Kind, chosen: Sequence[int]) -> str:
    if kind is Kind.SKIP:
        return ""
    song, where = await review.named(interaction.client.services.store, pressed.member, pressed.song, chosen)
    return messages.answered(song, where) if song else ""


async def on_several(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    question = await review.again(services.store, services.libraries, interaction.user.id, tap.key)
    await reply.show(interaction, cards.several(question))


async def on_card(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    question = await review.again(services.store, services.libraries, interaction.user.id, tap.key)
    await reply.show(interaction, cards.card(question))


async def on_back(interaction: Interaction, tap: Id) -> None:
    """Undo the last answer, and ask about that song again."""
    services, member = interaction.client.services, interaction.user.id
    question, write = await review.take_back(services.store, services.libraries, member, tap.key, services.clock())
    if write is not None:
        await services.jobs.enqueue(JobKind.APPLY, member, write)
    await reply.show(interaction, cards.card(question, _(messages.UNDONE if write is None else messages.REMOVING)))


async def on_inside(interaction: Interaction, tap: Id) -> None:
    """A button of a question inside an update."""
    await _inside(interaction, tap, Kind.ONLY, [tap.n])


async def on_inside_pick(interaction: Interaction, tap: Id) -> None:
    chosen = [number for number in _chosen(interaction) if number]
    await _inside(interaction, tap, Kind.ONLY if chosen else Kind.NONE, chosen)


async def on_inside_none(interaction: Interaction, tap: Id) -> None:
    await _inside(interaction, tap, Kind.NONE, [])


async def _inside(interaction: Interaction, tap: Id, kind: Kind, chosen: Sequence[int]) -> None:
    """Keep the answer, then show the update again with it."""
    pressed = await press(interaction, tap, kind, chosen)
    note = await _note(interaction, pressed, kind, chosen)
    await reply.show(interaction, await reply.soon(interaction, _update(interaction, tap.key, note)))


async def _update(interaction: Interaction, card: str, note: str) -> Page:
    services, member, now = interaction.client.services, interaction.user.id, interaction.client.services.clock()
    reviewed = await review.of_card(services.store, member, card)
    questions = await review.questions(services.store, services.libraries, reviewed, receipts.INLINE, now)
    return receipts.receipt(reviewed, questions, note=note)


def _chosen(interaction: Interaction) -> list[int]:
    return [ids.number(value) for value in values(interaction)]


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
