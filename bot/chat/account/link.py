"""/link, /unlink, /sync: a member's Spotify account."""

from discord import app_commands

from bot.chat import ids, layout, presence, reply
from bot.chat.bot import AnyCommand, Interaction, fields
from bot.chat.ids import Id
from bot.chat.layout import Form, Page
from bot.core.jobs import JobKind
from bot.errors import BadChoice
from bot.flows.account import link as flow
from bot.flows.account import notify
from bot.messages import _, common
from bot.messages import account as messages


@app_commands.command(description="Link your Spotify account so I can read your likes and keep your playlists")
@app_commands.describe(client_id="Client ID of your own Spotify app, if this bot's app has no seat for you")
async def link(interaction: Interaction, client_id: str | None = None) -> None:
    await _offer(interaction, client_id)


async def on_link(interaction: Interaction, tap: Id) -> None:
    await _offer(interaction, None)


async def _offer(interaction: Interaction, client_id: str | None) -> None:
    services, settings = interaction.client.services, interaction.client.services.settings
    theirs = await flow.app_of(services.store, interaction.user.id)  # who has no seat in ours stays with their own
    app = (client_id or theirs or settings.spotify_client_id).strip().lower()
    if not app:
        raise BadChoice(_(messages.NO_APP))
    url = await services.linking.begin(
        interaction.user.id, presence.called(interaction.user), app, settings.redirect_uri
    )
    interaction.client.desk.wait(interaction, "link", services.clock())
    code = layout.button("Enter the code", ids.of("code"))
    paste = None if settings.public_https else layout.button("Paste the address", ids.of("paste"))
    page = Page(
        _(messages.CONSENT),
        layout.row(layout.link("To Spotify", url), code, paste),
        layout.small(_(messages.PASTE)) if paste else None,
        layout.small(messages.own_app(settings.redirect_uri)) if app != settings.spotify_client_id else None,
    )
    await reply.show_privately(interaction, page)


async def on_code(interaction: Interaction, tap: Id) -> None:
    box = layout.field("Code", "code", 20, "ABCD-EFGH")
    await reply.ask(interaction, Form("Link Spotify", ids.of("coded"), _(messages.CODE), box))


async def on_coded(interaction: Interaction, tap: Id) -> None:
    consent = interaction.client.services.linking.prove(interaction.user.id, fields(interaction).get("code", ""))
    await reply.show(interaction, _confirm(consent))


async def on_paste(interaction: Interaction, tap: Id) -> None:
    form = Form(
        "Link Spotify",
        ids.of("pasted"),
        _(messages.PASTE),
        layout.field("Address", "address", 2000, "http://…/callback?code=…"),
    )
    await reply.ask(interaction, form)


async def on_pasted(interaction: Interaction, tap: Id) -> None:
    """Go on with the address that the member landed on, where no page could show a code."""
    services = interaction.client.services
    if services.settings.public_https:  # the page shows whose account it is, an address that was handed on does not
        raise BadChoice(_(messages.NO_PASTE))
    flow.pasted(address := fields(interaction).get("address", ""))
    await reply.pause(interaction)
    consent = await services.linking.arrive_pasted(interaction.user.id, address)
    await reply.show(interaction, _confirm(consent))


def _confirm(consent: flow.Consent) -> Page:
    """Whose account it is, before anything is linked."""
    yes = layout.button("Link it", ids.of("linkit", consent.code), layout.GREEN)
    return Page(
        messages.confirm_link(consent.profile.name), layout.row(yes, layout.button("Cancel", ids.of("dontlink")))
    )


async def on_link_it(interaction: Interaction, what: Id) -> None:
    services = interaction.client.services
    await reply.pause(interaction)
    linked = await services.linking.finish(interaction.user.id, what.key)
    interaction.client.desk.wait(interaction, "sync", services.clock())
    await reply.show(interaction, Page(messages.linked_now(linked.name)))
    await services.jobs.enqueue(JobKind.SYNC, linked.member)


async def on_do_not_link(interaction: Interaction, tap: Id) -> None:
    waited = interaction.client.services.linking.forget(interaction.user.id)
    await reply.show(interaction, Page(_(messages.NOT_LINKED) if waited else _(messages.NOT_LINKING)))


@app_commands.command(description="Delete the keys to your Spotify account and everything that came from it")
async def unlink(interaction: Interaction) -> None:
    await flow.check_linked(interaction.client.services.store, interaction.user.id)
    sure = layout.button("Unlink", ids.of("unlink"), layout.RED)
    await reply.show(
        interaction, Page(_(messages.UNLINK), layout.row(sure, layout.button("Keep the link", ids.of("keepit"))))
    )


async def on_unlink(interaction: Interaction, tap: Id) -> None:
    services, member = interaction.client.services, interaction.user.id
    await flow.check_linked(services.store, member)
    await reply.pause(interaction)
    await services.jobs.forget(member)  # a training or a sync that is under way would bring something back
    gone = await flow.unlink(services.store, services.vault, services.settings.models_dir, member)
    services.libraries.forget(member)
    services.linking.forget(member)
    interaction.client.offers.forget(member)
    await reply.show(interaction, Page(_(messages.UNLINKED) if gone else _(messages.UNLINKING)))


async def on_keep_it(interaction: Interaction, tap: Id) -> None:
    await reply.show(interaction, Page(_(common.CANCELLED)))


@app_commands.command(description="Read your likes now instead of waiting for the next check")
async def sync(interaction: Interaction) -> None:
    services = interaction.client.services
    known = await notify.known(services.store, interaction.user.id)
    if known is not None and known.source == "file":
        raise BadChoice(_(messages.FROM_A_FILE))
    await services.account_music(interaction.user.id)  # raises NotLinked, ConsentEnded
    interaction.client.desk.wait(interaction, "sync", services.clock())
    await reply.show(interaction, Page(_(messages.LOOKING)))
    await services.jobs.enqueue(JobKind.SYNC, interaction.user.id)


COMMANDS: tuple[AnyCommand, ...] = (link, unlink, sync)
TAPS = {
    "link": on_link,
    "code": on_code,
    "coded": on_coded,
    "paste": on_paste,
    "pasted": on_pasted,
    "linkit": on_link_it,
    "dontlink": on_do_not_link,
    "unlink": on_unlink,
    "keepit": on_keep_it,
}
