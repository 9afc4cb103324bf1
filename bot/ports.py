"""Ports: what the flows need from outside, beside the store. They're handed in; `app` chooses who serves each.

`Music` is where a member's playlists live: their Spotify account (`adapters.spotify`) or, for a member who imported a
file, our own database (`adapters.local_playlists`). Both pass the same contract tests. `FeatureSource` looks up the
features of songs: a web service, a local index, the operator's music folder (`adapters.sources`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.core.features import SongFeatures
from bot.core.feed.video import Video
from bot.core.jobs import Job
from bot.core.records import Clip, Item, Like, Song
from bot.core.sorting.decide import Scores
from bot.core.sorting.learning.prior import Prior

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListedPlaylist:
    """A playlist as a member's collection lists it. `snapshot` changes whenever the playlist does.

    total: places in it; None where Spotify did not say.
    """

    id: str
    name: str
    total: int | None
    snapshot: str | None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """A playlist as it was read: every place in order, holes included, and the snapshot they belong to."""

    items: tuple[Item, ...]
    snapshot: str | None

    @property
    def songs(self) -> list[str | None]:
        return [item.song for item in self.items]


@dataclass(frozen=True, slots=True)
class LikesPage:
    """Up to 50 liked songs, newest first. rows: how many came, those that are no songs too.

    total: rows in the whole list; None where Spotify did not say.
    """

    likes: tuple[Like, ...]
    total: int | None
    rows: int


class Music(Protocol):
    """A member's playlists. Writes are not idempotent: read again after a failure, never repeat.

    Every call may raise a SpotifyError: CoolingDown, ConsentEnded, NotOnAllowList, SpotifyDown, PlaylistGone.
    """

    async def playlists(self) -> list[ListedPlaylist]:
        """Return the playlists that the member may write to (their own, or collaborative)."""
        ...

    async def create(self, name: str, mark: str = "") -> ListedPlaylist:
        """Make a playlist at the member's, with `mark` in its description."""
        ...

    async def listed(self, playlists: Sequence[str]) -> frozenset[str]:
        """Return those of the playlists that the member still has: not deleted, not unfollowed."""
        ...

    async def contents(self, playlist: str, known: Contents | None = None) -> Contents:
        """Read a playlist: one call per 50 places; a single one where its snapshot is still that of `known`."""
        ...

    async def add(self, playlist: str, songs: Sequence[str], position: int | None) -> None:
        """Put at most 100 songs in at `position`, or at the end. One call, sent once.

        Raises SongsRefused or PlaylistFull where nothing was put in, SpotifyDown where that is not known.
        """
        ...

    async def remove(self, playlist: str, songs: Sequence[str], snapshot: str | None) -> None:
        """Take every occurrence of at most 100 songs out. Raises SongsRefused, or SpotifyDown, as `add` does."""
        ...

    async def save(self, songs: Sequence[str]) -> None:
        """Put at most 40 songs among their likes. Saving what is saved changes nothing. Raises SongsRefused."""
        ...

    async def unsave(self, songs: Sequence[str]) -> None:
        """Take at most 40 songs out of their likes. Raises SongsRefused."""
        ...


class Likes(Protocol):
    """A member's liked songs, where they can be asked for."""

    async def likes(self, offset: int) -> LikesPage:
        """Return the page that begins at `offset` (0 is the newest)."""
        ...

    async def saved(self, songs: Sequence[str]) -> set[str]:
        """Return which of at most 40 songs are among the likes. One call."""
        ...


class AccountMusic(Music, Likes, Protocol):
    """A member's Spotify account: their playlists and their likes."""


class Accounts(Protocol):
    """Opens what members linked or imported."""

    async def music(self, member: int) -> Music:
        """Return the member's playlists: Spotify's, or our own for an imported file. Raises NotLinked, ConsentEnded."""
        ...

    async def account_music(self, member: int) -> AccountMusic:
        """Return the member's Spotify account. Raises NotLinked, ConsentEnded."""
        ...


