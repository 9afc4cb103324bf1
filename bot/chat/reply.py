"""Reply: answers an interaction once, in the right place, whatever was sent before.

`show` puts a page where the member looks: a command's answer, or the message whose button was pressed. `whisper` sends
a message of its own that only they see. `pause` buys more than Discord's three seconds for either.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeVar

import discord
from discord import InteractionResponseType, InteractionType

from bot.chat.feed.feed_cards import Post
from bot.chat.layout import Form, Page
from bot.messages import speaking

T = TypeVar("T")
PATIENCE = 1.8  # seconds; Discord gives up on an interaction after three
COMMAND = InteractionType.application_command


async def show(interaction: discord.Interaction[Any], page: Page, *, public: bool = False) -> None:
    """Put the page into the command's answer (ephemeral unless `public`), or into the message that was pressed."""
    if interaction.response.is_done():
        await interaction.edit_original_response(view=page, attachments=page.files)
    elif interaction.type is COMMAND or interaction.message is None:
        await interaction.response.send_message(view=page, files=page.files, ephemeral=not public)
    else:
        await interaction.response.edit_message(view=page, attachments=page.files)


def in_public(interaction: discord.Interaction[Any]) -> AbstractContextManager[None]:
    """Speak the server's language inside the block: for what everyone in a channel reads."""
    return speaking(str(interaction.guild_locale or interaction.locale))


def is_seen(interaction: discord.Interaction[Any]) -> bool:
    """Whether others can see the message whose button was pressed."""
    message = interaction.message
    return message is not None and interaction.guild_id is not None and not message.flags.ephemeral


async def show_privately(interaction: discord.Interaction[Any], page: Page) -> None:
    """Like `show`, but never into a message that others can see."""
    await (whisper if is_seen(interaction) else show)(interaction, page)


async def whisper(interaction: discord.Interaction[Any], page: Page) -> None:
    """Tell the member alone, in a new message."""
    if interaction.response.type is InteractionResponseType.deferred_channel_message:
        await interaction.edit_original_response(view=page, attachments=page.files)
    elif interaction.response.is_done():
        await interaction.followup.send(view=page, files=page.files, ephemeral=True)
    else:
        await interaction.response.send_message(view=page, files=page.files, ephemeral=True)


async def announce(interaction: discord.Interaction[Any], page: Page) -> None:
    """Post it where the member is, for everyone to see: they asked for that."""
    await interaction.response.send_message(view=page, files=page.files)


async def pause(interaction: discord.Interaction[Any], *, public: bool = False) -> None:
    """Acknowledge now, `show` later."""
    if not interaction.response.is_done():
        await interaction.response.defer(ephemeral=not public)


async def pause_anew(interaction: discord.Interaction[Any]) -> None:
    """Acknowledge now, `post` later, in a new message for everybody."""
    if not interaction.response.is_done():
        await interaction.response.defer(thinking=True)


async def post(interaction: discord.Interaction[Any], card: Post) -> None:
    """Put a feed card into the answer that `pause` or `pause_anew` began."""
    await interaction.edit_original_response(content=card.content, view=card, attachments=card.files)


async def pause_apart(interaction: discord.Interaction[Any]) -> None:
    """Acknowledge now, `whisper` later."""
    if not interaction.response.is_done():
        await interaction.response.defer(ephemeral=True, thinking=True)


async def soon(interaction: discord.Interaction[Any], work: Awaitable[T], *, public: bool = False) -> T:
    """Wait for work that's mostly quick; if it takes longer, acknowledge meanwhile."""
    return await soon_by(partial(pause, public=public), interaction, work)


async def soon_by(
    pausing: Callable[[discord.Interaction[Any]], Awaitable[None]],
    interaction: discord.Interaction[Any],
    work: Awaitable[T],
) -> T:
    """Wait for work that's mostly quick; if it takes longer, acknowledge with `pausing` meanwhile."""
    task = asyncio.ensure_future(work)
    done, _ = await asyncio.wait({task}, timeout=PATIENCE)
    try:
        if not done:
            await pausing(interaction)
        return await task
    finally:
        task.cancel()  # if the pause failed, nobody waits for the work any more


async def ask(interaction: discord.Interaction[Any], form: Form) -> None:
    """Open a form."""
    await interaction.response.send_modal(form)
