"""/sort, /undo, /why, and the buttons of dry runs, receipts and updates."""

from datetime import timedelta

from discord import app_commands

from bot.chat import autocomplete, ids, layout, reply
from bot.chat.bot import AnyCommand, Bot, Interaction, values
from bot.chat.ids import Id
from bot.chat.layout import Page
from bot.chat.sorting import receipts
from bot.chat.sorting.label import shown
from bot.core.jobs import JobKind
from bot.core.records import Layer
from bot.core.sorting.writes import WriteKind, WriteState
from bot.flows.account import notify
from bot.flows.sorting import playlists, review
from bot.flows.sorting import sort as flow
from bot.flows.sorting import why as reasons
from bot.flows.sorting.review import Reviewed
from bot.messages import _, common
from bot.messages.sorting import labels, models, outcomes


@app_commands.command(
    description="Show where I'd put the songs that have no place yet; nothing changes until you say so"
)
@app_commands.describe(layer="Which set of playlists; your first by default")
@app_commands.autocomplete(layer=autocomplete.layer)
async def sort(interaction: Interaction, layer: str | None = None) -> None:
    await reply.pause(interaction)
    await _dry_run(
        interaction, await playlists.layer_named(interaction.client.services.store, interaction.user.id, layer)
    )


async def on_sort(interaction: Interaction, tap: Id) -> None:
    await reply.pause(interaction)
    await _dry_run(
        interaction, await playlists.layer_numbered(interaction.client.services.store, interaction.user.id, tap.number)
    )


async def _dry_run(interaction: Interaction, layer: Layer) -> None:
    services, member = interaction.client.services, interaction.user.id
    music, now = await services.music(member), services.clock()
    planned = await flow.dry_run(services.store, music, services.libraries, member, layer, now)
    await reply.show(interaction, receipts.dry_run(planned))


async def on_page(interaction: Interaction, tap: Id) -> None:
    """Leaf through a dry run."""
    planned = await reviewed(interaction.client, interaction.user.id, tap.number)
    await reply.show(interaction, receipts.dry_run(planned.receipt, tap.n))


async def on_apply(interaction: Interaction, tap: Id) -> None:
    services, member = interaction.client.services, interaction.user.id
    planned = await reviewed(interaction.client, member, tap.number)
    confirmed = await flow.confirm(services.store, member, tap.number)
    if confirmed.state == WriteState.DONE:  # pressed twice
        await reply.show(interaction, await page_of(interaction.client, planned))
    else:
        await _carry_out(interaction, tap.number, outcomes.applying(planned.receipt))


async def _carry_out(interaction: Interaction, write: int, said: str) -> None:
    """Have a write applied; its receipt takes the place of this message."""
    services = interaction.client.services
    interaction.client.desk.wait(interaction, "apply", services.clock(), about=write)
    await reply.show(interaction, Page(said))
    await services.jobs.enqueue(JobKind.APPLY, interaction.user.id, write)


async def on_cancel(interaction: Interaction, tap: Id) -> None:
    await reviewed(interaction.client, interaction.user.id, tap.number)  # raises NotYours
    if await flow.cancel(interaction.client.services.store, interaction.user.id, tap.number):
        await reply.show(interaction, Page(_(common.CANCELLED)))
    else:  # it was applied meanwhile
        await reply.show(interaction, await receipt(interaction.client, interaction.user.id, tap.number))


async def on_ask_me(interaction: Interaction, tap: Id) -> None:
    """Ask about the first song that needs the member's answer; the others follow with each tap."""
    services = interaction.client.services
    question = review.next_question(
        services.store, services.libraries, interaction.user.id, tap.number, services.clock()
    )
    await reply.show_privately(interaction, shown(await reply.soon(interaction, question)))


@app_commands.command(description="Undo exactly what I last wrote to your playlists")
async def undo(interaction: Interaction) -> None:
    await _undo(interaction, None)


async def on_undo(interaction: Interaction, tap: Id) -> None:
    await reviewed(interaction.client, interaction.user.id, tap.number)  # raises NotYours
    await _undo(interaction, tap.number)


async def _undo(interaction: Interaction, write: int | None) -> None:
    services = interaction.client.services
    opened = await flow.undo(services.store, interaction.user.id, write, services.clock())
    await _carry_out(interaction, opened, _(outcomes.UNDOING_IT))


