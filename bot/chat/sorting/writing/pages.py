"""The messages about a write: its dry run, or its receipt."""

from bot.chat import reply
from bot.chat.gateway.bot import Bot, Context
from bot.chat.layout import Page
from bot.chat.sorting.writing import dry_runs, receipts
from bot.chat.sorting.writing.dry_runs import DryRun
from bot.core.jobs import JobKind
from bot.flows.sorting import review
from bot.flows.sorting.review import Reviewed


async def arranged(bot: Bot, planned: Reviewed, page: int) -> DryRun:
    """A dry run by playlist; why songs stay is looked up only for a page that says so."""
    services, web = bot.services, bot.services.settings.feed_page
    view = dry_runs.of(planned, web=web)
    if view.leaf(page)[0] != dry_runs.STAY:
        return view
    stays = await review.staying(services.store, services.libraries, planned.receipt, services.clock())
    return dry_runs.of(planned, stays, web=web)


async def of(context: Context) -> Reviewed:
    """Return the write that a button is about. Raises NotYours or ReceiptGone."""
    return await reviewed(context.bot, context.member, context.tap.number)


async def reviewed(bot: Bot, member: int, write: int) -> Reviewed:
    return await review.review(bot.services.store, member, write)


async def receipt(bot: Bot, member: int, write: int, page: int = 0) -> Page:
    return await page_of(bot, await reviewed(bot, member, write), page)


async def page_of(bot: Bot, done: Reviewed, page: int = 0, note: str = "") -> Page:
    """The receipt as it stands; an update holds its first questions as well."""
    services = bot.services
    inline = len(receipts.inline(done))
    questions = await review.questions(services.store, services.libraries, done, inline, services.clock())
    return receipts.receipt(done, questions, page, note)


async def turn_to(context: Context, planned: Reviewed, page: int, note: str = "") -> None:
    """Show a page of a dry run in place of the message."""
    view = await reply.soon(context.interaction, arranged(context.bot, planned, page))
    await reply.show(context.interaction, dry_runs.page(view, page, note))


async def carry_out(context: Context, write: int, said: str) -> None:
    """Have a write applied; its receipt takes the place of this message."""
    context.bot.pending.wait(context.interaction, "apply", context.now, about=write)
    await reply.show(context.interaction, Page(said))
    await context.services.jobs.enqueue(JobKind.APPLY, context.member, write)
