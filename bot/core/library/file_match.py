"""File match: whether a file holds the recording that a liked song is. Pure; text similarity is passed in.

An equal ISRC or MusicBrainz id settles it, unless the lengths say that a tag is wrong. Otherwise titles and artists
must be similar, both must be the same version of the song (live, remix, acoustic …), and the lengths must agree. A
wrong match teaches a model nonsense that nobody notices; a missing one only leaves a song without features. So when in
doubt, it's no match.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.core.codes import isrc
from bot.core.sorting.learning.identities import spelt

Alike = Callable[[str, str], float]  # 0 to 100, ignoring word order, as rapidfuzz's token_sort_ratio

TITLES, ARTISTS, QUALIFIERS = 90.0, 87.0, 85.0  # minimum similarity; one letter in ten may differ
CLOSE = 2.5  # how much encoders and silence change one recording's length
FAR = 6.0  # beyond is another cut; a radio edit nearer than this can hardly be told from the original
LYING = 20.0  # length difference from which an equal ISRC isn't believed
LEAST = 0.8  # minimum score; without lengths, titles and artists must be equal to reach it
UNTIMED = 0.82  # maximum score of a match by names when a length is missing

GUESTS = re.compile(r"(?<=\S)\s+(?:feat|ft|featuring)\b\.?\s.*$")  # after a title
ONLY_GUESTS = re.compile(
    r"(?:feat|ft|featuring|with|duet with)\b\.?\s.*"
)  # a whole aside; titles begin with "with", too
BRACKETS = re.compile(r"[(\[{]([^)\]}]*)[)\]}]")
DASH = re.compile(r"\s[-–—]\s")
BETWEEN_ARTISTS = re.compile(r"\s*(?:;|,|/|&|\+|\bfeat\b\.?|\bft\b\.?|\bfeaturing\b|\bx\b|\bvs\b\.?|\band\b)\s*")
OTHER_VERSION = {
    "live": r"live|unplugged|in concert|bootleg|session(?:s)?|mtv|bbc",
    "remix": r"remix|rmx|mix|rework|bootleg|edit by|flip|dub|vip|mashup|refix",
    "cut": r"radio edit|single edit|edit|extended|short version|long version|full length|12\"|7\"",
    "bare": r"acoustic|stripped|piano|a ?cappella|orchestral|symphonic|unplugged",
    "without voice": r"instrumental|karaoke|backing track",
    "sketch": r"demo|rough|outtake|alternate|alternative|early version|take \d+",
    "speed": r"slowed|reverb|sped up|nightcore|8d",
    "other hands": r"cover|tribute|made famous|originally performed|in the style of",
    "part": r"part \w+|pt\.? \w+|reprise|interlude|intro|outro|skit",
    "tongue": r"spanish|german|english|french|italian|japanese|korean|portuguese",
}
KINDS = {kind: re.compile(rf"(?<!\w)(?:{words})(?!\w)") for kind, words in OTHER_VERSION.items()}
SAME_RECORDING = re.compile(
    r"(?:\d{4} )?(?:digital(?:ly)? )?re-?master(?:ed)?(?: version)?(?: \d{4})?|mono|stereo|album version|"
    r"original(?: version| mix)?|single version|explicit|clean|deluxe(?: edition)?|bonus track|official \w+"
)


@dataclass(frozen=True, slots=True)
class Naming:
    """What a song or a file is labelled with. `seconds` is its length; `mbids` are MusicBrainz recording ids."""

    title: str
    artists: tuple[str, ...]
    album: str | None = None
    seconds: float | None = None
    isrc: str | None = None
    mbids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FileMatch:
    """How sure the match is (0 to 1), and how it was made: "isrc", "mbid" or "names"."""

    score: float
    way: str


@dataclass(frozen=True, slots=True)
class Title:
    """A title in parts: its plain words, the kinds of version it names, and the words that name them."""

    plain: str
    kinds: frozenset[str]
    qualifier: str


def match(song: Naming, file: Naming, alike: Alike) -> FileMatch | None:
    """Return how well the file fits the song; None if it doesn't, or not surely enough."""
    apart = _apart(song, file)
    if apart is None or apart <= LYING:
        if song.isrc and file.isrc and isrc(song.isrc) == isrc(file.isrc):
            return FileMatch(1.0, "isrc")
        if song.mbids & file.mbids:
            return FileMatch(0.99, "mbid")
    return _by_names(song, file, apart, alike)


def best(song: Naming, files: Iterable[tuple[str, Naming]], alike: Alike) -> tuple[str, FileMatch] | None:
    """Return the best-fitting file by the key it comes with; ties go to the first key, so the choice is stable."""
    fitting = [(name, fits) for name, file in files if (fits := match(song, file, alike))]
    return min(fitting, key=lambda candidate: (-candidate[1].score, candidate[0]), default=None)


