"""Label: ask about the song that teaches the most, and the next after its answer, which `presses` keeps.

A button carries only a card's random id; its owner and song are read from the store (P15), so a late tap on an old card
still applies to the old song (P14).
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from bot.adapters.store import Store, Tx
from bot.adapters.store.library import songs
from bot.adapters.store.rows import chunks
from bot.adapters.store.sorting import answers, cards, playlists
from bot.core.records import Card, Layer, Playlist, Song
from bot.core.sorting.groups import Group, groups_of
from bot.core.sorting.labels import UNSAID, Kind, Verdict
from bot.core.sorting.learning.active_learning import Guesses, Pool, belief_in, next_songs
from bot.core.sorting.learning.forecast import share_after
from bot.core.sorting.learning.hints import named_after
from bot.core.sorting.learning.identities import spelt
from bot.core.vectors import Floats
from bot.errors import NoPlaylists, NotYours
from bot.errors.sorting import NotInLibrary, QuestionGone
from bot.flows.sorting.labelling.readiness import due, training_pays, why_no_songs
from bot.flows.sorting.scored_library import ScoredLibraries, ScoredLibrary, known_of
from bot.flows.sorting.why import Explanation, reason

SKIPPED_FOR = 50  # newest cards whose songs aren't asked about again


@dataclass(frozen=True, slots=True)
class Guess:
    """named: guessed from the playlist's name, before there's a model."""

    playlist: Playlist
    probability: float
    named: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """The result of labelling so far: how many labels, and how often the model was right about songs it hadn't seen."""

    labels: int
    scores: dict[int, tuple[int, int]]  # playlist → (right, of)
    until_training: int  # labels still needed
    given: Mapping[int, int] = field(default_factory=dict)  # playlist → labels that place a song in it
    training: bool = False  # a training is running
    tried: bool = False  # there was a training before, successful or not

    def share_after(self, more: int) -> float | None:
        """Return the share that should be right after `more` labels; None if nothing was tested."""
        right, of = (sum(score[at] for score in self.scores.values()) for at in (0, 1))
        return share_after(self.labels, right, of, len(self.given), more)


@dataclass(frozen=True, slots=True)
class Question:
    """A card ready to show: `playlists` in the order they're kept in; `guesses` best first, empty without a model.

    holding: those of the playlists that hold the song already; more: a group of it with more songs that aren't sorted.
    """

    card: Card
    song: Song
    layer: Layer
    playlists: Sequence[Playlist]
    guesses: Sequence[Guess]
    why: Explanation | None
    tally: Tally
    holding: Sequence[Playlist] = ()
    more: Group | None = None

    @property
    def guess(self) -> Guess | None:
        """The likeliest playlist, if any."""
        return self.guesses[0] if self.guesses else None


@dataclass(frozen=True, slots=True)
class Labelling:
    """How far a layer's labelling is. recent: the songs of its newest cards, the newest first."""

    layer: Layer
    playlists: Sequence[Playlist]
    verdicts: Mapping[str, Verdict]
    recent: Sequence[str]


@dataclass(frozen=True, slots=True)
class NothingToAsk:
    """No question is worth asking now."""

    layer: Layer
    tally: Tally


@dataclass(frozen=True, slots=True)
class Press:
    """An answer by a card's button. chosen: playlists; event: orders answers, as in `Answer`."""

    kind: Kind
    chosen: Sequence[int]
    event: int


@dataclass(frozen=True, slots=True)
class Pressed:
    """The result of an answer: whether it was new, whether training pays now, and a write to apply, if any."""

    member: int
    layer: int
    song: str
    new: bool
    train: bool
    write: int | None


