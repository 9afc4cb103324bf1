"""/updates: where and when I may write to a member."""

import re
from datetime import timedelta
from typing import Literal

import discord
from discord import app_commands

from bot.chat import autocomplete, reply
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Page
from bot.errors import CannotPost
from bot.errors.account import BadQuietHours
from bot.flows.account import notify
from bot.flows.account.notify import UpdateRules
from bot.messages import account as messages
from bot.messages import common, zones

HOURS = re.compile(r"\s*(\d{1,2})\s*(?:-|–|to)\s*(\d{1,2})\s*", re.ASCII)
MONTH = 24 * 30  # hours


@app_commands.command(description="Where updates about new likes go, how many a day, quiet hours, and a pause")
@app_commands.describe(
    where="By direct message, in a channel, or nowhere",
    channel="Which channel; everyone there can read the updates",
    cap="The most a day",
    quiet="Hours of the day without updates: 22-7. 0-0 ends them",
    time_zone="Where your clock is, for the quiet hours; UTC by default",
    mute="Hours without any from now on; I'll tell you afterwards what happened. 0 ends it",
)
@app_commands.autocomplete(time_zone=autocomplete.time_zone)
async def updates(
    interaction: Interaction,
    where: Literal["dm", "channel", "off"] | None = None,
    channel: discord.TextChannel | None = None,
    cap: app_commands.Range[int, 1, notify.MOST_A_DAY] | None = None,
    quiet: str | None = None,
    time_zone: str | None = None,
    mute: app_commands.Range[int, 0, MONTH] | None = None,
) -> None:
    context = Context.of(interaction)
    if channel is not None:
        _both_may_write(interaction, channel)
    rules = UpdateRules(
        where=where or ("channel" if channel is not None else None),
        channel=channel.id if channel is not None else None,
        cap=cap,
        quiet=_hours(quiet) if quiet is not None else None,
        time_zone=(zones.named(time_zone) or time_zone) if time_zone is not None else None,
    )
    member = await notify.set_rules(context.store, context.member, rules, context.now)
    muted = await _mute(context, mute) if mute is not None else ""
    said = messages.updates(member, context.now) if rules != UpdateRules() or mute is None else ""
    await reply.show(interaction, Page(said, muted))


async def _mute(context: Context, hours: int) -> str:
    until = context.now + timedelta(hours=hours) if hours else None
    await notify.mute(context.store, context.member, until, context.now)
    return common.muted(until, await notify.known(context.store, context.member))


def _both_may_write(interaction: Interaction, channel: discord.TextChannel) -> None:
    """Raise CannotPost if the member or the bot may not write there."""
    if not isinstance(interaction.user, discord.Member) or interaction.guild is None:
        raise CannotPost
    mine = channel.permissions_for(interaction.guild.me)
    theirs = channel.permissions_for(interaction.user)
    if not all(allowed.view_channel and allowed.send_messages for allowed in (mine, theirs)):
        raise CannotPost


def _hours(typed: str) -> tuple[int, int]:
    """Read "22-7". Raises BadQuietHours."""
    hours = HOURS.fullmatch(typed)
    if hours is None or max(int(hours[1]), int(hours[2])) > 24:
        raise BadQuietHours
    return int(hours[1]), int(hours[2])


COMMANDS: tuple[AnyCommand, ...] = (updates,)
