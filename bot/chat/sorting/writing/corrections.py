"""**Not there**: a song doesn't belong where it went, or would go, and where it belongs instead."""

from bot.chat import ids, reply
from bot.chat.gateway.bot import Context
from bot.chat.sorting.writing import dry_runs, pages, receipts
from bot.core.jobs import JobKind
from bot.flows.sorting.writing import corrections
from bot.messages.sorting import dry_runs as messages


async def on_wrong(context: Context) -> None:
    """**Not there**: which of these songs?"""
    done = await pages.of(context)
    if done.planned:
        await reply.show(context.interaction, dry_runs.not_there(dry_runs.of(done), context.tap.n))
    else:
        await reply.show(context.interaction, receipts.not_there(done, context.tap.n))


async def on_out(context: Context) -> None:
    """Keep the answer that a song doesn't belong, have it removed, and offer the other playlists."""
    line = ids.number(context.value)
    await pages.of(context)  # raises NotYours
    opened = await corrections.not_there(context.store, context.member, line, context.interaction.id, context.now)
    await _have_applied(context, opened)
    said = await corrections.correction(context.store, context.member, line)
    back = ids.of("page" if said.planned else "turn", said.write.write, context.tap.n)
    await reply.show(context.interaction, receipts.elsewhere(said, back))


async def on_move_to(context: Context) -> None:
    """A playlist where the song belongs instead."""
    await _instead(context, context.tap.n)


async def on_move_pick(context: Context) -> None:
    await _instead(context, ids.number(context.value))


async def on_nowhere(context: Context) -> None:
    await _instead(context, None)


async def _instead(context: Context, playlist: int | None) -> None:
    """Keep where a song belongs, have it put there, and go back to the page that its line is on."""
    line = context.tap.number
    said = await corrections.correction(context.store, context.member, line)
    event = context.interaction.id
    opened = await corrections.instead(context.store, context.member, line, playlist, event, context.now)
    await _have_applied(context, opened)
    done, note = await pages.reviewed(context.bot, context.member, said.write.write), messages.moved(said, playlist)
    if done.planned:
        page = dry_runs.of(done).page_of(str(said.line.playlist), line)
        await pages.turn_to(context, done, page, note)
    else:
        view = pages.page_of(context.bot, done, receipts.page_of(done, line), note)
        await reply.show(context.interaction, await reply.soon(context.interaction, view))


async def _have_applied(context: Context, write: int | None) -> None:
    if write is not None:
        await context.services.jobs.enqueue(JobKind.APPLY, context.member, write)


TAPS = {"wrong": on_wrong, "out": on_out, "moveto": on_move_to, "movepick": on_move_pick, "nowhere": on_nowhere}
