"""/playlists history: what changed in a kept playlist, its earlier states, and how to get one back."""

import io

import discord
from discord import app_commands

from bot.chat import autocomplete, ids, layout, paging, reply
from bot.chat.gateway.bot import Context, Interaction
from bot.chat.guard import costly
from bot.chat.layout import Page
from bot.chat.sorting.playlists import playlists
from bot.chat.sorting.writing import receipts
from bot.errors.spotify import SpotifyError
from bot.flows.library import exports
from bot.flows.sorting import history as flow
from bot.flows.sorting import review
from bot.flows.sorting.history import History, State
from bot.flows.sorting.writing import manual_edits
from bot.flows.sorting.writing.sort import Receipt
from bot.messages import _
from bot.messages.errors import describe
from bot.messages.formatting import moment
from bot.messages.sorting import history as messages
from bot.messages.sorting import outcomes


@playlists.command(name="history", description="What changed in a playlist I keep, and by whom, and its earlier states")
@app_commands.describe(playlist="Which playlist")
@app_commands.autocomplete(playlist=autocomplete.kept)
@costly
async def history(interaction: Interaction, playlist: str) -> None:
    context = Context.of(interaction)
    await reply.pause(interaction)
    chosen = await autocomplete.chosen(context, playlist)
    problem = await _look(context)
    recorded = await flow.history(context.store, context.member, chosen.playlist)
    await reply.show(interaction, _history(recorded, 0, problem))


async def _look(context: Context) -> str | None:
    """Record what changed lately; return why that can't be seen now, if it can't."""
    try:
        music = await context.services.music(context.member)
        await manual_edits.detect(context.store, music, context.member, context.now)
    except SpotifyError as reason:
        return describe(reason)
    return None


async def on_history(context: Context) -> None:
    """Leaf through a history, or go back to it."""
    recorded = await flow.history(context.store, context.member, context.tap.number)
    await reply.show(context.interaction, _history(recorded, context.tap.n))


def _history(shown: History, page: int, problem: str | None = None) -> Page:
    here = paging.on(page, shown.revisions)
    head = messages.heading(shown.playlist, len(shown.revisions))
    if not here:
        return Page(problem, head)
    options = [layout.option(moment(known.at), known.revision, messages.tally(counted)) for known, counted in here]
    return Page(
        problem,
        head,
        messages.lines(here),
        layout.menu(ids.of("state"), _(messages.PICK), options),
        paging.turn("history", shown.playlist.playlist, page, len(shown.revisions)),
        _(messages.BY_HAND),
    )


async def on_state(context: Context) -> None:
    """The playlist as it was before a change: chosen in the select, or by leafing through its songs."""
    number = ids.number(context.value) if context.values else context.tap.number
    shown = flow.state(context.store, context.member, number)
    await reply.show(context.interaction, _state(await reply.soon(context.interaction, shown), context.tap.n))


def _state(shown: State, page: int) -> Page:
    revision, named = shown.revision.revision, shown.named
    numbered = [(at + 1, song) for at, (song, _added) in enumerate(named)]
    return Page(
        messages.state(shown),
        messages.songs(paging.on(page, numbered)),
        paging.turn("state", revision, page, len(named)),
        layout.row(
            layout.button(_("Restore this"), ids.of("restore", revision), layout.PRIMARY),
            layout.button(_("As CSV"), ids.of("statecsv", revision)),
            layout.button(_("Back"), ids.of("history", shown.playlist.playlist)),
        ),
    )


async def on_csv(context: Context) -> None:
    await reply.pause_apart(context.interaction)
    shown = await flow.state(context.store, context.member, context.tap.number)
    name = f"{shown.playlist.name} {shown.revision.at:%Y-%m-%d %H-%M}"
    written, data = exports.csv_of(name, shown.revision.revision, shown.named)
    file = discord.File(io.BytesIO(data), filename=written)
    said = messages.as_csv(len(shown.named))
    await reply.whisper(context.interaction, Page(said, layout.attached(file), files=[file]))


async def on_restore(context: Context) -> None:
    """Plan it: nothing changes before **Apply**."""
    await reply.pause(context.interaction)
    music = await context.services.music(context.member)
    planned = await flow.restore(context.store, music, context.member, context.tap.number, context.now)
    await reply.show(context.interaction, _plan(planned, 0))


async def on_plan(context: Context) -> None:
    """Leaf through a planned restore."""
    planned = await review.review(context.store, context.member, context.tap.number)
    await reply.show(context.interaction, _plan(planned.receipt, context.tap.n))


def _plan(planned: Receipt, page: int) -> Page:
    write, changes = planned.write.write, [*planned.placed, *planned.removed]
    here = [outcomes.line(planned, change, None) for change in paging.on(page, changes)]
    return Page(
        messages.restoring(planned),
        outcomes.page(here, receipts.ROOM),
        layout.row(
            layout.button(_("Apply"), ids.of("apply", write), layout.GREEN),
            layout.button(_("Cancel"), ids.of("cancel", write)),
        ),
        paging.turn("plan", write, page, len(changes)),
        _(messages.STAYS_PUT),
    )


TAPS = {
    "history": on_history,
    "state": on_state,
    "statecsv": on_csv,
    "restore": on_restore,
    "plan": on_plan,
}
