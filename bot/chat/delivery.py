"""Delivery: the ways to reach a member: where they asked, then where they want updates, then wherever is open.

In a channel stands nothing personal, unless the member chose that channel for it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import discord

from bot.chat import ids, layout, next_steps, reply
from bot.chat.failures import FAILURES, refused
from bot.chat.gateway import presence
from bot.chat.gateway.bot import Bot
from bot.chat.layout import Page
from bot.chat.pending import Live
from bot.chat.social import taste_match
from bot.chat.sorting.writing import dry_runs, pages, receipts
from bot.core.notices import NoticeKind
from bot.core.records import Member, Notice
from bot.core.sorting.writing.writes import WriteKind
from bot.errors import CratekeeperError
from bot.errors.stored import loaded
from bot.flows.account import notify
from bot.flows.account.status import LayerStatus
from bot.flows.sorting.review import Reviewed
from bot.flows.sorting.writing import sort as sorting
from bot.flows.sorting.writing.sort import Receipt
from bot.messages import _, account, common, library, social, speaking
from bot.messages.errors import describe
from bot.messages.social import hosting
from bot.messages.sorting import labels, models, outcomes, playlists

log = logging.getLogger(__name__)


async def deliver(bot: Bot, notices: Sequence[Notice]) -> bool:
    """Bring a notice, or several updates, to their member; False if Discord allows it nowhere. Raises ChatDown."""
    await bot.connected.wait()
    member = await notify.known(bot.services.store, notices[0].member)
    with speaking(member.speaks if member else None):
        if len(notices) == 1:
            return await _deliver(bot, member, notices[0])
        page = await _updates(bot, notices)
        return page is None or await _send(bot, member, notices[0], page)


async def _deliver(bot: Bot, member: Member | None, notice: Notice) -> bool:
    live = asker(bot, notice)
    page = await page_for(bot, notice, live)
    if page is None:
        return True
    if live is not None and await _answer(live, page):
        return True
    return await _send(bot, member, notice, page)


def asker(bot: Bot, notice: Notice) -> Live | None:
    """Return the interaction that asked for what the notice tells of."""
    body, now = notice.body, bot.services.clock()
    match notice.kind:
        case NoticeKind.SYNCED:
            return bot.pending.take(notice.member, "sync", now)
        case NoticeKind.TRAINED:
            return bot.pending.take(notice.member, "train", now, body["layer"])
        case NoticeKind.RECEIPT:
            return bot.pending.take(notice.member, "apply", now, body["write"])
        case NoticeKind.SHARED:
            return bot.pending.take(notice.member, "share", now, body["shared"])
        case NoticeKind.MATCH:
            return bot.pending.take(notice.member, taste_match.JOB, now, body["agreement"])
        case NoticeKind.PROBLEM:
            return bot.pending.take(notice.member, str(body.get("job", "")), now, body.get("about"))
        case _:
            return None


async def _answer(live: Live, page: Page) -> bool:
    try:
        await (reply.whisper if live.apart else reply.show)(live.interaction, page)
    except FAILURES as gone:
        log.debug("the asker has gone: %s", gone)
        return False
    return True


async def _send(bot: Bot, member: Member | None, notice: Notice, page: Page) -> bool:
    """Send it where the member wants updates, else the other way; to a channel only while they see it."""
    if member is None:
        return True
    channel, public = member.updates_channel, member.updates == "channel"
    if (
        public
        and channel is not None
        and notice.kind == NoticeKind.UPDATE
        and await _post(bot, channel, member.member, page)
    ):
        return True
    if await _write(bot, member.member, page):
        return True
    return channel is not None and await _post(bot, channel, member.member, _called(member.member), called=True)


def _called(member: int) -> Page:
    return Page(f"<@{member}> {_(common.HAVE_NEWS)}")


async def _write(bot: Bot, member: int, page: Page) -> bool:
    """By direct message."""
    try:
        channel = await bot.create_dm(discord.Object(member))
        await channel.send(view=page, files=page.files)
    except FAILURES as unheard:
        return refused("direct messages", unheard)
    return True


async def _post(bot: Bot, channel: int, member: int, page: Page, *, called: bool = False) -> bool:
    """In a channel; `called`: whether the member is mentioned."""
    if not await presence.sees(bot, channel, member):
        log.info("a member does not see channel %s any more", channel)
        return False
    users = [discord.Object(member)] if called else []
    mentions = discord.AllowedMentions(everyone=False, roles=False, users=users)
    try:
        await bot.get_partial_messageable(channel).send(view=page, files=page.files, allowed_mentions=mentions)
    except FAILURES as unheard:
        return refused(f"channel {channel}", unheard)
    return True


WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    NoticeKind.SHARED: hosting.written,
    NoticeKind.LOST: hosting.lost,
    NoticeKind.LEFT: hosting.host_left,
    NoticeKind.KEPT: lambda body: playlists.kept([str(body["name"])]),
    NoticeKind.REFUSED: lambda body: outcomes.not_liked(**body),
    NoticeKind.INTERRUPTED: lambda body: library.interrupted(str(body["file"])),
}


async def page_for(bot: Bot, notice: Notice, live: Live | None) -> Page | None:
    """What a notice says; None for one that only its asker cares for, and nobody asks any more."""
    asked = live is not None
    match notice.kind:
        case NoticeKind.SYNCED:
            return await _synced(bot, notice, asked)
        case NoticeKind.TRAINED:
            return await _trained(bot, notice, live) if live is not None else None
        case NoticeKind.RECEIPT | NoticeKind.UPDATE:
            return await _receipt(bot, notice, asked)
        case NoticeKind.MATCH:
            return await taste_match.told(bot, notice, asked=asked)
        case NoticeKind.CONSENT:
            return await _consent(bot, notice)
        case NoticeKind.PROMPT:
            mine = layout.button(_("Show me a song"), ids.of("label"), layout.PRIMARY)
            return Page(_(labels.NOT_THEIR_PROMPT), layout.row(mine))
        case kind if kind in WORDS:
            return Page(WORDS[kind](notice.body))
        case _:
            return Page(_problem(notice))


def _problem(notice: Notice) -> str:
    """What went wrong; the text of a notice that an older version left stands as it is."""
    body, error = notice.body, loaded(str(notice.body.get("error", "")))
    if "work" in body:
        return common.set_aside(str(body["work"]), str(body["reference"]))
    if error is None:
        return str(body.get("text") or _(common.DEFECT))
    reference = f" `#{body['reference']}`" if body.get("reference") else ""
    about = f"{_(social.NOT_WRITTEN)} " if notice.kind == NoticeKind.UNWRITTEN else ""
    return about + describe(error, by_itself=not body.get("asked")) + reference


async def _consent(bot: Bot, notice: Notice) -> Page | None:
    """How long a consent still holds, by now; None where it was renewed or ended since."""
    days = await notify.consent_ends_in(bot.services.store, notice.member, bot.services.clock())
    again = layout.button(_("Renew"), ids.of("link"), layout.PRIMARY)
    return None if days is None else Page(account.consent_ends(days), layout.row(again))


async def _synced(bot: Bot, notice: Notice, asked: bool) -> Page | None:
    body = notice.body
    if not body["first"]:
        said = library.synced(body["total"], body["new"], body["gone"])
        return Page(said, library.learned_by_hand(body.get("edits", ())) or None) if asked else None
    status = await next_steps.where(bot, notice.member)
    name = status.account.name if status.account else ""
    return Page(account.linked(name, body["total"]), *await next_steps.after(bot, notice.member, status))


async def _trained(bot: Bot, notice: Notice, live: Live) -> Page | None:
    """What training came to, for whoever asked for it, with the next step."""
    status = await next_steps.where(bot, notice.member)
    layer = next((layer for layer in status.layers if layer.layer.layer == notice.body["layer"]), None)
    if layer is None:
        return None
    another = layout.button(_("Another song"), ids.of("label", layer.layer.layer))
    if not notice.body["published"]:
        reason = str(notice.body["reason"])
        said = models.not_published(reason, has_model=layer.model is not None)
        if live.sorts:
            said = f"{said} {_(models.MORE_TO_LEARN_FROM)}"
        return Page(said, layout.row(another, next_steps.another_playlist() if live.sorts else None))
    if live.sorts and (planned := await _dry_run(bot, layer)) is not None:
        return planned
    look = layout.button(_("View"), ids.of("sort", layer.layer.layer), layout.PRIMARY)
    return Page(models.trained(layer), layout.row(look, another))


async def _dry_run(bot: Bot, layer: LayerStatus) -> Page | None:
    """The dry run that follows a training; None if Spotify can't be asked now: a button asks again."""
    services, labels = bot.services, layer.model.labels if layer.model else layer.tally.labels
    try:
        music = await services.music(layer.layer.member)
        planned = await sorting.dry_run(services.store, music, services.libraries, layer.layer, services.clock())
        shown = await pages.arranged(bot, await pages.reviewed(bot, layer.layer.member, planned.write.write), 0)
    except CratekeeperError as problem:
        log.info("no dry run after a training: %s", problem)
        return None
    return dry_runs.page(shown, note=models.learned(labels))


async def _receipt(bot: Bot, notice: Notice, asked: bool) -> Page | None:
    """The receipt; that of a single song is told only where it was asked for, or when something went wrong."""
    try:
        reviewed = await pages.reviewed(bot, notice.member, int(notice.body["write"]))
    except CratekeeperError as gone:
        log.info("a receipt is not kept any more: %s", gone)
        return None
    if (
        reviewed.receipt.write.kind in (WriteKind.TAP, WriteKind.ADD)
        and not asked
        and not _went_wrong(reviewed.receipt)
    ):
        return None
    return await pages.page_of(bot, reviewed)


async def _updates(bot: Bot, notices: Sequence[Notice]) -> Page | None:
    """Updates that were held, a line each; None if none is kept any more."""
    kept: list[Reviewed] = []
    for notice in notices:
        with suppress(CratekeeperError):
            kept.append(await pages.reviewed(bot, notice.member, int(notice.body["write"])))
    return receipts.updates(kept) if kept else None


def _went_wrong(receipt: Receipt) -> bool:
    return bool(receipt.write.problem or receipt.refused)