def keys(named: Naming) -> set[str]:
    """Return index keys; a song and its file share at least one, so not every pair has to be compared."""
    by_code = {f"isrc:{isrc(named.isrc)}"} if named.isrc else set()
    by_id = {f"mbid:{mbid}" for mbid in named.mbids}
    by_artist = {f"artist:{artist}" for artist in people(named.artists)}
    return by_code | by_id | by_artist | {f"title:{title(named.title).plain}"}


def _by_names(song: Naming, file: Naming, apart: float | None, alike: Alike) -> FileMatch | None:
    if apart is not None and apart > FAR:
        return None
    ours, theirs = _version(song), _version(file)
    titles = alike(ours.plain, theirs.plain)
    artists = max((alike(a, b) for a in people(song.artists) for b in people(file.artists)), default=0.0)
    if not ours.plain or titles < TITLES or artists < ARTISTS or not _same_version(ours, theirs, alike):
        return None
    score = 0.98 * (0.6 * titles + 0.4 * artists) / 100
    score *= UNTIMED / 0.98 if apart is None else 1 - 0.1 * max(0.0, apart - CLOSE) / (FAR - CLOSE)
    return FileMatch(round(score, 3), "names") if score >= LEAST else None


def _same_version(ours: Title, theirs: Title, alike: Alike) -> bool:
    if ours.kinds != theirs.kinds:
        return False
    return not ours.kinds or alike(ours.qualifier, theirs.qualifier) >= QUALIFIERS


def _version(named: Naming) -> Title:
    """Return the title's parts; every song on a live album is live, whether its title says so or not."""
    parts = title(named.title)
    live = named.album is not None and KINDS["live"].search(" ".join(_asides(plain(named.album))[1]))
    if not live or "live" in parts.kinds:
        return parts
    return Title(parts.plain, parts.kinds | {"live"}, f"{parts.qualifier} live".strip())


def title(text: str) -> Title:
    """Split a title into parts: "Song (feat. Ann) - Live / 2011 Remaster" is the song, live."""
    head, asides = _asides(plain(text))
    asides = [GUESTS.sub("", aside) for aside in asides if not ONLY_GUESTS.fullmatch(aside.strip())]
    named = [bare for aside in asides if (bare := _squeezed(SAME_RECORDING.sub(" ", aside)))]
    other = frozenset().union(*(kinds(aside) for aside in named))
    qualifier = " ".join(aside for aside in named if kinds(aside))
    subtitle = [aside for aside in named if not kinds(aside)]
    return Title(_letters(" ".join([GUESTS.sub("", head), *subtitle])), other, _letters(_undated(qualifier)))


def kinds(text: str) -> frozenset[str]:
    """Return the kinds of version that a plain text names."""
    return frozenset(kind for kind, words in KINDS.items() if words.search(text))


def letters(text: str) -> str:
    """Return the words of a text in lower case, without accents and punctuation."""
    return _letters(plain(text))


def people(artists: Iterable[str]) -> frozenset[str]:
    """Return each artist, the joined names as written ("Simon & Garfunkel"), and each in its one spelling ("REM")."""
    billed = list(artists)
    named = [plain(artist) for artist in billed]
    parts = [part for name in named for part in BETWEEN_ARTISTS.split(name)]
    written = (_letters(name).removeprefix("the ") for name in [*named, *parts])
    return frozenset([*written, *map(spelt, billed)]) - {""}


def plain(text: str) -> str:
    """Return the text in lower case, without accents, with one kind of quote and space."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return _squeezed(bare.replace("’", "'").replace("`", "'").replace("ß", "ss"))


def _asides(text: str) -> tuple[str, list[str]]:
    """Return what's outside brackets and before any dash, and each of the other parts."""
    inside = BRACKETS.findall(text)
    head, *after = DASH.split(BRACKETS.sub(" ", text))
    return (head, [*inside, *after]) if head.strip() else (text, [])


def _undated(text: str) -> str:
    """Remove years: "live 1994" and "live" may be one recording; their lengths decide."""
    return re.sub(r"\b(?:19|20)\d\d\b", " ", text)


def _letters(text: str) -> str:
    kept = re.sub(r"[^\w\s]+", " ", text.replace("&", " and ").replace("'", ""))
    return _squeezed(kept) or _squeezed(text)


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _apart(song: Naming, file: Naming) -> float | None:
    """Return by how many seconds the lengths differ; None if either is unknown."""
    return abs(song.seconds - file.seconds) if song.seconds and file.seconds else None
