"""Match: whether a file holds the recording that a liked song is. Pure; how alike two texts are is handed in.

An ISRC or a MusicBrainz id that is the same settles it, unless the lengths say that a tag lies. Without one, titles and
artists must be alike, both must be the same version of the song (live, remix, acoustic …) and of one length. A wrong
match teaches a model nonsense that nobody notices; a missing one only leaves a song unknown. So doubt is a no.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.core.codes import isrc

Alike = Callable[[str, str], float]  # 0 to 100, whatever the order of the words, as rapidfuzz's token_sort_ratio

TITLES, ARTISTS, QUALIFIERS = 90.0, 87.0, 85.0  # the least likeness; one letter in ten may differ
CLOSE = 2.5  # seconds; what two encoders and their silence make of one recording
FAR = 6.0  # seconds; beyond is another cut. A radio edit that is nearer is hardly to be told from the original
LYING = 20.0  # seconds between lengths from which an identical ISRC is not believed
LEAST = 0.8  # score; without any length, titles and artists must be the same to reach it
UNTIMED = 0.82  # what a match by names is worth at the most when a length is missing

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
    """What is written on a song or a file. `seconds` is its length; `mbids` are MusicBrainz recordings."""

    title: str
    artists: tuple[str, ...]
    album: str | None = None
    seconds: float | None = None
    isrc: str | None = None
    mbids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FileMatch:
    """How sure (0 to 1) and by what: "isrc", "mbid" or "names"."""

    score: float
    way: str


@dataclass(frozen=True, slots=True)
class Title:
    """A title in parts: its plain words, and which other version than the plain one it says to be, in what words."""

    plain: str
    kinds: frozenset[str]
    qualifier: str


def match(song: Naming, file: Naming, alike: Alike) -> FileMatch | None:
    """Return how well the file fits the song; None where it does not, or not surely enough."""
    apart = _apart(song, file)
    if apart is None or apart <= LYING:
        if song.isrc and file.isrc and isrc(song.isrc) == isrc(file.isrc):
            return FileMatch(1.0, "isrc")
        if song.mbids & file.mbids:
            return FileMatch(0.99, "mbid")
    return _by_names(song, file, apart, alike)


def best(song: Naming, files: Iterable[tuple[str, Naming]], alike: Alike) -> tuple[str, FileMatch] | None:
    """Return the file (by whatever names it) that fits best; of equals the first by name, so it stays the same one."""
    found = [(name, fits) for name, file in files if (fits := match(song, file, alike))]
    return min(found, key=lambda each: (-each[1].score, each[0]), default=None)


def keys(named: Naming) -> set[str]:
    """Return keys of which a song and its file have one in common, so that not all need be compared with all."""
    by_code = {f"isrc:{isrc(named.isrc)}"} if named.isrc else set()
    by_id = {f"mbid:{each}" for each in named.mbids}
    by_artist = {f"artist:{each}" for each in people(named.artists)}
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
    """Return the title's parts; on a live album every song is live, whether its title says so or not."""
    found = title(named.title)
    live = named.album is not None and KINDS["live"].search(" ".join(_asides(plain(named.album))[1]))
    if not live or "live" in found.kinds:
        return found
    return Title(found.plain, found.kinds | {"live"}, f"{found.qualifier} live".strip())


def title(text: str) -> Title:
    """Take a title apart: "Song (feat. Ann) - Live / 2011 Remaster" is the song, live."""
    head, asides = _asides(plain(text))
    asides = [GUESTS.sub("", aside) for aside in asides if not ONLY_GUESTS.fullmatch(aside.strip())]
    told = [bare for aside in asides if (bare := _squeezed(SAME_RECORDING.sub(" ", aside)))]
    other = frozenset().union(*(kinds(each) for each in told))
    qualifier = " ".join(each for each in told if kinds(each))
    subtitle = [each for each in told if not kinds(each)]
    return Title(_letters(" ".join([GUESTS.sub("", head), *subtitle])), other, _letters(_undated(qualifier)))


def kinds(text: str) -> frozenset[str]:
    """Return the kinds of other versions that a plain text names."""
    return frozenset(kind for kind, words in KINDS.items() if words.search(text))


def letters(text: str) -> str:
    """Return the words of a text, plain and without marks."""
    return _letters(plain(text))


def people(artists: Iterable[str]) -> frozenset[str]:
    """Return the artists one by one, however they are joined, and joined as they stand ("Simon & Garfunkel")."""
    told = [plain(each) for each in artists]
    parts = [part for each in told for part in BETWEEN_ARTISTS.split(each)]
    return frozenset(_letters(each).removeprefix("the ") for each in [*told, *parts]) - {""}


def plain(text: str) -> str:
    """Return the text in small letters, without accents, with one kind of quote and space."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(each for each in folded if not unicodedata.combining(each))
    return _squeezed(bare.replace("’", "'").replace("`", "'").replace("ß", "ss"))


def _asides(text: str) -> tuple[str, list[str]]:
    """Return what stands outside of brackets and before a dash, and each of the rest."""
    inside = BRACKETS.findall(text)
    head, *after = DASH.split(BRACKETS.sub(" ", text))
    return (head, [*inside, *after]) if head.strip() else (text, [])


def _undated(text: str) -> str:
    """Without years: "live 1994" and "live" may be one recording; their lengths decide."""
    return re.sub(r"\b(?:19|20)\d\d\b", " ", text)


def _letters(text: str) -> str:
    kept = re.sub(r"[^\w\s]+", " ", text.replace("&", " and ").replace("'", ""))
    return _squeezed(kept) or _squeezed(text)


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _apart(song: Naming, file: Naming) -> float | None:
    """Return by how many seconds the lengths differ; None where one is not known."""
    return abs(song.seconds - file.seconds) if song.seconds and file.seconds else None
