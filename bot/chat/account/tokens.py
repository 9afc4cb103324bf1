"""/api-token: lets a member's own programs use the HTTP API. Shown once, to that member only."""

from discord import app_commands

from bot.chat import ids, layout, reply
from bot.chat.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Page
from bot.errors.account import NoApi
from bot.flows.account import tokens as flow
from bot.messages import _
from bot.messages import account as messages

token = app_commands.Group(name="api-token", description="Tokens that let your own programs ask for songs")
Days = app_commands.Range[int, 1, flow.MOST_DAYS]
Name = app_commands.Range[str, 1, flow.LONGEST_NAME]


@token.command(name="new", description="Make a token for one of your programs; I show it once, only to you")
@app_commands.describe(name="What it's for, so you recognise it later", days="How many days it lasts; 90 by default")
async def new(interaction: Interaction, name: Name = "My program", days: Days = flow.DAYS) -> None:
    context = Context.of(interaction)
    if not context.services.settings.http_api:
        raise NoApi
    issued = await flow.issue(context.store, context.member, name, days, context.now)
    address = context.services.settings.public_url
    await reply.show(interaction, Page(messages.issued(issued, address), _(messages.SHOWN_ONCE)))


@token.command(name="list", description="Your tokens: when each was last used and when it expires; revoke one here")
async def list_(interaction: Interaction) -> None:
    await reply.show(interaction, await _page(Context.of(interaction)))


async def on_revoke(context: Context) -> None:
    await flow.revoke(context.store, context.member, context.tap.number)
    await reply.show(context.interaction, await _page(context, _(messages.REVOKED)))


async def _page(context: Context, note: str | None = None) -> Page:
    active = await flow.active(context.store, context.member, context.now)
    buttons = [
        layout.button(_("Revoke {name}", name=mine.name), ids.of("untoken", mine.token), layout.RED) for mine in active
    ]
    none = _(messages.NO_TOKENS) if context.services.settings.http_api else _(messages.NO_API)
    return Page(note, messages.tokens(active) or none, *layout.rows(buttons))


COMMANDS: tuple[AnyCommand, ...] = (token,)
TAPS = {"untoken": on_revoke}
