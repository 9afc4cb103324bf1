"""Bulk: songs by an artist or on an album, as a list to tick and answer at once.

What's ticked is kept in the message itself: as the options that its selects show as chosen.
"""

from collections.abc import Container, Sequence

import discord

from bot.chat import ids, layout, reply
from bot.chat.gateway.bot import Context
from bot.chat.sorting import answers, cards
from bot.chat.sorting.cards import KEYS
from bot.core.records import Layer
from bot.core.sorting.groups import tick_of
from bot.core.sorting.labels import Kind
from bot.flows.sorting import review
from bot.flows.sorting.labelling import bulk as flow
from bot.flows.sorting.labelling.bulk import Bulk
from bot.flows.sorting.labelling.label import Press
from bot.messages.sorting import labels as messages


async def start(context: Context, layer: Layer, artist: str | None, album: str | None) -> None:
    """Show the list for a name that was given to the command."""
    libraries = context.libraries
    await _show(context, await flow.named(context.store, libraries, layer, artist, album, context.now))


async def on_more(context: Context) -> None:
    """From a card: the list of its artist's songs, or its album's; all are ticked."""
    await _show(context, await _listed(context, context.tap.n))


async def _listed(context: Context, key: int) -> Bulk:
    work = flow.more(context.store, context.libraries, context.member, context.tap.key, key)
    return await reply.soon(context.interaction, work)


async def _show(context: Context, listed: Bulk, ticked: Container[str] | None = None) -> None:
    chosen = {song.song for song in listed.songs} if ticked is None else ticked
    await reply.show(context.interaction, cards.bulk(listed, chosen))


async def on_tick(context: Context) -> None:
    """A select was changed: the other selects stay as the message shows them."""
    at, key = divmod(context.tap.n, KEYS)
    ticks = ticked_in(context.interaction.message, but=at) | set(context.values)
    listed = await _listed(context, key)
    await _show(context, listed, {song.song for song in listed.songs if tick_of(song.song) in ticks})


def ticked_in(message: discord.Message | None, but: int | None = None) -> set[str]:
    """Return what a message's selects show as chosen; but: the number of a select that doesn't count."""
    ticks: set[str] = set()
    for item in layout.components(message.components if message is not None else ()):
        tap = ids.parse(getattr(item, "custom_id", None) or "")
        if tap is not None and tap.what == "tick" and tap.n // KEYS != but:
            ticks |= {str(option.value) for option in item.options if option.default}
    return ticks


async def on_in(context: Context) -> None:
    playlist, key = divmod(context.tap.n, KEYS)
    await _answer(context, key, Kind.ONLY, [playlist])


async def on_pick(context: Context) -> None:
    await _answer(context, context.tap.n, Kind.ONLY, [ids.number(value) for value in context.values])


async def on_none(context: Context) -> None:
    await _answer(context, context.tap.n, Kind.NONE, [])


async def _answer(context: Context, key: int, kind: Kind, chosen: Sequence[int]) -> None:
    """Keep the answer; then show what's left of a long list, or the next card."""
    listed, ticks = await _listed(context, key), ticked_in(context.interaction.message)
    ticked = [song.song for song in listed.songs if tick_of(song.song) in ticks]
    said = Press(kind, chosen, context.interaction.id)
    answered = await flow.answer(context.store, context.member, listed, said, ticked, context.now)
    await answers.follow(context, answered.pressed)
    _song, where = await review.named(context.store, context.member, answered.pressed.song, chosen)
    note = messages.answered_all(answered, where)
    if listed.total > len(listed.songs):
        rest = await _listed(context, key)
        await reply.show(context.interaction, cards.bulk(rest, {song.song for song in rest.songs}, note))
        return
    after = review.after(context.store, context.libraries, context.member, context.tap.key, context.now)
    await reply.show(
        context.interaction, cards.shown(await reply.soon(context.interaction, after), note, context.tap.key)
    )


TAPS = {"moreof": on_more, "tick": on_tick, "bulkin": on_in, "bulkpick": on_pick, "bulknone": on_none}
