"""Groups: what a song has in common with others, so that one answer can be about all of them. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.records import Song
from bot.core.sorting.learning.identities import spelt

ALBUM = 31  # the key of a song's album; its artists have theirs from 0 on


@dataclass(frozen=True, slots=True)
class Group:
    """The songs by an artist, or those on an album. key: which of the groups of `song` it is; name: as in the song."""

    song: Song
    key: int
    name: str

    @property
    def is_album(self) -> bool:
        return self.key == ALBUM

    def holds(self, other: Song) -> bool:
        """Whether another song is in it; albums of one name are the same if an artist or the cover is."""
        if not self.is_album:
            return spelt(self.name) in map(spelt, other.artists)
        alike = bool(self.song.cover) and other.cover == self.song.cover
        return other.album == self.name and (
            alike or not set(map(spelt, self.song.artists)).isdisjoint(map(spelt, other.artists))
        )

    def key_in(self, other: Song) -> int:
        """Return its key among the groups of another of its songs."""
        return ALBUM if self.is_album else [spelt(artist) for artist in other.artists].index(spelt(self.name))

    def of(self, songs: Iterable[Song]) -> list[Song]:
        return [song for song in songs if self.holds(song)]


def groups_of(song: Song) -> list[Group]:
    """Return a song's groups: its artists, then its album."""
    artists = [Group(song, key, name) for key, name in enumerate(song.artists[:ALBUM]) if name]
    return [*artists, *([Group(song, ALBUM, song.album)] if song.album else [])]


def tick_of(song: str) -> str:
    """Return what stands for a song in a list to tick, however long its id is."""
    return hashlib.blake2b(song.encode(), digest_size=8).hexdigest()


def group_of(song: Song, key: int) -> Group | None:
    """Return one of a song's groups by its key."""
    return next((group for group in groups_of(song) if group.key == key), None)