async def receipt(bot: Bot, member: int, write: int, page: int = 0, note: str = "") -> Page:
    return await page_of(bot, await reviewed(bot, member, write), page, note)


async def reviewed(bot: Bot, member: int, write: int) -> Reviewed:
    return await review.review(bot.services.store, member, write)


async def page_of(bot: Bot, done: Reviewed, page: int = 0, note: str = "") -> Page:
    """The receipt as it stands; an update holds its first questions as well."""
    services = bot.services
    inline = receipts.INLINE if done.receipt.write.kind == WriteKind.WATCH else 0
    questions = await review.questions(services.store, services.libraries, done, inline, services.clock())
    return receipts.receipt(done, questions, page, note)


async def on_turn(interaction: Interaction, tap: Id) -> None:
    page = receipt(interaction.client, interaction.user.id, tap.number, tap.n)
    await reply.show(interaction, await reply.soon(interaction, page))


async def on_wrong(interaction: Interaction, tap: Id) -> None:
    """**Not there**: which of these songs?"""
    done = await reviewed(interaction.client, interaction.user.id, tap.number)
    await reply.show(interaction, receipts.not_there(done, tap.n))


async def on_out(interaction: Interaction, tap: Id) -> None:
    """Keep the answer that a song doesn't belong, and have it removed."""
    services, member = interaction.client.services, interaction.user.id
    line = ids.number(next(iter(values(interaction)), ""))
    done = await reviewed(interaction.client, member, tap.number)
    opened = await flow.not_there(services.store, member, line, interaction.id, services.clock())
    if opened is not None:
        await services.jobs.enqueue(JobKind.APPLY, member, opened)
    said = outcomes.ruled_out(done.receipt, line)
    page = receipt(interaction.client, member, tap.number, tap.n, said)
    await reply.show(interaction, await reply.soon(interaction, page))


async def on_why(interaction: Interaction, tap: Id) -> None:
    done = await reviewed(interaction.client, interaction.user.id, tap.number)
    await reply.whisper(interaction, receipts.why(done, tap.n))


async def on_why_of(interaction: Interaction, tap: Id) -> None:
    done = await reviewed(interaction.client, interaction.user.id, tap.number)
    line = ids.number(next(iter(values(interaction)), ""))
    song = next((change.song for change in done.receipt.changes if change.change == line), "")
    await reply.pause(interaction)
    await _explain(interaction, done.receipt.layer, song)


@app_commands.command(description="Why a song went where it did: the songs you labelled that are closest to it")
@app_commands.describe(song="A song you like", layer="Which set of playlists; your first by default")
@app_commands.autocomplete(song=autocomplete.song, layer=autocomplete.layer)
async def why(interaction: Interaction, song: str, layer: str | None = None) -> None:
    await reply.pause(interaction)
    named = await playlists.layer_named(interaction.client.services.store, interaction.user.id, layer)
    await _explain(interaction, named, await autocomplete.song_named(interaction, song))


async def _explain(interaction: Interaction, layer: Layer, song: str) -> None:
    services, member = interaction.client.services, interaction.user.id
    explained = await reasons.explain(services.store, services.libraries, member, layer.layer, song)
    kept = {playlist.playlist: playlist for _layer, playlist in await playlists.kept(services.store, member)}
    told = models.explained(explained, kept)
    await reply.show(interaction, Page(layout.beside(told, explained.song.cover, labels.cover(explained.song))))


async def on_mute(interaction: Interaction, tap: Id) -> None:
    services, now = interaction.client.services, interaction.client.services.clock()
    await reviewed(interaction.client, interaction.user.id, tap.number)  # raises NotYours
    until = now + timedelta(days=1)
    await notify.mute(services.store, interaction.user.id, until, now)
    await reply.whisper(interaction, Page(common.muted(until, await notify.known(services.store, interaction.user.id))))


COMMANDS: tuple[AnyCommand, ...] = (sort, undo, why)
TAPS = {
    "sort": on_sort,
    "page": on_page,
    "apply": on_apply,
    "cancel": on_cancel,
    "askme": on_ask_me,
    "undo": on_undo,
    "turn": on_turn,
    "wrong": on_wrong,
    "out": on_out,
    "why": on_why,
    "whyof": on_why_of,
    "mute": on_mute,
}