async def ask(store: Store, libraries: ScoredLibraries, layer: Layer, now: datetime) -> Question | NothingToAsk:
    """Choose the next song to ask the layer's member about and put it on a card. Raises as `ask_some` does."""
    questions = await ask_some(store, libraries, layer, 1, now)
    if questions:
        return questions[0]
    scored = await libraries.of(layer.member, layer.layer)
    async with store.reading() as tx:
        return NothingToAsk(layer, tally(scored, layer, await answers.verdicts(tx, layer.member, layer.layer)))


async def ask_some(store: Store, libraries: ScoredLibraries, layer: Layer, count: int, now: datetime) -> list[Question]:
    """Choose up to `count` dissimilar songs to ask about at once, each on its own card.

    Raises NotLinked or NoLikes if there are no songs yet, NoPlaylists if there's no playlist to choose.
    """
    scored = await libraries.of(layer.member, layer.layer)
    async with store.reading() as tx:
        if not scored.songs:
            raise await why_no_songs(tx, layer.member)
        labelling = Labelling(
            layer,
            await playlists.in_layer(tx, layer.layer),
            await answers.verdicts(tx, layer.member, layer.layer),
            await cards.recent_songs(tx, layer.member, layer.layer, SKIPPED_FOR),
        )
    if not labelling.playlists:
        raise NoPlaylists
    chosen = await asyncio.to_thread(choose, scored, labelling, count)
    return [await put(store, scored, new_card(layer, song, now)) for song in chosen]


async def ask_about(store: Store, libraries: ScoredLibraries, layer: Layer, song: str, now: datetime) -> Question:
    """Put a song of the member's choice on a card. Raises NotInLibrary."""
    scored = await libraries.of(layer.member, layer.layer)
    if song not in scored.place:
        raise NotInLibrary
    return await put(store, scored, new_card(layer, song, now))


def choose(scored: ScoredLibrary, labelling: Labelling, count: int) -> list[str]:
    """Return up to `count` songs that teach the most when asked together; none if all the rest is clear."""
    points = scored.projection.points(len(labelling.playlists))
    chosen = next_songs(_pool(scored, labelling, points), _guesses(scored, labelling), count)
    return [scored.songs[row].song for row in chosen.tolist()]


def _pool(scored: ScoredLibrary, labelling: Labelling, points: Floats) -> Pool:
    verdicts, recent = labelling.verdicts, labelling.recent
    said = [verdicts.get(song.song, UNSAID) for song in scored.songs]
    labelled = np.array([verdict.settled for verdict in said], bool)
    asked = frozenset(recent)
    skipped = np.array([song.song in asked or on.skipped for song, on in zip(scored.songs, said, strict=True)], bool)
    artists = [spelt(song.artists[0]) if song.artists else "" for song in scored.songs]
    recent_artists = [artists[scored.place[song]] for song in recent[:3] if song in scored.place]
    return Pool(points, labelled, skipped, artists, recent_artists)


def _guesses(scored: ScoredLibrary, labelling: Labelling) -> Guesses | None:
    if scored.scores is None:
        return None
    counts = Counter(playlist for verdict in labelling.verdicts.values() for playlist in verdict.yes)
    labels = {playlist.playlist: counts[playlist.playlist] for playlist in labelling.playlists}
    belief = belief_in(scored.scores.classes, labels)
    return Guesses(scored.scores.probabilities, labelling.layer.several, belief)


def new_card(layer: Layer, song: str, now: datetime, write: int | None = None) -> Card:
    """Return a new card for a song. write: the receipt that asks, if any."""
    return Card(secrets.token_urlsafe(9), layer.member, layer.layer, song, write, now)


async def put(store: Store, scored: ScoredLibrary, card: Card) -> Question:
    """Save a new card and return the question on it."""
    async with store.writing() as tx:
        await cards.add(tx, card)
    return await question(store, scored, card)


