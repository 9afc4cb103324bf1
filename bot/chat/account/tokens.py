"""/data tokens: let a member's own programs use the HTTP API. A token is shown once, to that member only."""

from bot.chat import ids, layout, reply
from bot.chat.account.data import data
from bot.chat.gateway.bot import Context, Interaction
from bot.chat.layout import Form, Page
from bot.core import limits
from bot.errors.account import NoApi
from bot.flows.account import tokens as flow
from bot.messages import _, formatting
from bot.messages import account as messages

LASTING = (1, 7, 30, flow.DAYS, flow.MOST_DAYS)  # days to choose from


@data.command(name="tokens", description="Tokens that let your own programs ask for songs: make one, revoke one")
async def tokens(interaction: Interaction) -> None:
    await reply.show(interaction, await _page(Context.of(interaction)))


async def on_new(context: Context) -> None:
    if not context.services.settings.http_api:
        raise NoApi
    spans = [layout.option(formatting.days(days), days, chosen=days == flow.DAYS) for days in LASTING]
    name = layout.field(_("What it's for, so you recognise it later"), "name", flow.LONGEST_NAME, _("My program"))
    form = Form(_("New token"), ids.of("token"), name, layout.choice(_("How long it lasts"), "days", spans))
    await reply.ask(context.interaction, form)


async def on_named(context: Context) -> None:
    """Make the token, and show it: this once."""
    settings, filled = context.services.settings, context.fields
    if not settings.http_api:
        raise NoApi
    days = ids.number(filled.get("days", ""))
    issued = await flow.issue(context.store, context.member, filled.get("name", ""), days, context.now)
    page = Page(messages.issued(issued, settings.public_url), _(messages.SHOWN_ONCE))
    await reply.show_privately(context.interaction, page)


async def on_revoke(context: Context) -> None:
    await flow.revoke(context.store, context.member, context.tap.number)
    await reply.show(context.interaction, await _page(context, _(messages.REVOKED)))


async def _page(context: Context, note: str | None = None) -> Page:
    active = await flow.active(context.store, context.member, context.now)
    buttons = [
        layout.button(_("Revoke {name}", name=mine.name), ids.of("untoken", mine.token), layout.RED) for mine in active
    ]
    if not context.services.settings.http_api:
        return Page(note, messages.tokens(active) or _(messages.NO_API), *layout.rows(buttons))
    if len(active) < limits.TOKENS:
        buttons.append(layout.button(_("New token"), ids.of("newtoken"), layout.PRIMARY))
    return Page(note, messages.tokens(active) or _(messages.NO_TOKENS), *layout.rows(buttons))


TAPS = {"newtoken": on_new, "token": on_named, "untoken": on_revoke}
