"""/link, /sync: a member's Spotify account."""

from discord import app_commands

from bot.chat import ids, layout, reply
from bot.chat.gateway import presence
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.guard import costly
from bot.chat.layout import Form, Page
from bot.core.jobs import JobKind
from bot.errors.account import LibraryFromFile, NoPasting, NoSpotifyApp
from bot.flows.account import link as flow
from bot.flows.account import notify
from bot.messages import _
from bot.messages import account as messages


@app_commands.command(description="Link your Spotify account so I can read your likes and keep your playlists")
@app_commands.describe(client_id="Client ID of your own Spotify app, if this bot's app has no seat for you")
async def link(interaction: Interaction, client_id: str | None = None) -> None:
    await _offer(Context.of(interaction), client_id)


async def on_link(context: Context) -> None:
    await _offer(context, None)


async def _offer(context: Context, client_id: str | None) -> None:
    settings = context.services.settings
    theirs = await flow.app_of(context.store, context.member)  # whoever has no seat in ours keeps their own
    app = (client_id or theirs or settings.spotify_client_id).strip().lower()
    if not app:
        raise NoSpotifyApp
    called = presence.called(context.interaction.user)
    begun = await context.services.linking.begin(context.member, called, app, settings.redirect_uri)
    context.bot.pending.wait(context.interaction, "link", context.now, about=begun.number)
    code = layout.button(_(messages.ENTER_THE_CODE), ids.of("code"))
    paste = None if settings.public_https else layout.button(_("The page doesn't load"), ids.of("paste"))
    page = Page(
        _(messages.CONSENT),
        layout.row(layout.link(_("Open Spotify"), begun.url), code, paste),
        layout.small(messages.own_app(settings.redirect_uri)) if app != settings.spotify_client_id else None,
    )
    await reply.show_privately(context.interaction, page)


async def on_code(context: Context) -> None:
    box = layout.field(_("Code"), "code", 20, "ABCD-EFGH")
    await reply.ask(context.interaction, Form(_("Link Spotify"), ids.of("coded"), _(messages.CODE), box))


async def on_coded(context: Context) -> None:
    consent = await context.services.linking.prove(context.member, context.fields.get("code", ""))
    await reply.show(context.interaction, _confirm(consent))


async def on_paste(context: Context) -> None:
    form = Form(
        _("Link Spotify"),
        ids.of("pasted"),
        _(messages.PASTE),
        layout.field(_("Address"), "address", 2000, "http://…/callback?code=…"),
    )
    await reply.ask(context.interaction, form)


async def on_pasted(context: Context) -> None:
    """Continue with the address the member landed on, if no page could show a code.

    A page shows whose account it is; an address that was passed on doesn't.
    """
    if context.services.settings.public_https:
        raise NoPasting
    flow.pasted(address := context.fields.get("address", ""))
    await reply.pause(context.interaction)
    consent = await context.services.linking.arrive_pasted(context.member, address)
    await reply.show(context.interaction, _confirm(consent))


def _confirm(consent: flow.Consent) -> Page:
    """Whose account it is, before anything is linked."""
    yes = layout.button(_("Link it"), ids.of("linkit", consent.code), layout.GREEN)
    return Page(
        messages.confirm_link(consent.profile.name), layout.row(yes, layout.button(_("Cancel"), ids.of("dontlink")))
    )


async def on_link_it(context: Context) -> None:
    services = context.services
    await reply.pause(context.interaction)
    if await services.linking.replaces(context.member, context.tap.key):
        await services.jobs.forget(context.member)  # a sync of the earlier account would hold up the new one's
    linked = await services.linking.finish(context.member, context.tap.key)
    context.bot.offers.forget(context.member)
    context.bot.pending.wait(context.interaction, "sync", context.now)
    await reply.show(context.interaction, Page(messages.linked_now(linked.name)))
    await services.jobs.enqueue(JobKind.SYNC, linked.member)


async def on_do_not_link(context: Context) -> None:
    waited = await context.services.linking.forget(context.member)
    await reply.show(context.interaction, Page(_(messages.NOT_LINKED) if waited else _(messages.NOT_LINKING)))


@app_commands.command(description="Read your likes now instead of waiting for the next check")
@costly
async def sync(interaction: Interaction) -> None:
    context = Context.of(interaction)
    known = await notify.known(context.store, context.member)
    if known is not None and known.source == "file":
        raise LibraryFromFile
    await context.services.account_music(context.member)  # raises NotLinked, ConsentEnded
    context.bot.pending.wait(interaction, "sync", context.now)
    await reply.show(interaction, Page(_(messages.LOOKING)))
    await context.services.jobs.enqueue(JobKind.SYNC, context.member)


COMMANDS: tuple[AnyCommand, ...] = (link, sync)
TAPS = {
    "link": on_link,
    "code": on_code,
    "coded": on_coded,
    "paste": on_paste,
    "pasted": on_pasted,
    "linkit": on_link_it,
    "dontlink": on_do_not_link,
}
