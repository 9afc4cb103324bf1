"""/sort, /undo, /why, and the buttons of dry runs, receipts and updates."""

from collections.abc import Sequence
from datetime import timedelta

from discord import app_commands

from bot.chat import autocomplete, ids, layout, reply
from bot.chat import page as page_link
from bot.chat.bot import AnyCommand, Bot, Context, Interaction
from bot.chat.layout import Page
from bot.chat.sorting import dry_runs, receipts
from bot.chat.sorting.cards import shown
from bot.chat.sorting.dry_runs import DryRun
from bot.core.jobs import JobKind
from bot.core.records import Layer
from bot.core.sorting.writes import WriteState
from bot.flows.account import notify
from bot.flows.sorting import playlists, review
from bot.flows.sorting import why as reasons
from bot.flows.sorting.review import Reviewed
from bot.flows.sorting.writing import corrections
from bot.flows.sorting.writing import sort as flow
from bot.messages import _, common
from bot.messages.sorting import dry_runs as messages
from bot.messages.sorting import labels, models, outcomes


@app_commands.command(
    description="Show where I'd put the songs that have no place yet; nothing changes until you say so"
)
@app_commands.describe(layer="Which set of playlists; your first by default")
@app_commands.autocomplete(layer=autocomplete.layer)
async def sort(interaction: Interaction, layer: str | None = None) -> None:
    context = Context.of(interaction)
    await reply.pause(interaction)
    await show_dry_run(context, await playlists.layer_named(context.store, context.member, layer))


async def on_sort(context: Context) -> None:
    await reply.pause(context.interaction)
    await show_dry_run(context, await playlists.layer_numbered(context.store, context.member, context.tap.number))


async def show_dry_run(context: Context, layer: Layer) -> None:
    music = await context.services.music(context.member)
    planned = await flow.dry_run(context.store, music, context.services.libraries, layer, context.now)
    view = await arranged(context.bot, await reviewed(context.bot, context.member, planned.write.write), 0)
    await reply.show(context.interaction, dry_runs.page(view))


async def arranged(bot: Bot, planned: Reviewed, page: int) -> DryRun:
    """A dry run by playlist; why songs stay is looked up only for a page that says so."""
    services, web = bot.services, bot.services.settings.feed_page
    view = dry_runs.of(planned, web=web)
    if view.leaf(page)[0] != dry_runs.STAY:
        return view
    stays = await review.staying(services.store, services.libraries, planned.receipt, services.clock())
    return dry_runs.of(planned, stays, web=web)


async def _reviewed(context: Context) -> Reviewed:
    """Return the write that a button is about. Raises NotYours or ReceiptGone."""
    return await reviewed(context.bot, context.member, context.tap.number)


async def on_page(context: Context) -> None:
    """Leaf through a dry run."""
    await _leaf(context, await _reviewed(context), context.tap.n)


async def on_goto(context: Context) -> None:
    """Jump to a playlist's page of a dry run, or to what would be asked, or what stays."""
    planned = await _reviewed(context)
    await _leaf(context, planned, dry_runs.of(planned).page_of(next(iter(context.values), "")))


async def _leaf(context: Context, planned: Reviewed, page: int, note: str = "") -> None:
    view = await reply.soon(context.interaction, arranged(context.bot, planned, page))
    await reply.show(context.interaction, dry_runs.page(view, page, note))


async def on_look_on_page(context: Context) -> None:
    """**Look on a page**: a link to the list in the browser, where one unticks and applies."""
    await _reviewed(context)  # raises NotYours
    link = await page_link.door(context, _("Open the list"), f"dry-run?write={context.tap.number}")
    said = Page(_(messages.ON_A_PAGE), page_link.only_here(context), layout.row(link))
    await reply.whisper(context.interaction, said)


