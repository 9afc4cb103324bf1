"""/undo, and the buttons that undo a write, one playlist of it, or one song."""

from collections.abc import Sequence

from discord import app_commands

from bot.chat import ids, reply
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.sorting.writing import pages, receipts
from bot.flows.sorting.writing import undo as flow
from bot.messages import _
from bot.messages.sorting import outcomes


@app_commands.command(description="Undo exactly what I last wrote to your playlists")
async def undo(interaction: Interaction) -> None:
    context = Context.of(interaction)
    await _undo(context, None)


async def on_undo(context: Context) -> None:
    await pages.of(context)  # raises NotYours
    await _undo(context, context.tap.number)


async def on_undo_part(context: Context) -> None:
    """**Undo a part**: which playlist, or which song?"""
    await reply.show(context.interaction, receipts.undo_part(await pages.of(context), context.tap.n))


async def on_undo_list(context: Context) -> None:
    playlist = ids.number(context.value)
    done = await pages.of(context)
    await _undo_lines(context, [change.change for change in done.receipt.standing if change.playlist == playlist])


async def on_undo_song(context: Context) -> None:
    await pages.of(context)  # raises NotYours
    await _undo_lines(context, [ids.number(context.value)])


async def _undo_lines(context: Context, lines: Sequence[int]) -> None:
    opened = await flow.part(context.store, context.member, context.tap.number, lines, context.now)
    await pages.carry_out(context, opened, _(outcomes.UNDOING_IT))


async def _undo(context: Context, write: int | None) -> None:
    opened = await flow.write(context.store, context.member, write, context.now)
    await pages.carry_out(context, opened, _(outcomes.UNDOING_IT))


COMMANDS: tuple[AnyCommand, ...] = (undo,)
TAPS = {"undo": on_undo, "undopart": on_undo_part, "undolist": on_undo_list, "undosong": on_undo_song}
