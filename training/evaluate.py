"""Evaluate: how right models of few labels are, on members drawn from real people's playlists.

A member is k playlists of one person, drawn at random; songs in exactly one of them count. n songs a playlist are
labelled, up to 60 others test the model, along the path that serves: fit, ONNX, onnxruntime, decision. Beside it run
what others would do with the same labels: the five nearest songs by audio, and the commonest playlist.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from bot.adapters.scorer import open_model
from bot.core.dataset import Label, TrainingSet
from bot.core.decide import PlaylistRule, Scores, decide
from bot.core.features import SongFeatures, column, features_from_row
from bot.core.schema import EXPORTIFY, Schema
from training.export import to_file
from training.files import IDS, read_rows, song_id
from training.fit import fit
from training.problems import InputProblem

KS, NS = (3, 5, 10), (1, 2, 5, 10, 20)  # playlists of a member; labels a playlist
TESTED = 60  # songs of a playlist, at most
SIZES = range(30, 1501)  # songs of a playlist that may be drawn
LEAST_TESTED = 5  # songs that must be left of each playlist beside the labels
ONE_ARTIST, OVERLAP = 0.4, 0.35  # above: not a playlist but a discography; not two playlists but one
AUTOMATIC = re.compile(r"liked|top songs|wrapped|discover weekly|release radar|on repeat|daily mix|all songs", re.I)
MISTAKES = 2  # bearable in 20, the product's default
NEIGHBOURS = 5
RESAMPLES = 1_000
AUDIO = Schema("audio", tuple(number for number in EXPORTIFY if number.name not in ("year", "duration")), (), (), ())


@dataclass(frozen=True)
class Person:
    """A real person's songs and playlists that can be drawn."""

    name: str
    songs: Mapping[str, SongFeatures]
    playlists: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Member:
    """A simulated member: for each playlist its songs in the order in which they are labelled, then tested."""

    person: Person
    playlists: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Result:
    """What n labels a playlist came to for one member, in shares of the tested songs."""

    person: str
    k: int
    n: int
    accuracy: float
    nearest: float
    added: float
    right: float  # of the added
    asked: float


def read_person(path: Path) -> Person:
    """Read a library with a `playlist` column. Raises InputProblem where there is none."""
    rows = read_rows(path)
    fields = {column(header): header for header in rows[0][1]}
    id_field = next((fields[name] for name in IDS if name in fields), None)
    if id_field is None or "playlist" not in fields:
        raise InputProblem(f"{path}: columns for the song and its playlist are wanted")
    songs: dict[str, SongFeatures] = {}
    playlists: dict[str, set[str]] = defaultdict(set)
    for _, row in rows:
        song = song_id(row[id_field])
        songs.setdefault(song, features_from_row(row, "csv"))
        playlists[row[fields["playlist"]]].add(song)
    return Person(path.name.partition(".")[0], songs, _drawable(songs, playlists))


