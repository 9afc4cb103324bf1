"""Standing songs: asks whether those already in a member's playlists may count as labels, and learns from them."""

from collections.abc import Sequence

from bot.chat import autocomplete, ids, layout, next_steps, reply
from bot.chat.gateway.bot import Context
from bot.chat.layout import Page
from bot.chat.sorting.writing import sort
from bot.core.jobs import JobKind
from bot.core.records import Layer, Playlist
from bot.flows.library import other_playlists
from bot.flows.sorting.labelling import readiness
from bot.flows.sorting.labelling import standing as flow
from bot.flows.sorting.labelling.readiness import FIRST_TRAINING
from bot.flows.sorting.labelling.standing import Standing
from bot.messages import _
from bot.messages.sorting import models
from bot.messages.sorting import playlists as messages
from bot.ports import ListedPlaylist


async def taken(
    context: Context,
    layer: Layer,
    added: Sequence[Playlist],
    problems: Sequence[str],
    listed: Sequence[ListedPlaylist] = (),
) -> None:
    """Say which playlists were added; then ask about the songs in them, learn from those, or go on.

    listed: the playlists that were offered, with those added.
    """
    said = [messages.kept([playlist.name for playlist in added]), *problems]
    standing = await flow.seen(context.store, layer)
    if standing.asks:
        more = await other_playlists.are_there_more(context.store, context.member, listed)
        await reply.show(context.interaction, _question(standing, said, with_others=more))
    elif made := await flow.learn(context.store, layer):
        await _train(context, layer, [*said, messages.learning_too(made, len(added))])
    else:
        await next_steps.train_what_is_due(context.bot, context.member)
        await next_steps.show(context, said)


def _question(standing: Standing, said: Sequence[str], *, with_others: bool) -> Page:
    layer = standing.layer.layer
    return Page(
        "\n".join(said),
        messages.may_i_learn(standing),
        layout.small(_(messages.LEARN_TERMS)),
        layout.row(
            layout.button(_("Yes"), ids.of("learn", layer), layout.PRIMARY),
            layout.button(_("Yes, and from my other playlists"), ids.of("learnall", layer)) if with_others else None,
            layout.button(_("No, only my answers"), ids.of("onlymine", layer)),
            next_steps.another_playlist(),
        ),
    )


async def on_learn(context: Context) -> None:
    """**Yes**: count the songs, train, and show the dry run."""
    await reply.pause(context.interaction)
    layer = await autocomplete.layer_of(context)
    made = await flow.choose(context.store, layer, True)
    now, labels = await readiness.progress(context.store, layer)
    if not made and now.tried >= max(labels, FIRST_TRAINING) and not now.training:  # pressed again, much later
        await sort.show_dry_run(context, now)
    else:
        await _train(context, layer, [])


async def on_learn_all(context: Context) -> None:
    """**Yes, and from my other playlists**: as **Yes**, and read those to learn which songs are together there."""
    await reply.pause(context.interaction)
    await autocomplete.layer_of(context)  # refuses somebody else's before anything is changed
    await other_playlists.choose(context.store, context.member, True, context.now)
    await context.services.jobs.enqueue(JobKind.READ, context.member)
    await on_learn(context)


async def on_only_mine(context: Context) -> None:
    """**No, only my answers**: not asked again in this layer."""
    await reply.pause(context.interaction)
    await flow.choose(context.store, await autocomplete.layer_of(context), False)
    await next_steps.show(context, [_(messages.ONLY_YOUR_ANSWERS)])


async def _train(context: Context, layer: Layer, said: Sequence[str]) -> None:
    """Train on what counts now, and show the dry run in this message; or say what's missing."""
    now, labels = await readiness.progress(context.store, layer)
    if labels < FIRST_TRAINING:
        await reply.show(context.interaction, _too_few(now, labels, said))
        return
    context.bot.pending.wait(context.interaction, "train", context.now, about=layer.layer, sorts=True)
    await reply.show(context.interaction, Page("\n".join([*said, models.training(labels)])))
    if not (now.training and now.tried >= labels):  # else the one under way counts them all
        await context.services.jobs.enqueue(JobKind.TRAIN, context.member, layer.layer)


def _too_few(layer: Layer, labels: int, said: Sequence[str]) -> Page:
    show_me = layout.button(_("Show me a song"), ids.of("label", layer.layer), layout.PRIMARY)
    missing = messages.too_few_standing(labels, FIRST_TRAINING - labels)
    return Page("\n".join([*said, missing]), layout.row(show_me, next_steps.another_playlist()))


TAPS = {"learn": on_learn, "learnall": on_learn_all, "onlymine": on_only_mine}