async def on_apply(context: Context) -> None:
    await _reviewed(context)  # raises NotYours
    confirmed = await flow.confirm(context.store, context.member, context.tap.number)
    planned = await _reviewed(context)
    if confirmed.state == WriteState.DONE:  # pressed twice
        await reply.show(context.interaction, await page_of(context.bot, planned))
    else:
        await _carry_out(context, context.tap.number, outcomes.applying(planned.receipt))


async def _carry_out(context: Context, write: int, said: str) -> None:
    """Have a write applied; its receipt takes the place of this message."""
    context.bot.pending.wait(context.interaction, "apply", context.now, about=write)
    await reply.show(context.interaction, Page(said))
    await context.services.jobs.enqueue(JobKind.APPLY, context.member, write)


async def on_cancel(context: Context) -> None:
    planned = await _reviewed(context)
    if await flow.cancel(context.store, context.member, context.tap.number):
        await reply.show(context.interaction, Page(messages.cancelled(planned.receipt)))
    else:  # it was applied meanwhile
        await reply.show(context.interaction, await receipt(context.bot, context.member, context.tap.number))


async def on_ask_me(context: Context) -> None:
    """Ask about the first song that needs the member's answer; the others follow with each tap."""
    question = review.next_question(
        context.store, context.services.libraries, context.member, context.tap.number, context.now
    )
    await reply.show_privately(context.interaction, shown(await reply.soon(context.interaction, question)))


@app_commands.command(description="Undo exactly what I last wrote to your playlists")
async def undo(interaction: Interaction) -> None:
    context = Context.of(interaction)
    await _undo(context, None)


async def on_undo(context: Context) -> None:
    await _reviewed(context)  # raises NotYours
    await _undo(context, context.tap.number)


async def on_undo_part(context: Context) -> None:
    """**Undo a part**: which playlist, or which song?"""
    await reply.show(context.interaction, receipts.undo_part(await _reviewed(context), context.tap.n))


async def on_undo_list(context: Context) -> None:
    playlist = ids.number(next(iter(context.values), ""))
    done = await _reviewed(context)
    await _undo_lines(context, [change.change for change in done.receipt.standing if change.playlist == playlist])


async def on_undo_song(context: Context) -> None:
    await _reviewed(context)  # raises NotYours
    await _undo_lines(context, [ids.number(next(iter(context.values), ""))])


async def _undo_lines(context: Context, lines: Sequence[int]) -> None:
    opened = await flow.undo_part(context.store, context.member, context.tap.number, lines, context.now)
    await _carry_out(context, opened, _(outcomes.UNDOING_IT))


async def _undo(context: Context, write: int | None) -> None:
    opened = await flow.undo(context.store, context.member, write, context.now)
    await _carry_out(context, opened, _(outcomes.UNDOING_IT))


async def receipt(bot: Bot, member: int, write: int, page: int = 0, note: str = "") -> Page:
    return await page_of(bot, await reviewed(bot, member, write), page, note)


async def reviewed(bot: Bot, member: int, write: int) -> Reviewed:
    return await review.review(bot.services.store, member, write)


async def page_of(bot: Bot, done: Reviewed, page: int = 0, note: str = "") -> Page:
    """The receipt as it stands; an update holds its first questions as well."""
    services = bot.services
    inline = len(receipts.inline(done))
    questions = await review.questions(services.store, services.libraries, done, inline, services.clock())
    return receipts.receipt(done, questions, page, note)


async def on_turn(context: Context) -> None:
    page = receipt(context.bot, context.member, context.tap.number, context.tap.n)
    await reply.show(context.interaction, await reply.soon(context.interaction, page))


async def on_wrong(context: Context) -> None:
    """**Not there**: which of these songs?"""
    done = await _reviewed(context)
    if is_planned(done):
        await reply.show(context.interaction, dry_runs.not_there(dry_runs.of(done), context.tap.n))
    else:
        await reply.show(context.interaction, receipts.not_there(done, context.tap.n))


def is_planned(done: Reviewed) -> bool:
    return done.receipt.write.state == WriteState.PLANNED


