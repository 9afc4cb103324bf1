"""Guard: wraps every handler. Whatever happens, the member gets one answer and the log one line.

Members read what they can put right; everything else carries a reference that's also in the log. Interactions that
expired or were answered already are no errors (promise P19).
"""

import logging
import secrets
from collections.abc import Awaitable
from typing import Any

import discord
from discord import app_commands

from bot.chat import ids, layout
from bot.chat.layout import Page
from bot.chat.reply import whisper
from bot.errors import (
    ChatWaits,
    CratekeeperError,
    LinkRefused,
    MemberError,
    ModelError,
    NoPlaylists,
    NotLinked,
    NotTrained,
    TooFewLabels,
    TooOften,
    WrongCode,
)
from bot.errors.audio import AudioError
from bot.errors.social import Hidden
from bot.errors.spotify import ConsentEnded
from bot.messages import N_, _, common
from bot.messages.errors import describe

log = logging.getLogger(__name__)
costly = app_commands.checks.cooldown(20, 60.0)  # times, seconds: what a member may ask of all these commands together
EXPIRED = {10008, 10015, 10062, 50027}  # unknown message, webhook, interaction; a token over 15 minutes old
ANSWERED = 40060
REMEDIES: dict[type[CratekeeperError], tuple[str, str]] = {
    NotLinked: (N_("Link Spotify"), "link"),
    ConsentEnded: (N_("Link Spotify"), "link"),
    LinkRefused: (N_("Try again"), "link"),
    WrongCode: (N_("Enter the code"), "code"),
    Hidden: (N_("Show me again"), "unhide"),
    NoPlaylists: (N_("Choose playlists"), "more"),
    TooFewLabels: (N_("Show me a song"), "label"),
    NotTrained: (N_("Learn from them"), "train"),
    ModelError: (N_("Show me a song"), "label"),
}


async def guarded(interaction: discord.Interaction[Any], work: Awaitable[None]) -> None:
    """Run a handler; no exception gets out."""
    try:
        await work
    except Exception as error:
        await caught(interaction, error)


async def caught(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Tell the member what happened, and log it unless they can put it right."""
    if is_late(error):
        log.debug("interaction %s was over: %s", interaction.id, error)
        return
    if isinstance(error, discord.RateLimited):
        error = ChatWaits("Discord", error.retry_after)
    if isinstance(error, app_commands.CommandOnCooldown):
        error = TooOften(error.retry_after)
    try:
        await whisper(interaction, problem(error))
    except (discord.HTTPException, discord.RateLimited) as mute:
        if not is_late(mute):
            log.warning("a member could not be told of a problem: %s", mute)


def is_late(error: BaseException) -> bool:
    """Whether Discord says that the interaction is over, or was answered before."""
    if isinstance(error, discord.InteractionResponded):
        return True
    return isinstance(error, discord.HTTPException) and (error.code in EXPIRED or error.code == ANSWERED)


def problem(error: BaseException) -> Page:
    """Return what the member reads; log a line with a reference unless they can put it right."""
    if isinstance(error, CratekeeperError) and error.theirs:
        if not isinstance(error, MemberError | AudioError):  # nothing for the operator in either
            log.warning("%s: %s", type(error).__name__, error)
        return Page(describe(error), _remedy(error))
    reference = secrets.token_hex(2)
    if isinstance(error, CratekeeperError):
        log.warning("#%s %s: %s", reference, type(error).__name__, error)
        return Page(f"{describe(error)} `#{reference}`", _remedy(error))
    log.error("#%s a handler failed", reference, exc_info=error)
    return Page(f"{_(common.DEFECT)} `#{reference}`")


def _remedy(error: CratekeeperError) -> discord.ui.ActionRow[Any] | None:
    """The button that helps, if one does."""
    for kind, (label, what) in REMEDIES.items():
        if isinstance(error, kind):
            return layout.row(layout.button(_(label), ids.of(what, error.layer or ""), layout.PRIMARY))
    return None