@dataclass(frozen=True, slots=True)
class SpotifyProfile:
    """Who a Spotify account says it is."""

    user_key: str  # `account_id`, or `id` where that is absent
    name: str
    id: str | None  # by which playlists name their owner; None where Spotify left it out


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Spotify's accounts service hands out. Secret; never shown."""

    access: str
    refresh: str
    expires_at: datetime
    scopes: str

    def __repr__(self) -> str:
        return "Tokens(…)"


Ids = Mapping[str, Sequence[str]]  # MusicBrainz ids of a song by kind: "recording", "artist"
Needs = Literal["title", "isrc", "uri", "recording", "artist"]  # what a source knows songs by; the last two are Ids


@dataclass(frozen=True, slots=True)
class Subject:
    """A song that a source is asked about, and what others said it is called.

    owner: the member whose file alone describes it, so that the answer is theirs alone; 0: it is everybody's.
    """

    song: Song
    ids: Ids = field(default_factory=dict)
    owner: int = 0


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a source said of a song. `ids` are for other sources to go by; no model sees them."""

    features: SongFeatures
    ids: Ids = field(default_factory=dict)


class FeatureSource(Protocol):
    """Somebody who knows songs: a service, an index on this disk, the operator's music folder.

    name: as it stands in `core.merge.PRECEDENCE`; needs: what a song must have to be asked about; batch: songs a call.
    """

    @property
    def name(self) -> str: ...

    @property
    def needs(self) -> Needs: ...

    @property
    def batch(self) -> int: ...

    async def since(self) -> datetime | None:
        """Return when what it knows last changed, so that it is asked again; None: it has nothing to say now."""
        ...

    async def look_up(self, subjects: Sequence[Subject]) -> Mapping[str, Learnt]:
        """Return what it knows, by song; a song it knows nothing of is left out.

        Raises SourceWaits (nobody is to ask before a moment), SourceFailed (these songs, and perhaps only these).
        """
        ...


class Consents(Protocol):
    """Spotify's accounts service, for linking."""

    def consent_url(self, client_id: str, redirect_uri: str, state: str, challenge: str) -> str:
        """Return the address of the consent page. `challenge` is the S256 one (RFC 7636)."""
        ...

    async def exchange(self, client_id: str, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Exchange an authorization code for tokens. Raises LinkRefused if Spotify rejects it."""
        ...

    async def profile(self, client_id: str, tokens: Tokens) -> SpotifyProfile:
        """Return the account that these tokens belong to. Raises NotOnAllowList if the app has no seat for it."""
        ...

    def sealed(self, member: int, tokens: Tokens) -> bytes:
        """Encrypt a member's tokens."""
        ...

    def know(self, profile: SpotifyProfile) -> None:
        """Remember a linked account."""
        ...


class Secrets(Protocol):
    """Encrypts what only one member's data may hold, by purpose."""

    def seal(self, member: int, purpose: str, data: bytes) -> bytes: ...

    def open(self, member: int, purpose: str, sealed: bytes) -> bytes:
        """Decrypt what `seal` made. Raises VaultError for anything else."""
        ...

    def reseal(self, member: int, purpose: str, sealed: bytes) -> bytes:
        """Encrypt again with the newest key. Raises VaultError."""
        ...

    def is_current(self, member: int, purpose: str, sealed: bytes) -> bool:
        """Whether the newest key opens it."""
        ...

    def derive(self, member: int, purpose: str) -> bytes:
        """Return 32 secret bytes, stable for a member and purpose."""
        ...


class Queue(Protocol):
    """Durable jobs."""

    async def pending(self, member: int) -> list[Job]:
        """Return the member's running and waiting jobs."""
        ...

    async def forget(self, member: int) -> None:
        """Stop and delete all of a member's jobs."""
        ...

    async def scrub(self) -> bool:
        """Remove every byte of deleted jobs; return False while something else reads the file."""
        ...


class TemporaryFiles(Protocol):
    """The one folder for temporary files."""

    def empty(self) -> None: ...

    def holding(self, content: bytes) -> BinaryIO:
        """Return a readable, nameless file with that content; it's gone once it's closed."""
        ...


class Artefacts(Protocol):
    """Models or clips as named files: in a folder, or in a bucket of an S3 server. Everything blocks.

    What a bucket can't do because its server doesn't answer raises StorageDown.
    """

    @property
    def at_hand(self) -> "Artefacts":
        """Those that can be read without asking a server."""
        ...

    def look(self) -> None:
        """Raise StorageDown if they can't be reached."""
        ...

    def load(self, name: str, parse: Callable[[BinaryIO], T], most: int | None = None, version: str = "") -> T:
        """Return what `parse` makes of a file; it checks it, and raises something if it's not what it should be.

        most: bytes it may have. version: what `version` returned, for a file whose content changes. Raises OSError if
        there's no such file, ValueError if it's too large or no plain file.
        """
        ...

    def put(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all. Raises OSError."""
        ...

    def has(self, name: str) -> bool: ...

    def version(self, name: str) -> str:
        """Return what changes with a file's content; empty if there's no file."""
        ...

    def names(self) -> set[str]:
        """Return the names of all files, also of unfinished ones."""
        ...

    def delete(self, names: Iterable[str]) -> None:
        """Delete files; those that aren't there are no error."""
        ...


class ScoringModel(Protocol):
    """A member's model of one layer."""

    def score(self, songs: Sequence[SongFeatures]) -> Scores:
        """Return the model's scores of each song; songs without features are marked."""
        ...


class ModelFiles(Protocol):
    """The models that can be served, by the hash of their files."""

    def load(self, digest: str) -> ScoringModel:
        """Return the model with that digest. Raises ModelMissing, ModelCorrupt."""
        ...

    def opens(self, digest: str) -> bool:
        """Whether the file with that digest exists and works."""
        ...


class PriorFile(Protocol):
    """What other people's playlists taught."""

    def current(self) -> Prior | None: ...


@dataclass(frozen=True, slots=True)
class Trained:
    """How a training ended: a new model is active, the previous one stays, or there were too few labels."""

    published: bool
    labels: int
    reason: str


class Training(Protocol):
    async def fit(self, member: int, layer: int) -> Trained:
        """Train one layer of a member. Raises TrainingFailed, StorageDown."""
        ...


@dataclass(frozen=True, slots=True)
class Heard:
    """A file's numbers and vectors by name, in the set of features `version`."""

    numbers: Mapping[str, float]
    vectors: Mapping[str, NDArray[np.float32]]
    version: str


class SoundReader(Protocol):
    """The process that reads sound files, which a bad file may kill. Every call may raise an AudioError."""

    async def analyse(self, file: Path | BinaryIO) -> Heard: ...

    async def analyse_apart(self, file: BinaryIO) -> Heard:
        """Return a file's features, from a process that hears nothing else."""
        ...

    async def peak(self, path: Path) -> dict[str, Any]:
        """Return a file's peak: start and moment (s), confidence (0 to 1), way."""
        ...

    async def clip(self, path: Path, start: float, seconds: float) -> Clip: ...

    async def draw(
        self, clouds: Mapping[str, NDArray[np.float64]], rest: NDArray[np.float64], latest: NDArray[np.float64]
    ) -> bytes:
        """Draw a taste map: playlists by name, the other songs, the latest."""
        ...

    async def ask(self, do: str, about: Path | BinaryIO | None = None, **arguments: Any) -> dict[str, Any]:
        """Return the process's answer to a request, which may be about a file."""
        ...

    async def close(self) -> None:
        """End the process."""
        ...


@dataclass(frozen=True, slots=True)
class Preview:
    """The temporary address of about 30 s of a song, and its service's page about it."""

    url: str
    page: str


class PreviewService(Protocol):
    async def of(self, isrc: str) -> Preview | None:
        """Return a recording's preview, None if there's none. Raises SourceWaits, SourceFailed."""
        ...


class VideoSearch(Protocol):
    async def search(self, words: str, shortest: float, longest: float) -> list[Video]:
        """Return videos within these lengths (s) found by `words`, best first. Raises SourceFailed."""
        ...


class Identities(Protocol):
    """Discord's word on who opened the Activity."""

    async def application(self) -> str:
        """Return the application's id. Raises ChatDown."""
        ...

    async def member(self, code: str) -> int:
        """Return the consenting member, by the code their client got. Raises NotConfirmed, ChatDown, SettingsError."""
        ...
