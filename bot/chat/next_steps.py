"""Next steps: the next sensible thing for a member to do, with its button."""

from collections.abc import Sequence

from bot.chat import ids, layout, reply
from bot.chat.gateway.bot import Bot, Context
from bot.chat.layout import Item, Page, Tap
from bot.core.jobs import JobKind
from bot.errors.spotify import ConsentEnded, SpotifyError
from bot.flows.account import status
from bot.flows.account.status import Status
from bot.flows.sorting import playlists as flow
from bot.flows.sorting.labelling import readiness
from bot.messages import _, formatting
from bot.messages import account as messages
from bot.messages.errors import describe
from bot.messages.sorting import models, outcomes
from bot.ports import ListedPlaylist

SHOWN = layout.MOST_OPTIONS  # playlists in the first select; autocomplete finds the others


async def where(bot: Bot, member: int) -> Status:
    services = bot.services
    return await status.status(
        services.store, services.libraries, services.jobs, services.sources, member, services.clock()
    )


async def train_what_is_due(bot: Bot, member: int) -> bool:
    """Queue a training for every layer with enough new labels; return whether there is any."""
    due = await readiness.layers_due(bot.services.store, member)
    for layer in due:
        await bot.services.jobs.enqueue(JobKind.TRAIN, member, layer)
    return bool(due)


async def show(context: Context, said: Sequence[str]) -> None:
    """Say it, and go on to the step that comes next."""
    shown = await where(context.bot, context.member)
    more = None if shown.next_step == "playlists" else layout.row(another_playlist())  # that step offers them already
    steps = await after(context.bot, context.member, shown)
    await reply.show(context.interaction, Page("\n".join(said), *steps, more))


def another_playlist() -> Tap:
    return layout.button(_("Another playlist"), ids.of("more"))


async def after(bot: Bot, member: int, status: Status) -> list[Item | str]:
    """The step that comes next: a line, and what to press."""
    match status.next_step:
        case "link":
            return [_(messages.WHAT_THIS_IS), _row(_("Link Spotify"), "link"), _(messages.OR_A_FILE)]
        case "playlists":
            return await playlists(bot, member)
        case "read":
            return [_(messages.STILL_READING)]
        case "like":
            return [_(messages.NOTHING_LIKED)]
        case "label":
            first = next(layer.layer.layer for layer in status.layers if layer.playlists)
            return [_(messages.WHERE_IT_STARTS), _row(_("Show me a song"), "label", first)]
        case "train":
            return _train(status)
        case "sort":
            best = max(status.layers, key=lambda layer: layer.expected.songs)
            return [models.trained(best), _row(_("View"), "sort", best.layer.layer)]
        case "renew":
            return [_(messages.CONSENT_ENDED), _row(_("Link Spotify"), "link")]
        case "import":
            return [_(messages.FROM_THE_FILE), _row(_("Show me a song"), "label")]
        case _:
            return [_(outcomes.FROM_NOW_ON), _row(_("Show me a song"), "label")]


def _train(status: Status) -> list[Item | str]:
    running = [layer.tally.labels for layer in status.layers if layer.tally.training]
    if running:
        return [models.training(running[0])]
    ready = next(layer.layer.layer for layer in status.layers if not layer.tally.until_training)
    return [_(messages.ENOUGH_LABELS), _row(_("Learn from them"), "train", ready)]


def _row(label: str, what: str, key: int | str = "") -> Item:
    return layout.row(layout.button(label, ids.of(what, key), layout.PRIMARY))


async def playlists(bot: Bot, member: int) -> list[Item | str]:
    """Which playlists should be kept: a select of the member's own, and **New playlist**."""
    try:
        listed = await bot.offers.of(member)
    except ConsentEnded as reason:
        return [describe(reason), _row(_("Link Spotify"), "link")]
    except SpotifyError as reason:
        return [describe(reason), _row(_("Choose playlists"), "more")]
    if not listed:
        kept = await flow.kept(bot.services.store, member)
        return [_(messages.ASK_ANOTHER) if kept else _(messages.ASK_FIRST), _taps(has_some=False)]
    return [
        _(messages.ASK_WHICH_OF_MANY) if len(listed) > SHOWN else _(messages.ASK_WHICH),
        _menu(listed),
        _taps(has_some=True),
    ]


def _menu(listed: list[ListedPlaylist]) -> Item:
    shown = [layout.option(playlist.name, playlist.id, _size(playlist)) for playlist in listed[:SHOWN]]
    return layout.menu(ids.of("keep"), _("Your playlists"), shown, most=len(shown))


def _size(listed: ListedPlaylist) -> str:
    return "" if listed.total is None else formatting.songs(listed.total)


def _taps(*, has_some: bool) -> Item:
    style = layout.SECONDARY if has_some else layout.PRIMARY
    return layout.row(layout.button(_("New playlist"), ids.of("new"), style))
