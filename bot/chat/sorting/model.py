"""/train, /model: train a model, see how good it is, go back to an earlier one."""

import asyncio
import io
from collections.abc import Sequence
from pathlib import Path

import discord
from discord import app_commands

from bot.chat import autocomplete, ids, layout, next_steps, reply
from bot.chat.bot import AnyCommand, Interaction, values
from bot.chat.ids import Id
from bot.chat.layout import Page
from bot.core.jobs import JobKind
from bot.core.records import Layer, Model
from bot.flows.sorting import playlists
from bot.flows.sorting import train as flow
from bot.flows.sorting.readiness import FIRST_TRAINING
from bot.messages import N_, _
from bot.messages.sorting import models as messages

PICTURE = "model.png"
ALT = N_("How often the model was right, playlist by playlist")


@app_commands.command(description="Learn from your labels now instead of waiting for ten new ones")
@app_commands.describe(layer="Which set of playlists; your first by default")
@app_commands.autocomplete(layer=autocomplete.layer)
async def train(interaction: Interaction, layer: str | None = None) -> None:
    await reply.pause(interaction)
    await _train(
        interaction, await playlists.layer_named(interaction.client.services.store, interaction.user.id, layer)
    )


async def on_train(interaction: Interaction, tap: Id) -> None:
    await reply.pause(interaction)
    await _train(interaction, await autocomplete.layer_of(interaction, tap))


async def _train(interaction: Interaction, layer: Layer) -> None:
    services, member = interaction.client.services, interaction.user.id
    where = await next_steps.where(interaction.client, member)
    labels = next(status.tally.labels for status in where.layers if status.layer.layer == layer.layer)
    if labels < FIRST_TRAINING:
        show_me = layout.row(layout.button(_("Show me a song"), ids.of("label", layer.layer), layout.PRIMARY))
        await reply.show(interaction, Page(messages.too_few(FIRST_TRAINING - labels), show_me))
        return
    interaction.client.desk.wait(interaction, "train", services.clock(), about=layer.layer)
    await reply.show(interaction, Page(messages.training(labels)))
    await services.jobs.enqueue(JobKind.TRAIN, member, layer.layer)


@app_commands.command(description="How good my guesses are, playlist by playlist; go back to an earlier model")
@app_commands.describe(layer="Which set of playlists; your first by default")
@app_commands.autocomplete(layer=autocomplete.layer)
async def model(interaction: Interaction, layer: str | None = None) -> None:
    await reply.pause(interaction)
    await _show(interaction, await playlists.layer_named(interaction.client.services.store, interaction.user.id, layer))


async def on_version(interaction: Interaction, tap: Id) -> None:
    """Use the chosen model from now on."""
    services, member = interaction.client.services, interaction.user.id
    chosen = ids.number(next(iter(values(interaction)), ""))
    await reply.pause(interaction)
    await flow.rollback(services.store, member, tap.number, chosen, services.clock())
    services.libraries.forget(member)
    await _show(interaction, await playlists.layer_numbered(services.store, member, tap.number))


async def _show(interaction: Interaction, layer: Layer) -> None:
    services, member = interaction.client.services, interaction.user.id
    versions = await flow.versions(services.store, member, layer.layer)
    serving = next((model for model in versions if model.serving), None)
    if serving is None:
        show_me = layout.row(layout.button(_("Show me a song"), ids.of("label", layer.layer), layout.PRIMARY))
        await reply.show(interaction, Page(_(messages.NO_MODEL), show_me))
        return
    kept = [playlist for where, playlist in await playlists.kept(services.store, member) if where == layer]
    drawn = await asyncio.to_thread(_read, services.settings.models_dir / f"{serving.digest}.png")
    picture = layout.picture(f"attachment://{PICTURE}", str(serving.card.get("alt") or _(ALT))) if drawn else None
    files = [discord.File(io.BytesIO(drawn), filename=PICTURE)] if drawn else []
    await reply.show(
        interaction, Page(messages.accuracy(serving, kept), picture, _versions(layer, versions), files=files)
    )


def _versions(layer: Layer, versions: Sequence[Model]) -> layout.Row | None:
    """A select of the layer's models, if there's a choice."""
    if len(versions) < 2:
        return None
    options = [
        layout.option(messages.version(model), model.model, messages.version_score(model), chosen=model.serving)
        for model in versions
    ]
    return layout.menu(ids.of("version", layer.layer), _("Use an earlier model"), options)


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


COMMANDS: tuple[AnyCommand, ...] = (train, model)
TAPS = {"train": on_train, "version": on_version}