def _drawable(songs: Mapping[str, SongFeatures], playlists: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    kept: dict[str, frozenset[str]] = {}
    for name, members in sorted(playlists.items()):
        artists = Counter(artist for song in members for artist in songs[song].sets.get("artists", ()))
        narrow = max(artists.values(), default=0) > ONE_ARTIST * len(members)
        twin = any(len(members & other) > OVERLAP * min(len(members), len(other)) for other in kept.values())
        if name and len(members) in SIZES and not (AUTOMATIC.search(name) or narrow or twin):
            kept[name] = frozenset(members)
    return kept


def draw_members(people: Sequence[Person], draws: int, seed: int) -> list[Member]:
    """Draw up to `draws` members of each size from each person; a draw whose playlists leave too little is none."""
    members: list[Member] = []
    for person in people:
        for k in KS:
            rng = np.random.default_rng([seed, k, len(person.songs)])
            drawn = (_draw(person, k, rng) for _ in range(draws if len(person.playlists) >= k else 0))
            members += [member for member in drawn if member is not None]
    return members


def _draw(person: Person, k: int, rng: np.random.Generator) -> Member | None:
    chosen = rng.choice(sorted(person.playlists), k, replace=False)
    times = Counter(song for name in chosen for song in person.playlists[name])
    own = [sorted(song for song in person.playlists[name] if times[song] == 1) for name in chosen]
    if min(map(len, own)) < max(NS) + LEAST_TESTED:
        return None
    return Member(person, [[songs[at] for at in rng.permutation(len(songs))] for songs in own])


def try_member(member: Member) -> Iterator[Result]:
    """Yield the result of each number of labels. The member's library is all songs of the playlists."""
    songs = {song: member.person.songs[song] for playlist in member.playlists for song in playlist}
    tested = [(song, at) for at, own in enumerate(member.playlists) for song in own[max(NS) : max(NS) + TESTED]]
    truth = np.array([at for _, at in tested])
    for n in NS:
        labelled = [(song, at) for at, own in enumerate(member.playlists) for song in own[:n]]
        scores = _scores(songs, labelled, [song for song, _ in tested], len(member.playlists))
        guess = np.array(scores.classes)[scores.probabilities.argmax(axis=1)]
        nearest = _nearest(songs, labelled, [song for song, _ in tested])
        fates = decide(scores, [PlaylistRule(at, MISTAKES, True) for at in range(len(member.playlists))], False, False)
        added = np.array([fate.outcome == "add" for fate in fates])
        yield Result(
            person=member.person.name,
            k=len(member.playlists),
            n=n,
            accuracy=float((guess == truth).mean()),
            nearest=float((nearest == truth).mean()),
            added=float(added.mean()),
            right=float((guess == truth)[added].mean()) if added.any() else float("nan"),
            asked=float(np.mean([fate.outcome == "ask" for fate in fates])),
        )


def _scores(
    songs: Mapping[str, SongFeatures], labelled: Sequence[tuple[str, int]], tested: Sequence[str], k: int
) -> Scores:
    labels = [Label(song, at, True, "csv") for song, at in labelled]
    fitted = fit(TrainingSet(songs, labels, {at: str(at) for at in range(k)}, several=False, everything=False))
    return open_model("", to_file(fitted, {})).score([songs[song] for song in tested])


def _nearest(songs: Mapping[str, SongFeatures], labelled: Sequence[tuple[str, int]], tested: Sequence[str]) -> Any:
    each = len(labelled) // (1 + max(at for _, at in labelled))
    known = KNeighborsClassifier(min(NEIGHBOURS, each))
    known.fit(AUDIO.vectors([songs[song] for song, _ in labelled]), [at for _, at in labelled])
    return known.predict(AUDIO.vectors([songs[song] for song in tested]))


def summarise(results: Sequence[Result], seed: int) -> dict[str, Any]:
    """Return the means by n, by n and k, and by n and person, with 95 % intervals over members."""
    rng = np.random.default_rng(seed)
    groups: dict[str, list[Result]] = defaultdict(list)
    for each in results:
        for name in (f"n={each.n}", f"n={each.n} k={each.k}", f"n={each.n} {each.person}"):
            groups[name].append(each)
    return {name: _means(group, rng) for name, group in sorted(groups.items(), key=lambda item: _natural(item[0]))}


def _means(group: Sequence[Result], rng: np.random.Generator) -> dict[str, Any]:
    accuracy = np.array([each.accuracy for each in group])
    resampled = rng.choice(accuracy, (RESAMPLES, len(accuracy))).mean(axis=1)
    placed = np.array([each.added for each in group])
    right = np.nansum([each.right * each.added for each in group])
    return {
        "members": len(group),
        "accuracy": round(float(accuracy.mean()), 4),
        "interval": [round(float(bound), 4) for bound in np.percentile(resampled, [2.5, 97.5])],
        "nearest": round(float(np.mean([each.nearest for each in group])), 4),
        "added": round(float(placed.mean()), 4),
        "right": round(float(right / placed.sum()), 4) if placed.sum() else None,
        "asked": round(float(np.mean([each.asked for each in group])), 4),
    }


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def report(summary: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the summary as a table for people."""
    lines = ["labels a playlist      members  right  (95 %)         5-NN audio  added  of these right  asked"]
    for name, each in summary.items():
        low, high = each["interval"]
        right = "   –" if each["right"] is None else f"{each['right']:.3f}"
        lines.append(
            f"{name:<22} {each['members']:>7}  {each['accuracy']:.3f}  ({low:.3f}–{high:.3f})  {each['nearest']:.3f}"
            f"       {each['added']:.3f}  {right:>5}           {each['asked']:.3f}"
        )
    return "\n".join(lines)
