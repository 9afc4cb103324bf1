"""/data: what is kept about a member, as a file or gone for good, and whether their labels may teach."""

import asyncio
import io

import discord
from discord import app_commands

from bot.chat import ids, layout, reply
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.guard import costly
from bot.chat.layout import Form, Page
from bot.errors.account import ExportTooLarge, NotConfirmedErasing
from bot.flows.account import erase, prior_consent
from bot.messages import _
from bot.messages import account as messages

data = app_commands.Group(name="data", description="What I keep about you, and who sees it")
FILE, PACKED = "cratekeeper.json", "cratekeeper.zip"


@data.command(name="privacy", description="What I keep about you, where features come from, and who sees what")
async def privacy(interaction: Interaction) -> None:
    await reply.show(interaction, Page(messages.privacy()))


@data.command(name="export", description="Everything I keep about you, as a JSON file")
@costly
async def export(interaction: Interaction) -> None:
    context = Context.of(interaction)
    await reply.pause(interaction)
    written, name = await erase.export(context.store, context.member), FILE
    if len(written) > interaction.filesize_limit:
        written, name = await asyncio.to_thread(erase.packed, written, FILE), PACKED
    if len(written) > interaction.filesize_limit:
        raise ExportTooLarge
    file = discord.File(io.BytesIO(written), filename=name)
    await reply.show(interaction, Page(_(messages.EXPORTED), layout.attached(file), files=[file]))


@data.command(name="teach", description="Whether your answers may help the bot learn others' music; off by default")
@app_commands.describe(on="Yes or no; /data privacy says what's learned from you and what isn't")
async def let_teach(interaction: Interaction, on: bool) -> None:
    context = Context.of(interaction)
    await prior_consent.choose(context.store, context.member, on, context.now)
    await reply.show(interaction, Page(_(messages.TEACHES) if on else _(messages.TEACHES_NOT)))


@data.command(name="delete", description="Delete everything I keep about you, immediately and for good")
async def delete(interaction: Interaction) -> None:
    word = _(messages.ERASE_WORD)
    box = layout.field(_("Type {word} to confirm", word=word), "word", 20, word)
    await reply.ask(interaction, Form(_("Delete everything"), ids.of("erase"), _(messages.ERASE), box))


async def on_erase(context: Context) -> None:
    word = _(messages.ERASE_WORD)
    if context.fields.get("word", "").strip().casefold() not in (word, messages.ERASE_WORD):
        raise NotConfirmedErasing(word)
    bot, services, member = context.bot, context.services, context.member
    await reply.pause_apart(context.interaction)
    bot.pending.forget(member)
    bot.offers.forget(member)
    services.recommender.forget(member)
    await services.uploads.forget(member)
    gone = await services.erasing.erase(member, context.now)
    await reply.whisper(context.interaction, Page(_(messages.ERASED) if gone else _(messages.ERASING)))


COMMANDS: tuple[AnyCommand, ...] = (data,)
TAPS = {"erase": on_erase}
