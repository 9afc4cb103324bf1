"""/model: see how good the model is, train it now, go back to an earlier one."""

import asyncio
import io
from collections.abc import Sequence

import discord
from discord import app_commands

from bot.chat import autocomplete, ids, layout, next_steps, reply
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.guard import costly
from bot.chat.layout import Page
from bot.core.jobs import JobKind
from bot.core.records import Layer, Model
from bot.errors import StorageDown
from bot.flows.sorting import playlists
from bot.flows.sorting import train as flow
from bot.flows.sorting.labelling.label import Tally
from bot.flows.sorting.labelling.readiness import FIRST_TRAINING
from bot.messages import _, account, formatting
from bot.messages.sorting import models as messages
from bot.ports import Artefacts

PICTURE = "model.png"


@app_commands.command(description="How good my guesses are, playlist by playlist; learn now, or use an earlier model")
@app_commands.describe(layer="Which set of playlists; your first by default")
@app_commands.autocomplete(layer=autocomplete.layer)
@costly
async def model(interaction: Interaction, layer: str | None = None) -> None:
    context = Context.of(interaction)
    await reply.pause(interaction)
    await _show(context, await playlists.layer_named(context.store, context.member, layer))


async def on_train(context: Context) -> None:
    """Learn now instead of waiting for ten new labels."""
    await reply.pause(context.interaction)
    layer = await autocomplete.layer_of(context)
    labels = (await _tally(context, layer)).labels
    if labels < FIRST_TRAINING:
        await reply.show(context.interaction, _too_few(layer, labels))
        return
    await reply.show(context.interaction, _learning(context, layer, labels))
    await context.services.jobs.enqueue(JobKind.TRAIN, context.member, layer.layer)


def _learning(context: Context, layer: Layer, labels: int) -> Page:
    """Return what's said while it learns; what comes of it will be shown in its place."""
    context.bot.pending.wait(context.interaction, "train", context.now, about=layer.layer)
    return Page(messages.training(labels))


async def _tally(context: Context, layer: Layer) -> Tally:
    where = await next_steps.where(context.bot, context.member)
    return next(status.tally for status in where.layers if status.layer.layer == layer.layer)


def _too_few(layer: Layer, labels: int) -> Page:
    return Page(_(messages.NO_MODEL), messages.too_few(FIRST_TRAINING - labels), layout.row(_show_me(layer)))


def _show_me(layer: Layer) -> layout.Tap:
    return layout.button(_("Show me a song"), ids.of("label", layer.layer), layout.PRIMARY)


def _learn(layer: Layer, style: discord.ButtonStyle = layout.SECONDARY) -> layout.Tap:
    return layout.button(_("Learn now"), ids.of("train", layer.layer), style)


async def on_version(context: Context) -> None:
    """Use the chosen model from now on."""
    chosen = ids.number(context.value)
    await reply.pause(context.interaction)
    await flow.rollback(context.store, context.member, context.tap.number, chosen, context.now)
    context.libraries.forget(context.member)
    await _show(context, await playlists.layer_numbered(context.store, context.member, context.tap.number))


async def _show(context: Context, layer: Layer) -> None:
    versions = await flow.versions(context.store, context.member, layer.layer)
    serving = next((model for model in versions if model.serving), None)
    if serving is None:
        await reply.show(context.interaction, await _no_model(context, layer))
        return
    kept = [playlist for where, playlist in await playlists.kept(context.store, context.member) if where == layer]
    drawn = await asyncio.to_thread(_read, context.services.models, f"{serving.digest}.png")
    picture = layout.picture(f"attachment://{PICTURE}", messages.finding(serving)) if drawn else None
    files = [discord.File(io.BytesIO(drawn), filename=PICTURE)] if drawn else []
    said, learn = messages.accuracy(serving, kept), layout.row(_learn(layer))
    await reply.show(context.interaction, Page(said, picture, _versions(layer, versions), learn, files=files))


async def _no_model(context: Context, layer: Layer) -> Page:
    tally = await _tally(context, layer)
    if tally.labels < FIRST_TRAINING:
        return _too_few(layer, tally.labels)
    if tally.training:
        return _learning(context, layer, tally.labels)
    if tally.until_training:  # the last training led to no model
        return Page(
            _(messages.NO_MODEL), layout.small(formatting.tally(tally)), layout.row(_show_me(layer), _learn(layer))
        )
    return Page(_(account.ENOUGH_LABELS), layout.row(_learn(layer, layout.PRIMARY)))


def _versions(layer: Layer, versions: Sequence[Model]) -> layout.Row | None:
    """A select of the layer's models, if there's a choice."""
    if len(versions) < 2:
        return None
    options = [
        layout.option(messages.version(model), model.model, messages.version_score(model), chosen=model.serving)
        for model in versions
    ]
    return layout.menu(ids.of("version", layer.layer), _("Use an earlier model"), options)


def _read(models: Artefacts, name: str) -> bytes:
    """Return a picture; empty if there's none, or nobody can reach it."""
    try:
        return models.load(name, lambda file: file.read())
    except (OSError, ValueError, StorageDown):
        return b""


COMMANDS: tuple[AnyCommand, ...] = (model,)
TAPS = {"train": on_train, "version": on_version}
