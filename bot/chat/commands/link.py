"""/link, /unlink, /sync: a member's Spotify account."""

from discord import app_commands

from bot.chat import ids, layout, reply, sentences, texts
from bot.chat.bot import AnyCommand, Interaction, fields
from bot.chat.ids import Id
from bot.chat.layout import Form, Page
from bot.errors import BadChoice
from bot.flows import link as flow
from bot.flows import notify


@app_commands.command(description="Link your Spotify account, so that I can read your likes and keep your playlists")
@app_commands.describe(client_id="Client id of a Spotify app of your own, if this bot's has no seat for you")
async def link(interaction: Interaction, client_id: str | None = None) -> None:
    await _offer(interaction, client_id)


async def on_link(interaction: Interaction, _: Id) -> None:
    await _offer(interaction, None)


async def _offer(interaction: Interaction, client_id: str | None) -> None:
    services, settings = interaction.client.services, interaction.client.services.settings
    app = (client_id or settings.spotify_client_id).strip().lower()
    if not app:
        raise BadChoice(sentences.NO_APP)
    now = services.clock()
    url = await flow.begin(
        services.store, services.vault, services.spotify, interaction.user.id, app, settings.redirect_uri, now
    )
    interaction.client.desk.wait(interaction, "sync", now)
    paste = None if settings.public_https else layout.button("Paste the address", ids.of("paste"))
    page = Page(
        sentences.CONSENT,
        layout.row(layout.link("To Spotify", url), paste),
        layout.small(sentences.PASTE) if paste else None,
    )
    await reply.show_privately(interaction, page)


async def on_paste(interaction: Interaction, _: Id) -> None:
    form = Form(
        "Link Spotify",
        ids.of("pasted"),
        sentences.PASTE,
        layout.field("Address", "address", 2000, "http://…/callback?code=…"),
    )
    await reply.ask(interaction, form)


async def on_pasted(interaction: Interaction, _: Id) -> None:
    """Finish the link with the address that the member landed on."""
    services, now = interaction.client.services, interaction.client.services.clock()
    state, code = flow.pasted(fields(interaction).get("address", ""))
    await reply.pause(interaction)
    linked = await flow.finish(
        services.store, services.vault, services.spotify, state, code, now, by=interaction.user.id
    )
    interaction.client.desk.wait(interaction, "sync", now)
    await reply.show(interaction, Page(texts.linked_now(linked.name)))
    await services.jobs.enqueue("sync", linked.member)


@app_commands.command(description="Delete the keys to your Spotify account and everything that came from it")
async def unlink(interaction: Interaction) -> None:
    sure = layout.button("Unlink", ids.of("unlink"), layout.RED)
    await reply.show(
        interaction, Page(sentences.UNLINK, layout.row(sure, layout.button("Keep the link", ids.of("keepit"))))
    )


async def on_unlink(interaction: Interaction, _: Id) -> None:
    services, member = interaction.client.services, interaction.user.id
    await reply.pause(interaction)
    await services.jobs.forget(member)  # a training or a sync that is under way would bring something back
    await flow.unlink(services.store, services.vault, services.settings.models_dir, member)
    services.outlooks.forget(member)
    interaction.client.offers.forget(member)
    await reply.show(interaction, Page(sentences.UNLINKED))


async def on_keep_it(interaction: Interaction, _: Id) -> None:
    await reply.show(interaction, Page(sentences.CANCELLED))


@app_commands.command(description="Look at your likes now instead of waiting for my next look")
async def sync(interaction: Interaction) -> None:
    services = interaction.client.services
    known = await notify.known(services.store, interaction.user.id)
    if known is not None and known.source == "file":
        raise BadChoice(sentences.FROM_A_FILE)
    await services.account_music(interaction.user.id)  # raises NotLinked, ConsentEnded
    interaction.client.desk.wait(interaction, "sync", services.clock())
    await reply.show(interaction, Page(sentences.LOOKING))
    await services.jobs.enqueue("sync", interaction.user.id)


COMMANDS: tuple[AnyCommand, ...] = (link, unlink, sync)
TAPS = {"link": on_link, "paste": on_paste, "pasted": on_pasted, "unlink": on_unlink, "keepit": on_keep_it}
