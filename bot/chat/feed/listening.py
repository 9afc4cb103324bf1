"""Listening: plays a song of a card, a dry run or a receipt to its member alone, in a message of its own."""

from bot.chat import reply
from bot.chat.feed import feed_cards
from bot.chat.gateway.bot import Context
from bot.core.records import Song
from bot.flows.sorting import review
from bot.flows.sorting.labelling import label


async def on_card_hear(context: Context) -> None:
    await _play(context, await label.song_on(context.store, context.member, context.tap.key))


async def on_hear_of(context: Context) -> None:
    """A song of a dry run or receipt."""
    chosen = context.value
    await _play(context, await review.song_of(context.store, context.member, context.tap.number, chosen))


async def _play(context: Context, song: Song) -> None:
    await reply.pause_apart(context.interaction)
    listen = await context.services.listening.to_own(context.member, song)
    await reply.post(context.interaction, feed_cards.played(song, listen))
    if aside := feed_cards.elsewhere(song, listen):
        await context.interaction.followup.send(aside, ephemeral=True)


TAPS = {"cardhear": on_card_hear, "hearof": on_hear_of}