async def question(store: Store, scored: ScoredLibrary, card: Card) -> Question:
    """Return what a card shows. Raises NotInLibrary if its song or layer is gone."""
    async with store.reading() as tx:
        layer = await playlists.layer(tx, card.layer)
        song = await songs.get(tx, card.song, card.member)
        if layer is None or song is None:
            raise NotInLibrary
        kept = await playlists.in_layer(tx, card.layer)
        verdicts = await answers.verdicts(tx, card.member, card.layer)
        holders = await playlists.holding(tx, card.layer, song)
        more = await _with_more(tx, scored, card, song, verdicts)
        guesses = await guess(tx, scored, card.member, song, kept)
    why = reason(scored, card.song, verdicts, guesses[0].playlist.playlist) if guesses else None
    holding = [playlist for playlist in kept if playlist.playlist in holders]
    return Question(card, song, layer, kept, guesses, why, tally(scored, layer, verdicts), holding, more)


async def _with_more(
    tx: Tx, scored: ScoredLibrary, card: Card, song: Song, verdicts: Mapping[str, Verdict]
) -> Group | None:
    """Return the first group of a card's song that has other songs that aren't sorted."""
    for group in groups_of(song):
        others = [other for other in group.of(scored.songs) if other.song != song.song]
        if others and await not_sorted(tx, card.layer, others, verdicts):
            return group
    return None


async def not_sorted(tx: Tx, layer: int, among: Sequence[Song], verdicts: Mapping[str, Verdict]) -> list[Song]:
    """Return those of the songs that the member hasn't placed and that are in none of the layer's playlists."""
    left: list[Song] = []
    for piece in chunks([song for song in among if not verdicts.get(song.song, UNSAID).settled]):
        held = await playlists.holding_each(tx, layer, piece)
        left += [song for song in piece if not held[song.song]]
    return left


async def guess(tx: Tx, scored: ScoredLibrary, member: int, song: Song, kept: Sequence[Playlist]) -> list[Guess]:
    """Return the model's guesses for a song, best first; without a model, the playlist it's named after, if any."""
    if song.song not in scored.place:
        return []
    if scored.scores is None:
        known_song = await known_of(tx, member, scored, song)
        named = named_after({playlist.playlist: playlist.name for playlist in kept}, known_song)
        return [Guess(playlist, named[1], named=True) for playlist in kept if named and playlist.playlist == named[0]]
    scores = scored.scores_of([song.song])
    by_class = dict(zip(scores.classes, scores.probabilities[0].tolist(), strict=True))
    known = [Guess(playlist, by_class[playlist.playlist]) for playlist in kept if playlist.playlist in by_class]
    return sorted(known, key=lambda option: -option.probability)


def tally(scored: ScoredLibrary, layer: Layer, verdicts: Mapping[str, Verdict]) -> Tally:
    labels = sum(verdict.settled for verdict in verdicts.values())
    scores = scored.model.card.get("scores", {}) if scored.model else {}
    right = {int(playlist): (score["right"], score["of"]) for playlist, score in scores.items()}
    given = Counter(playlist for verdict in verdicts.values() for playlist in verdict.yes)
    return Tally(labels, right, max(0, due(layer) - labels), given, layer.training, bool(layer.tried))


async def mine(tx: Tx, member: int, card: str) -> Card:
    """Return the member's own card. Raises NotYours if it's somebody else's, QuestionGone if it isn't kept."""
    kept = await cards.get(tx, card)
    if kept is None:
        raise QuestionGone
    if kept.member != member:
        raise NotYours
    return kept


async def song_on(store: Store, member: int, card: str) -> Song:
    """Return the song on a member's own card. Raises NotYours, QuestionGone, and NotInLibrary if the song is gone."""
    async with store.reading() as tx:
        song = await songs.get(tx, (await mine(tx, member, card)).song, member)
    if song is None:
        raise NotInLibrary
    return song


async def followed_up(store: Store, pressed: Pressed) -> Pressed:
    """Return the answer with whether training pays by now."""
    async with store.reading() as tx:
        return replace(pressed, train=pressed.new and await training_pays(tx, pressed.member, pressed.layer))
