"""/sort, and what dry runs, receipts and updates lead to: Apply, Cancel, Ask me, Listen, Mute, and their pages."""

from datetime import timedelta

from discord import app_commands

from bot.chat import autocomplete, ids, layout, reply
from bot.chat import page as page_link
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.guard import costly
from bot.chat.layout import Page
from bot.chat.sorting.cards import shown
from bot.chat.sorting.writing import dry_runs, pages, receipts
from bot.core.records import Layer
from bot.core.sorting.writing.writes import WriteState
from bot.flows.account import notify
from bot.flows.sorting import playlists, review
from bot.flows.sorting.writing import sort as flow
from bot.messages import _, common
from bot.messages.sorting import dry_runs as messages
from bot.messages.sorting import outcomes


@app_commands.command(
    description="Show where I'd put the songs that have no place yet; nothing changes until you say so"
)
@app_commands.describe(layer="Which set of playlists; your first by default")
@app_commands.autocomplete(layer=autocomplete.layer)
@costly
async def sort(interaction: Interaction, layer: str | None = None) -> None:
    context = Context.of(interaction)
    await reply.pause(interaction)
    await show_dry_run(context, await playlists.layer_named(context.store, context.member, layer))


async def on_sort(context: Context) -> None:
    await reply.pause(context.interaction)
    await show_dry_run(context, await playlists.layer_numbered(context.store, context.member, context.tap.number))


async def show_dry_run(context: Context, layer: Layer) -> None:
    music = await context.services.music(context.member)
    planned = await flow.dry_run(context.store, music, context.libraries, layer, context.now)
    view = await pages.arranged(context.bot, await pages.reviewed(context.bot, context.member, planned.write.write), 0)
    await reply.show(context.interaction, dry_runs.page(view))


async def on_page(context: Context) -> None:
    """Leaf through a dry run."""
    await pages.turn_to(context, await pages.of(context), context.tap.n)


async def on_goto(context: Context) -> None:
    """Jump to a playlist's page of a dry run, or to what would be asked, or what stays."""
    planned = await pages.of(context)
    await pages.turn_to(context, planned, dry_runs.of(planned).page_of(context.value))


async def on_look_on_page(context: Context) -> None:
    """**View as a page**: a link to the list in the browser, where one unticks and applies."""
    await pages.of(context)  # raises NotYours
    link = await page_link.link(context, _("Open the list"), f"dry-run?write={context.tap.number}")
    said = Page(_(messages.ON_A_PAGE), page_link.only_here(context), layout.row(link))
    await reply.whisper(context.interaction, said)


async def on_apply(context: Context) -> None:
    await pages.of(context)  # raises NotYours
    confirmed = await flow.confirm(context.store, context.member, context.tap.number)
    planned = await pages.of(context)
    if confirmed.state == WriteState.DONE:  # pressed twice
        await reply.show(context.interaction, await pages.page_of(context.bot, planned))
    else:
        await pages.carry_out(context, context.tap.number, outcomes.applying(planned.receipt))


async def on_cancel(context: Context) -> None:
    planned = await pages.of(context)
    if await flow.cancel(context.store, context.member, context.tap.number):
        await reply.show(context.interaction, Page(messages.cancelled(planned.receipt)))
    else:  # it was applied meanwhile
        await reply.show(context.interaction, await pages.receipt(context.bot, context.member, context.tap.number))


async def on_ask_me(context: Context) -> None:
    """Ask about the first song that needs the member's answer; the others follow with each tap."""
    question = review.next_question(context.store, context.libraries, context.member, context.tap.number, context.now)
    await reply.show_privately(context.interaction, shown(await reply.soon(context.interaction, question)))


async def on_turn(context: Context) -> None:
    page = pages.receipt(context.bot, context.member, context.tap.number, context.tap.n)
    await reply.show(context.interaction, await reply.soon(context.interaction, page))


async def on_update(context: Context) -> None:
    """One of several updates that came together."""
    page = pages.receipt(context.bot, context.member, ids.number(context.value))
    await reply.whisper(context.interaction, await reply.soon_by(reply.pause_apart, context.interaction, page))


async def on_hear(context: Context) -> None:
    """**Listen**: to which song of this page? `bot.chat.feed.listening` plays it."""
    done = await pages.of(context)
    if done.planned:
        view = await reply.soon_by(
            reply.pause_apart, context.interaction, pages.arranged(context.bot, done, context.tap.n)
        )
        songs = view.songs(context.tap.n)
    else:
        songs = receipts.songs_on(done, context.tap.n)
    await reply.whisper(context.interaction, receipts.listen(context.tap.number, songs))


async def on_mute(context: Context) -> None:
    await pages.of(context)  # raises NotYours
    until = context.now + timedelta(days=1)
    await notify.mute(context.store, context.member, until, context.now)
    await reply.whisper(
        context.interaction, Page(common.muted(until, await notify.known(context.store, context.member)))
    )


COMMANDS: tuple[AnyCommand, ...] = (sort,)
TAPS = {
    "sort": on_sort,
    "page": on_page,
    "goto": on_goto,
    "lookweb": on_look_on_page,
    "apply": on_apply,
    "cancel": on_cancel,
    "askme": on_ask_me,
    "turn": on_turn,
    "update": on_update,
    "hear": on_hear,
    "mute": on_mute,
}
