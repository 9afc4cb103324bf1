"""DBpedia: what the infoboxes of Wikipedia's articles say of artists, as a table, and as lists to learn a prior from.

DBpedia publishes it as triples, one a line, in compressed files (N-Triples or Turtle). Its licence is CC BY-SA 3.0: so
is that of a table or prior made of it, with DBpedia and Wikipedia named (`models/prior.md`).
"""

import bz2
import csv
import gzip
import io
import re
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from urllib.parse import unquote

from bot.core.features import SongFeatures
from bot.core.sorting.learning.identities import spelt
from bot.disk import write_whole
from training.pretrain import Corpus
from training.problems import InputProblem

TRIPLE = re.compile(
    r"<http://dbpedia\.org/resource/([^>]+)>\s+"
    r"<http://(?:dbpedia\.org/(?:ontology|property)/|www\.w3\.org/1999/02/22-rdf-syntax-ns#)(\w+)>\s+"
    r"<http://dbpedia\.org/(?:resource|ontology)/([^>]+)>"
)
ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
ASIDE = re.compile(r"\s*\([^()]*\)$")  # "Prince (musician)"
SAYS = {
    "genre": "genres",
    "associatedBand": "associated",
    "associatedMusicalArtist": "associated",
    "associatedActs": "associated",
    "recordLabel": "labels",
    "type": "types",
}
KINDS = frozenset({"MusicalArtist", "Band"})  # types of what an artist is
BRIEFLY = {"heavy metal": "metal", "rhythm and blues": "r&b"}  # as music services say
COLUMNS = ("artist", "genres", "associated", "labels")
BETWEEN = "|"
GENRES, PAIRS, LABELS = range(3, 401), range(5, 251), range(3, 151)  # artists: fewer don't count, more say little


@dataclass
class Artist:
    """An artist's name, and what the infobox links to."""

    name: str
    genres: set[str] = field(default_factory=set)
    associated: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)


def read_dumps(paths: Iterable[Path]) -> list[Artist]:
    """Return the artists in DBpedia's files (.nt, .ttl, .bz2), sorted by name. Raises InputProblem."""
    lines = (line for path in paths for line in _lines(path))
    artists = artists_in(lines)
    if not artists:
        raise InputProblem("no artists there: give it DBpedia's files of triples about genre, associatedBand …")
    return artists


def _lines(path: Path) -> Iterator[str]:
    try:
        with bz2.open(path, "rt", encoding="utf-8") if path.suffix == ".bz2" else path.open(encoding="utf-8") as file:
            yield from file
    except (OSError, EOFError, UnicodeDecodeError) as problem:
        raise InputProblem(f"{path}: cannot be read ({problem})") from problem


def artists_in(lines: Iterable[str]) -> list[Artist]:
    """Return the artists that the triples are about, sorted by name.

    If there are types, artists are what has the type of one; otherwise, whatever is associated with another.
    """
    said: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for line in lines:
        triple = TRIPLE.match(line)
        if triple and (about := SAYS.get(triple[2])) and (about != "types" or triple[3] in KINDS):
            said[triple[1]].add((about, sys.intern(triple[3])))
    artists = {resource for resource, links in said.items() if any(about == "types" for about, _ in links)}
    if not artists:
        linked = {resource: _of("associated", links) for resource, links in said.items()}
        artists = {resource for resource, others in linked.items() if others}.union(*linked.values()) & said.keys()
    named = ((title_of(resource), said[resource]) for resource in sorted(artists))
    return sorted((_artist(name, links, artists) for name, links in named), key=lambda artist: artist.name)


def _of(about: str, links: Iterable[tuple[str, str]]) -> set[str]:
    return {other for kind, other in links if kind == about}


def _artist(name: str, links: Iterable[tuple[str, str]], artists: set[str]) -> Artist:
    return Artist(
        name,
        set(map(genre_of, _of("genres", links))),
        set(map(title_of, _of("associated", links) & artists)) - {name},
        set(map(title_of, _of("labels", links))),
    )


def title_of(resource: str) -> str:
    """Return the name in a resource's address: "Prince_(musician)" is Prince."""
    plain = ESCAPED.sub(_character, resource)
    title = " ".join(unquote(plain).replace("_", " ").replace(BETWEEN, " ").split())
    return ASIDE.sub("", title) or title


def _character(escaped: re.Match[str]) -> str:
    """Return the character that an escape stands for; one that stands for none is left as it is."""
    code = int(escaped[1] or escaped[2], 16)
    return escaped[0] if 0xD800 <= code < 0xE000 or code > sys.maxunicode else chr(code)


def genre_of(resource: str) -> str:
    """Return a genre as a word of music services: "Hip_hop_music" is hip hop."""
    name = title_of(resource).casefold()
    name = name.removesuffix(" music").strip() or name
    return BRIEFLY.get(name, name)


def write_table(path: Path, artists: Iterable[Artist]) -> None:
    """Write a compressed CSV of artists, the same bytes for the same artists."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for about in artists:
        links = (BETWEEN.join(sorted(names)) for names in (about.genres, about.associated, about.labels))
        table.writerow([about.name, *links])
    write_whole(path, gzip.compress(text.getvalue().encode(), mtime=0))


def read_table(path: Path) -> list[Artist]:
    """Return the artists in such a table. Raises InputProblem."""
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, restval=""))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as problem:
        raise InputProblem(f"{path}: cannot be read ({problem})") from problem
    if not rows or set(COLUMNS) - rows[0].keys():
        raise InputProblem(f"{path}: needs the columns {', '.join(COLUMNS)}; convert-dbpedia makes such a table")
    return [Artist(row["artist"], *(set(row[name].split(BETWEEN)) - {""} for name in COLUMNS[1:])) for row in rows]


def corpus_of(artists: Sequence[Artist]) -> Corpus:
    """Return a song by each artist, and lists of them: an artist's associated acts, a genre, two genres, a label."""
    songs: dict[str, SongFeatures] = {}
    for about in artists:
        key = spelt(about.name)
        genres = about.genres.union(songs[key].sets["genres"] if key in songs else ())
        songs[key] = SongFeatures({}, {"artists": frozenset({about.name}), "genres": frozenset(genres)})
    acts = {f"acts {at}": frozenset(map(spelt, (about.name, *about.associated))) for at, about in enumerate(artists)}
    lists = {name: held & songs.keys() for name, held in acts.items()}
    lists |= _shared("label", LABELS, ((spelt(about.name), about.labels) for about in artists))
    genres_of = {key: sorted(song.sets["genres"]) for key, song in songs.items()}
    lists |= _shared("genre", GENRES, genres_of.items())
    pairs = ((key, map(" and ".join, combinations(genres, 2))) for key, genres in genres_of.items())
    return Corpus("dbpedia", songs, lists | _shared("genres", PAIRS, pairs))


def _shared(kind: str, sizes: range, named: Iterable[tuple[str, Iterable[str]]]) -> dict[str, frozenset[str]]:
    """Return who shares a name, for each name that so many artists share."""
    held: dict[str, set[str]] = defaultdict(set)
    for artist, names in named:
        for name in names:
            held[name].add(artist)
    return {f"{kind} {name}": frozenset(artists) for name, artists in held.items() if len(artists) in sizes}
