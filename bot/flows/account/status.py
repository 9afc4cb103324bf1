"""Status: a member's current state, and their next sensible step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store, pace
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists, writes
from bot.core.jobs import JobKind
from bot.core.records import Account, Layer, Member, Model, Playlist
from bot.core.sorting.expectation import Expectation, expected, knows_none
from bot.core.sorting.writing.writes import Action
from bot.flows.account.link import days_left
from bot.flows.library import feature_lookup
from bot.flows.sorting import dry_run
from bot.flows.sorting.labelling import label
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.flows.sorting.unsorted import Unsorted, unsorted
from bot.ports import FeatureSource, Queue


@dataclass(frozen=True, slots=True)
class LayerStatus:
    """unplaced: songs without a place in the layer; expected: what a dry run would place of them now."""

    layer: Layer
    playlists: Sequence[Playlist]
    model: Model | None
    tally: label.Tally
    unplaced: int
    expected: Expectation
    unsorted: Unsorted | None = None
    knows_none: bool = True  # as `core.sorting.expectation.knows_none`


@dataclass(frozen=True, slots=True)
class Status:
    member: Member | None
    account: Account | None
    days_left: int | None
    songs: int
    without_features: int
    by_source: Mapping[str, int]  # source → songs it has features for
    hearing: Sequence[feature_lookup.Progress]  # sources still being asked
    layers: Sequence[LayerStatus]
    waiting: Sequence[JobKind]
    cooldown: datetime | None
    next_step: str  # "link", "read", "like", "renew", "playlists", "label", "train", "sort", "import" or "watch"

    @property
    def labels(self) -> int:
        """Labels in all layers."""
        return sum(layer.tally.labels for layer in self.layers)


async def status(
    store: Store, libraries: ScoredLibraries, jobs: Queue, sources: Sequence[FeatureSource], member: int, now: datetime
) -> Status:
    """Return the member's status, even if we don't know them."""
    async with store.reading() as tx:
        known = await members.get(tx, member)
        account = await members.account(tx, member)
        count = await songs.count(tx, member)
        layers = await playlists.layers(tx, member)
        cooldown = await pace.cooldown(tx, account.client_id) if account else None
        sorted_once = await writes.last_done(tx, member) is not None
    shown = [await _layer(store, libraries, layer, now) for layer in layers]
    scored = await libraries.of(member, layers[0].layer) if layers and count else None
    waiting = sorted({job.kind for job in await jobs.pending(member)})
    return Status(
        member=known,
        account=account,
        days_left=days_left(account, now) if account else None,
        songs=count,
        without_features=scored.without_features if scored else 0,
        by_source=scored.by_source if scored else {},
        hearing=await feature_lookup.progress(store, sources, member, now),
        layers=shown,
        waiting=waiting,
        cooldown=cooldown if cooldown is not None and cooldown > now else None,
        next_step=_renewal(account) or _next(count, shown, sorted_once, account),
    )


async def _layer(store: Store, libraries: ScoredLibraries, layer: Layer, now: datetime) -> LayerStatus:
    scored = await libraries.of(layer.member, layer.layer)
    async with store.reading() as tx:
        kept = await playlists.in_layer(tx, layer.layer)
        verdicts = await answers.verdicts(tx, layer.member, layer.layer)
        found = None if scored.scores is None else await dry_run.decided(tx, layer, scored, None, now)
    lines = [line for line in found.lines if line["action"] == Action.ADD] if found else []
    hoped = expected((line["song"], line["probability"]) for line in lines)
    unplaced = found.looked_at if found else 0
    left = await unsorted(store, libraries, layer)
    aware = knows_none(layer, len(kept), scored.model)
    return LayerStatus(layer, kept, scored.model, label.tally(scored, layer, verdicts), unplaced, hoped, left, aware)


def _renewal(account: Account | None) -> str | None:
    """Return "renew" if the consent has ended, which comes before everything else."""
    return "renew" if account is not None and not account.tokens else None


def _next(count: int, layers: Sequence[LayerStatus], sorted_once: bool, account: Account | None) -> str:
    if not count:
        return "link" if account is None else "like" if account.synced_at else "read"
    if not any(layer.playlists for layer in layers):
        return "playlists"
    if not any(layer.model for layer in layers):
        trains = any(layer.tally.training or not layer.tally.until_training for layer in layers)
        return "train" if trains else "label"
    if not sorted_once:
        return "sort"
    return "import" if account is None else "watch"
