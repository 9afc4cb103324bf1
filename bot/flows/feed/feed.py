"""Feed: picks the songs that come next for a member, and takes in their reactions.

A reaction shapes what comes next at once; it labels a song for their playlists only if they've allowed that. Likes are
kept here first, and saved to their Spotify likes, or their own list here, only if they've allowed that.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.feed import catalogue as entries
from bot.adapters.store.feed import feed_history
from bot.adapters.store.feed.catalogue import Sound
from bot.adapters.store.feed.feed_history import Late
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists
from bot.core.jobs import JobKind
from bot.core.records import Layer, NewWrite, Playlist, Song
from bot.core.social.records import Reaction, Saving
from bot.core.sorting.labels import Answer, Kind, Source
from bot.core.sorting.writing.writes import Action, WriteKind
from bot.errors import NotAmongLikes, NoTaste, NothingThereYet, NotLinked
from bot.errors.feed import AllShown, GoneFromSpotify, NothingToHear, NotOnSpotify
from bot.errors.sorting import PlaylistNotKept
from bot.flows.feed.catalogue import Catalogue, Entry
from bot.flows.feed.recommend import Recommender
from bot.flows.sorting.writing import sort, taps
from bot.ports import Clock

REST = timedelta(days=30)  # until a song they reacted to may come again
STAYS: dict[Saving | None, Saving] = {  # of a like that the feed put in, or is about to: now it stays
    Saving.SAVE: Saving.SAVE,
    Saving.SAVED: Saving.SAVED,
    Saving.DROP: Saving.SAVED,
}
GLANCE = timedelta(hours=1)  # until a song that was only shown may: pages fetch ahead and get closed
EXPLORE = 0.15  # share drawn at random: without it, new tastes are never discovered
MOST = 10  # cards at a time
AHEAD = 25  # recommendations of which those with sound come first
SPOTIFY = "spotify:track:"  # prefix of URIs that Spotify can save
Enqueue = Callable[[JobKind, int, int], Awaitable[None]]  # a job: kind, member, argument


@dataclass(frozen=True, slots=True)
class FeedCard:
    """A song of the feed for one member. near: the songs of theirs it's near to, the reason it's suggested."""

    entry: Entry
    near: tuple[Song, ...]


@dataclass(frozen=True, slots=True)
class Liked:
    """The outcome of a like.

    saved: it's in their Spotify likes, or on its way; before: it was there already; ask: they haven't chosen whether to
    save likes; refused: Spotify doesn't accept it.
    """

    saved: bool
    ask: bool
    before: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class AddedTo:
    """The playlist a song was added to; before: whether it was among their likes already."""

    playlist: Playlist
    before: bool


@dataclass(frozen=True, slots=True)
class PlaylistGuess:
    """One of their playlists, and the probability that the song belongs in it; None without a model.

    best: whether it's the likeliest of its layer.
    """

    playlist: Playlist
    probability: float | None
    best: bool = False


class Feed:
    """Members react only to songs they can see; anything else raises NotInCatalogue. sound: what can be heard now."""

    def __init__(
        self,
        store: Store,
        catalogue: Catalogue,
        recommender: Recommender,
        enqueue: Enqueue,
        clock: Clock,
        sound: Callable[[], Sound],
    ) -> None:
        self._store, self._catalogue, self._recommender = store, catalogue, recommender
        self._enqueue, self._clock, self._sound = enqueue, clock, sound
        self._rng = SystemRandom()
        self._find: members.Find = members.ensure

    def of_known(self) -> "Feed":
        """Return the same feed for members with a session: one who deletes their data isn't brought back by it."""
        other = copy(self)
        other._find = members.still
        return other

    async def next(self, member: int, count: int = 1) -> list[FeedCard]:
        """Return up to `count` songs for the member, those that can be heard first, and record them as shown.

        Raises NothingThereYet.
        """
        count = max(1, min(count, MOST))
        async with self._store.reading() as tx:
            resting = await feed_history.resting(tx, member, self._late())
            known = await members.get(tx, member)
        only_sound = known is not None and known.only_sound
        by_chance = sum(self._rng.random() < EXPLORE for _ in range(count))
        cards = await self._recommended(member, count - by_chance, resting, only_sound=only_sound)
        await self._note(member, [card.entry for card in cards])
        for sound in (self._sound(),) if only_sound else (self._sound(), None):
            cards += await self._drawn(member, count - len(cards), sound)
        if not cards:
            raise NothingToHear if only_sound else AllShown if resting else NothingThereYet
        return cards

    async def card(self, member: int, song: str) -> FeedCard:
        """Return one song's card. Raises NotInCatalogue."""
        return FeedCard(await self._catalogue.entry(member, song), ())

    async def skip(self, member: int, song: str) -> None:
        """Record that they skipped it. An earlier like or add of the same song stays."""
        entry = await self._catalogue.entry(member, song)
        await self._note(member, [entry])
        async with self._store.writing() as tx:
            known = await feed_history.get(tx, member, song)
            if known is not None and known.said is None:
                await feed_history.say(tx, member, song, self._clock(), said=Reaction.SKIP)

    async def like(self, member: int, song: str) -> Liked:
        """Record a like, and save the song to their Spotify likes if they allow that."""
        entry = await self._catalogue.entry(member, song)
        await self._note(member, [entry])
        async with self._store.writing() as tx:
            liked = await self._like(tx, member, entry.song, Reaction.LIKE)
        await self._save(member)
        return liked

    async def like_for_good(self, member: int, song: str) -> None:
        """Save this one song to their likes, whatever they chose for the rest. Raises NotLinked, NotOnSpotify."""
        entry = await self._catalogue.entry(member, song)
        await self._note(member, [entry])
        async with self._store.writing() as tx:
            await self._like_for_good(tx, member, [entry], Reaction.LIKE)
        await self._save(member)

    async def _like_for_good(self, tx: Tx, member: int, entries: Sequence[Entry], said: Reaction) -> None:
        known = await members.get(tx, member)
        if known is None or known.source is None:
            raise NotLinked
        if not all(savable(entry.song) for entry in entries):
            raise NotOnSpotify
        for song in (entry.song.song for entry in entries):
            shown, is_liked = await feed_history.get(tx, member, song), await songs.is_liked(tx, member, song)
            saving = STAYS.get(shown.saving if shown else None) if is_liked else Saving.SAVE
            if saving is not None:
                await feed_history.say(tx, member, song, self._clock(), said=said, saving=saving)

    async def unlike(self, member: int, song: str) -> bool:
        """Undo a like. Returns whether it'll also leave their Spotify likes, because the feed saved it there."""
        async with self._store.writing() as tx:
            known = await feed_history.get(tx, member, song)
            if known is None or known.said is None:
                return False
            saving = Saving.DROP if known.saving == Saving.SAVED else None
            await feed_history.say(tx, member, song, self._clock(), said=None, saving=saving)
        await self._save(member)
        return saving is not None

    async def choose_saving(self, member: int, saves: bool) -> None:
        """Choose whether likes in the feed are saved to their Spotify likes. Switching it on saves earlier ones too."""
        async with self._store.writing() as tx:
            await self._find(tx, member, self._clock())
            await members.change(tx, member, saves=saves)
            if saves:
                await feed_history.want_saved(tx, member, SPOTIFY)
        await self._save(member)

    async def choose_teaching(self, member: int, teaches: bool) -> None:
        """Choose whether adding a song to a playlist from the feed also labels it."""
        async with self._store.writing() as tx:
            await self._find(tx, member, self._clock())
            await members.change(tx, member, feed_teaches=teaches)

    async def choose_sound(self, member: int, only: bool) -> None:
        """Choose whether their feed only plays songs that can be heard."""
        async with self._store.writing() as tx:
            await self._find(tx, member, self._clock())
            await members.change(tx, member, only_sound=only)

    async def places(self, member: int, song: str) -> list[PlaylistGuess]:
        """Return the member's playlists in their usual order, layer by layer; each layer's likeliest is marked."""
        entry = await self._catalogue.entry(member, song)
        async with self._store.reading() as tx:
            guesses: list[PlaylistGuess] = []
            for layer in await playlists.layers(tx, member):
                likely = await self._recommender.likely(tx, layer, entry.song)
                kept = [playlist for playlist in await playlists.in_layer(tx, layer.layer) if playlist.ref]
                guesses += guesses_of(kept, likely)
        return guesses

    async def add(self, member: int, song: str, playlist: int, event: int | None = None) -> AddedTo:
        """Add the song to one of their playlists: a write with a receipt and an undo, like any other.

        This also likes the song, since playlists hold likes. Raises NotAmongLikes if it may not be saved to their
        likes, PlaylistNotKept, and NotOnSpotify or GoneFromSpotify for a song their playlists can't hold.
        """
        entry, now = await self._catalogue.entry(member, song), self._clock()
        await self._note(member, [entry])
        async with self._store.writing() as tx:
            kept = await playlists.kept_by(tx, member, playlist)
            if kept is None:
                raise PlaylistNotKept
            liked = await self._like(tx, member, entry.song, Reaction.ADD)
            if liked.refused:
                raise GoneFromSpotify
            if not liked.saved:
                raise NotAmongLikes if savable(entry.song) else NotOnSpotify
            write = await self._write(tx, kept, song, event, now)
        await self._save(member)
        await self._enqueue(JobKind.APPLY, member, write)
        return AddedTo(kept, liked.before)

    async def fill(self, kept: Playlist, ids: Sequence[str]) -> None:
        """Like the songs and put them into a new playlist of theirs, with one write. Raises NotLinked, NotOnSpotify."""
        entries = [*(await self._catalogue.seen(kept.member, ids)).values()]
        await self._note(kept.member, entries)
        lines = [(kept.playlist, entry.song.song, Action.ADD) for entry in entries]
        async with self._store.writing() as tx:
            await self._like_for_good(tx, kept.member, entries, Reaction.ADD)
            new = NewWrite(kept.member, kept.layer, WriteKind.ADD)
            write = await sort.open_tap(tx, new, lines, self._clock())
        await self._save(kept.member)
        await self._enqueue(JobKind.APPLY, kept.member, write)

    async def _write(self, tx: Tx, kept: Playlist, song: str, event: int | None, now: datetime) -> int:
        member = kept.member
        known, layer = await members.get(tx, member), await playlists.layer(tx, kept.layer)
        teaches = known is not None and known.feed_teaches
        if teaches and layer is not None:
            said_at = event if event is not None else await answers.next_event(tx, member)
            await answers.add(tx, member, kept.layer, _label(layer, song, kept.playlist, said_at))
            if (write := await taps.carry_out(tx, layer, [song], [kept.playlist], now)) is not None:
                return write
        lines = [(kept.playlist, song, Action.ADD)]
        return await sort.open_tap(tx, NewWrite(member, kept.layer, WriteKind.ADD), lines, now)

    async def _recommended(
        self, member: int, count: int, without: Sequence[str], *, only_sound: bool
    ) -> list[FeedCard]:
        if count < 1:
            return []
        try:
            songs = await self._recommender.recommend(member, None, AHEAD, without)
        except (NoTaste, NothingThereYet):
            return []
        cards = [FeedCard(song.entry, song.near) for song in songs]
        async with self._store.reading() as tx:
            heard = await entries.heard(tx, [card.entry.song.song for card in cards], self._sound())
        with_sound = [card for card in cards if card.entry.song.song in heard]
        silent = [card for card in cards if card.entry.song.song not in heard]
        return (with_sound if only_sound else with_sound + silent)[:count]

    async def _drawn(self, member: int, count: int, sound: Sound | None) -> list[FeedCard]:
        """Draw random songs that they don't like yet and weren't shown lately, and record them as shown."""
        cards: list[FeedCard] = []
        with suppress(NothingThereYet):
            while len(cards) < count:
                entry = await self._catalogue.random(member, self._late(), sound)
                await self._note(member, [entry])
                cards.append(FeedCard(entry, ()))
        return cards

    def _late(self) -> Late:
        now = self._clock()
        return Late(seen=now - GLANCE, said=now - REST)

    async def _note(self, member: int, entries: Sequence[Entry]) -> None:
        async with self._store.writing() as tx:
            await self._find(tx, member, self._clock())
            await feed_history.note(tx, member, {entry.song.song: entry.key for entry in entries}, self._clock())

    async def _like(self, tx: Tx, member: int, song: Song, said: Reaction) -> Liked:
        now = self._clock()
        known, before = await self._find(tx, member, now), await feed_history.get(tx, member, song.song)
        saving = before.saving if before is not None else None
        if await songs.is_liked(tx, member, song.song):
            await feed_history.say(tx, member, song.song, now, said=said, saving=STAYS.get(saving))
            return Liked(saved=True, ask=False, before=True)
        if saving == Saving.REFUSED:
            await feed_history.say(tx, member, song.song, now, said=said)
            return Liked(saved=False, ask=False, refused=True)
        can = known.source is not None and savable(song)
        saves = can and (bool(known.saves) or saving in STAYS)  # once saved, too: they may have removed it by hand
        await feed_history.say(tx, member, song.song, now, said=said, saving=Saving.SAVE if saves else None)
        return Liked(saved=saves, ask=can and known.saves is None)

    async def _save(self, member: int) -> None:
        """Queue a job that saves their pending likes."""
        async with self._store.reading() as tx:
            waiting = await feed_history.to_save(tx, member)
        if waiting:
            await self._enqueue(JobKind.SAVE, member, 0)


def guesses_of(kept: Sequence[Playlist], likely: Mapping[int, float]) -> list[PlaylistGuess]:
    """Return a layer's playlists in their order, with the likeliest marked."""
    best = max((playlist.playlist for playlist in kept), key=lambda key: likely.get(key, 0), default=None)
    return [
        PlaylistGuess(playlist, likely.get(playlist.playlist), bool(likely) and playlist.playlist == best)
        for playlist in kept
    ]


def savable(song: Song) -> bool:
    """Return whether Spotify can save the song."""
    return song.song.startswith(SPOTIFY)


def _label(layer: Layer, song: str, playlist: int, event: int) -> Answer:
    return Answer(song, Kind.ALSO if layer.several else Kind.ONLY, (playlist,), Source.FEED, event)