async def on_out(context: Context) -> None:
    """Keep the answer that a song doesn't belong, have it removed, and offer the other playlists."""
    line = ids.number(next(iter(context.values), ""))
    await _reviewed(context)  # raises NotYours
    opened = await corrections.not_there(context.store, context.member, line, context.interaction.id, context.now)
    await _have_applied(context, opened)
    said = await corrections.correction(context.store, context.member, line)
    back = ids.of("page" if said.planned else "turn", said.write.write, context.tap.n)
    await reply.show(context.interaction, receipts.elsewhere(said, back))


async def on_move_to(context: Context) -> None:
    """A playlist where the song belongs instead."""
    await _instead(context, context.tap.n)


async def on_move_pick(context: Context) -> None:
    await _instead(context, ids.number(next(iter(context.values), "")))


async def on_nowhere(context: Context) -> None:
    await _instead(context, None)


async def _instead(context: Context, playlist: int | None) -> None:
    """Keep where a song belongs, have it put there, and go back to the page that its line is on."""
    line = context.tap.number
    said = await corrections.correction(context.store, context.member, line)
    event = context.interaction.id
    opened = await corrections.instead(context.store, context.member, line, playlist, event, context.now)
    await _have_applied(context, opened)
    done, note = await reviewed(context.bot, context.member, said.write.write), messages.moved(said, playlist)
    if is_planned(done):
        page = dry_runs.of(done).page_of(str(said.line.playlist), line)
        await _leaf(context, done, page, note)
    else:
        view = page_of(context.bot, done, receipts.page_of(done, line), note)
        await reply.show(context.interaction, await reply.soon(context.interaction, view))


async def _have_applied(context: Context, write: int | None) -> None:
    if write is not None:
        await context.services.jobs.enqueue(JobKind.APPLY, context.member, write)


async def on_hear(context: Context) -> None:
    """**Listen**: to which song of this page? `bot.chat.feed.hear` plays it."""
    done = await _reviewed(context)
    if is_planned(done):
        view = await reply.soon_by(reply.pause_apart, context.interaction, arranged(context.bot, done, context.tap.n))
        songs = view.songs(context.tap.n)
    else:
        songs = receipts.songs_on(done, context.tap.n)
    await reply.whisper(context.interaction, receipts.listen(context.tap.number, songs))


async def on_why(context: Context) -> None:
    done = await _reviewed(context)
    await reply.whisper(context.interaction, receipts.why(done, context.tap.n))


async def on_why_of(context: Context) -> None:
    done = await _reviewed(context)
    line = ids.number(next(iter(context.values), ""))
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
    explained = await reasons.explain(context.store, context.services.libraries, context.member, layer.layer, song)
    kept = {playlist.playlist: playlist for _layer, playlist in await playlists.kept(context.store, context.member)}
    told = models.explained(explained, kept)
    await reply.show(context.interaction, Page(layout.beside(told, explained.song.cover, labels.cover(explained.song))))


async def on_mute(context: Context) -> None:
    await _reviewed(context)  # raises NotYours
    until = context.now + timedelta(days=1)
    await notify.mute(context.store, context.member, until, context.now)
    await reply.whisper(
        context.interaction, Page(common.muted(until, await notify.known(context.store, context.member)))
    )


COMMANDS: tuple[AnyCommand, ...] = (sort, undo, why)
TAPS = {
    "sort": on_sort,
    "page": on_page,
    "goto": on_goto,
    "lookweb": on_look_on_page,
    "apply": on_apply,
    "cancel": on_cancel,
    "askme": on_ask_me,
    "undo": on_undo,
    "undopart": on_undo_part,
    "undolist": on_undo_list,
    "undosong": on_undo_song,
    "turn": on_turn,
    "wrong": on_wrong,
    "out": on_out,
    "moveto": on_move_to,
    "movepick": on_move_pick,
    "nowhere": on_nowhere,
    "hear": on_hear,
    "why": on_why,
    "whyof": on_why_of,
    "mute": on_mute,
}
