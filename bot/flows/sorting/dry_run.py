"""Dry run: decide what a sort would do, line by line. It stores the proposal and changes nothing else."""

import asyncio
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.adapters.store import Store, Tx
from bot.adapters.store.sorting import answers, playlists, writes
from bot.core.records import Item, Layer, NewWrite, Playlist, Song
from bot.core.sorting import recording
from bot.core.sorting.decide import Decision, PlaylistRule, Scores, decide, thresholds_of
from bot.core.sorting.labels import UNSAID, Verdict
from bot.core.sorting.writing.writes import Action, LineState, WriteKind
from bot.flows.sorting.scored_library import ScoredLibrary

Standing = Mapping[int, set[str | None]]  # playlist → the songs in it
REFUSED_FOR = timedelta(days=1)  # before proposing what Spotify refused again; unknown songs never are
MOST_ASKED = 50  # questions per sort, in layers where songs may stay out


class Reason(StrEnum):
    """Why a song stays where it is."""

    PLACED = "placed"  # it's where it belongs, and likely in no other playlist
    UNKNOWN = "unknown"  # it has no features
    UNSURE = "unsure"  # not even a question is worth a tap
    LATER = "later"  # beyond MOST_ASKED
    RULED_OUT = "ruled out"  # the member said that it doesn't belong where it'd go
    REFUSED = "refused"  # Spotify refused it lately, or doesn't know it
    SAME = "same"  # the same recording goes in under another id
    NEW = "new"  # it would be placed or asked about now, but wasn't when the dry run was made


@dataclass(frozen=True, slots=True)
class Decided:
    """What a sort would do. looked_at: songs without a place yet; lines: of the write; stays: why the others stay."""

    looked_at: int
    lines: list[dict[str, Any]]
    stays: Mapping[str, Reason]


async def prepare(store: Store, layer: Layer, scored: ScoredLibrary, only: frozenset[str] | None, now: datetime) -> int:
    """Prepare a write with the decisions about songs that have no place yet: all, or the new likes in `only`.

    Returns its number; the caller sets what happens to it. It's stored in slices, so others can write in between
    (promise P40).
    """
    async with store.reading() as tx:
        found = await decided(tx, layer, scored, only, now)
    await writes.make_room(store, layer.layer)
    kind = WriteKind.SORT if only is None else WriteKind.WATCH
    digest = scored.model.digest if scored.model else None
    async with store.writing() as tx:
        write = await writes.begin(tx, NewWrite(layer.member, layer.layer, kind, found.looked_at, digest), now)
    await writes.fill(store, layer.member, write, found.lines)
    return write


async def decided(tx: Tx, layer: Layer, scored: ScoredLibrary, only: frozenset[str] | None, now: datetime) -> Decided:
    """Return what a sort would do, based on the playlists and likes as last read."""
    given = await _given(tx, layer, now)
    return await asyncio.to_thread(_decided, given, scored, only)


@dataclass(frozen=True, slots=True)
class _Given:
    """The input of a sort, besides the scored library. items: last seen in each playlist; ours: those we may remove."""

    layer: Layer
    kept: Sequence[Playlist]
    verdicts: Mapping[str, Verdict]
    items: Mapping[int, Sequence[Item]]
    under_way: Mapping[int, frozenset[str]]
    ours: Mapping[int, frozenset[str]]
    barred: frozenset[tuple[int | None, str]]


async def _given(tx: Tx, layer: Layer, now: datetime) -> _Given:
    kept = [playlist for playlist in await playlists.in_layer(tx, layer.layer) if playlist.ref]
    return _Given(
        layer=layer,
        kept=kept,
        verdicts=await answers.verdicts(tx, layer.member, layer.layer),
        items={playlist.playlist: await playlists.items(tx, playlist.playlist) for playlist in kept},
        under_way={playlist.playlist: await writes.under_way(tx, playlist.playlist) for playlist in kept},
        ours={playlist.playlist: await writes.sorted_in(tx, playlist.playlist) for playlist in kept},
        barred=await writes.barred(tx, layer.member, now - REFUSED_FOR),
    )


def _decided(given: _Given, scored: ScoredLibrary, only: frozenset[str] | None) -> Decided:
    given = replace(given, verdicts=_for_every_release(given, scored.songs))
    layer, kept, verdicts, ours = given.layer, given.kept, given.verdicts, given.ours
    library = {song.song: song for song in scored.songs}
    standing = {playlist.playlist: _standing(given, playlist, library) for playlist in kept}
    placed = frozenset().union(*standing.values()) if standing else frozenset()
    moved = _moved(verdicts, ours, standing, several=layer.several)
    known = [song.song for song in scored.songs if only is None or song.song in only or song.song in moved]
    todo = [song for song in known if _open(song, verdicts.get(song, UNSAID), standing, placed, layer)]
    untold = [song for song in todo if not verdicts.get(song, UNSAID).settled]
    guessed = _by_model(given, scored, untold, standing, alone=only is not None)
    wanted = [*guessed.lines, *_settled(todo, verdicts, standing)]
    able = [line for line in wanted if not {(None, line["song"]), (line["playlist"], line["song"])} & given.barred]
    twice = {playlist.playlist for playlist in kept if playlist.doubles}
    lines = _once(able if layer.several else _in_one_place(able, library, twice), library, twice)
    sieves = [*guessed.sieves, (Reason.REFUSED, _songs(able)), (Reason.SAME, _songs(lines))]
    stays = _stays([song for song in todo if only is None or song in only], placed, frozenset(untold), sieves)
    going = {line["song"] for line in lines if line["action"] == Action.ADD}
    liked = _liked(given, library) if only is None else None
    unwanted = _unwanted(verdicts, ours, standing, liked, several=layer.several)
    leaving = going | ({line["song"] for line in unwanted} - liked if liked is not None else set())
    lines += [line for line in unwanted if line["song"] in leaving or not _homeless(line, verdicts, standing)]
    return Decided(sum(only is None or song in only for song in todo), lines, stays)


def _liked(given: _Given, library: Mapping[str, Song]) -> frozenset[str]:
    """Return the liked songs, and those in playlists that hold one release each of which another one is liked."""
    once = [given.items[playlist.playlist] for playlist in given.kept if not playlist.doubles]
    there = {item.song: item for items in once for item in items if item.song}
    others = [item for song, item in there.items() if song not in library]
    held = recording.Recordings(library.values() if others else ())
    return frozenset(library).union(item.song for item in others if item.song and held.of(item) is not None)


def _for_every_release(given: _Given, songs: Sequence[Song]) -> Mapping[str, Verdict]:
    """Return the verdicts, with what the member ruled out for one release ruled out for their others, too.

    Otherwise a sort would put the recording they took out back under another id.
    """
    told = recording.Recordings(song for song in songs if song.song in given.verdicts)
    alike = [song for song in songs if told.of(song) is not None]
    verdicts = dict(given.verdicts)
    for group in recording.doubles(alike):
        releases = [alike[at].song for at in group]
        said = [given.verdicts[song] for song in releases if song in given.verdicts]
        out = {
            each.playlist
            for each in given.kept
            for on in said
            if on.excludes(each.playlist, several=given.layer.several)
        }
        for song in releases:
            own = verdicts.get(song, UNSAID)
            if not own.settled:
                verdicts[song] = replace(own, no=own.no | out)
    return verdicts


Sieve = tuple[Reason, frozenset[str]]  # why a song stays that isn't among these


def _songs(lines: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(line["song"] for line in lines)


def _stays(
    todo: Sequence[str], placed: Container[str | None], untold: Container[str], sieves: Sequence[Sieve]
) -> dict[str, Reason]:
    """Return why songs stay: the first sieve that held each back. What the member told passes those of the model."""
    stays: dict[str, Reason] = {}
    for song in todo:
        of_song = sieves if song in untold else sieves[-2:]
        reason = next((reason for reason, through in of_song if song not in through), None)
        if reason is not None:
            stays[song] = Reason.PLACED if reason == Reason.UNSURE and song in placed else reason
    return stays


def _standing(given: _Given, playlist: Playlist, library: Mapping[str, Song]) -> set[str | None]:
    """Return the songs that are, or soon will be, in a playlist, including recordings under another id."""
    items = given.items[playlist.playlist]
    there = {item.song for item in items} | given.under_way[playlist.playlist]
    return there if playlist.doubles else there | recording.standing(library, items)


def _once(lines: Sequence[dict[str, Any]], library: Mapping[str, Song], twice: Container[int]) -> list[dict[str, Any]]:
    """Drop additions whose recording another line adds to the same playlist, unless it's in `twice`."""
    put: dict[int, dict[str, Song]] = {}
    for line in lines:
        if line["action"] == Action.ADD and line["song"] in library and line["playlist"] not in twice:
            put.setdefault(line["playlist"], {})[line["song"]] = library[line["song"]]
    again = {playlist: recording.repeated(songs, ()) for playlist, songs in put.items()}
    return [
        line for line in lines if line["song"] not in again.get(line["playlist"], ()) or line["action"] != Action.ADD
    ]


def _in_one_place(
    lines: Sequence[dict[str, Any]], library: Mapping[str, Song], twice: Container[int]
) -> list[dict[str, Any]]:
    """Of the model's lines about a recording, keep those of its likeliest release, and those about `twice`."""
    free = [line["certainty"] == "told" or line["playlist"] in twice for line in lines]
    guessed = [line for line, is_free in zip(lines, free, strict=True) if not is_free]
    guessed.sort(key=lambda line: (line["action"] != Action.ADD, -line["probability"]))
    again = recording.repeated({line["song"]: library[line["song"]] for line in guessed}, ())
    return [line for line, is_free in zip(lines, free, strict=True) if is_free or line["song"] not in again]


def _moved(
    verdicts: Mapping[str, Verdict], ours: Mapping[int, frozenset[str]], standing: Standing, *, several: bool
) -> frozenset[str]:
    """Return the songs that we placed and the member has since placed elsewhere."""
    return frozenset(
        song
        for playlist, put in ours.items()
        for song in put
        if song in standing[playlist] and song in verdicts and verdicts[song].yes
        if verdicts[song].excludes(playlist, several=several)
    )


def _homeless(line: Mapping[str, Any], verdicts: Mapping[str, Verdict], standing: Standing) -> bool:
    """Whether removing a song would leave it in none of the playlists where the member wants it."""
    verdict = verdicts.get(line["song"], UNSAID)
    return bool(verdict.yes) and not any(line["song"] in standing.get(playlist, ()) for playlist in verdict.yes)


def _open(
    song: str,
    verdict: Verdict,
    standing: Standing,
    placed: frozenset[str | None],
    layer: Layer,
) -> bool:
    """Whether anything is left to do for the song: the member's answers first, then one place or several."""
    if verdict.none:
        return False
    if verdict.yes:
        return any(song not in songs for playlist, songs in standing.items() if playlist in verdict.yes)
    return layer.several or song not in placed


@dataclass(frozen=True, slots=True)
class _Guessed:
    lines: list[dict[str, Any]]
    sieves: tuple[Sieve, ...]


def _by_model(
    given: _Given, scored: ScoredLibrary, open_songs: Sequence[str], standing: Standing, alone: bool
) -> _Guessed:
    """Return the lines of the model's decisions, and what held the others back.

    What the member ruled out is left out, and so is a song's place where it stands.
    """
    if not open_songs:
        return _Guessed([], ())
    scores = scored.scores_of(open_songs)
    held = [[playlist for playlist, songs in standing.items() if song in songs] for song in open_songs]
    ruled_out = [given.verdicts.get(song, UNSAID).no for song in open_songs]
    likely = [each for each in _decisions(given, scored, scores, held, alone) if each.outcome != "leave"]
    able = [each for each in likely if not ruled_out[each.song].issuperset(each.playlists)]
    worth = able if given.layer.everything else _worth_asking(able)
    places = [(each, playlist) for each in worth for playlist in each.playlists]
    lines = [
        _line(open_songs[each.song], playlist, each)
        for each, playlist in places
        if playlist not in ruled_out[each.song]
    ]
    known = frozenset(song for song, is_known in zip(open_songs, scores.known, strict=True) if is_known)
    guessed, allowed = (frozenset(open_songs[each.song] for each in some) for some in (likely, able))
    sieves = (Reason.UNKNOWN, known), (Reason.UNSURE, guessed), (Reason.RULED_OUT, allowed)
    return _Guessed(lines, (*sieves, (Reason.LATER, _songs(lines))))


def _decisions(
    given: _Given, scored: ScoredLibrary, scores: Scores, held: Sequence[Collection[int]], alone: bool
) -> list[Decision]:
    """Decide about some songs; a few `alone` say little about precision, so the whole library's thresholds apply.

    held: for each song, the playlists where it stands.
    """
    rules = [PlaylistRule(playlist.playlist, playlist.mistakes, playlist.automatic) for playlist in given.kept]
    thresholds = thresholds_of(scored.scores, rules, given.layer.several) if alone and scored.scores else None
    return decide(scores, rules, given.layer.several, given.layer.everything, thresholds, held)


def _worth_asking(decisions: Sequence[Decision]) -> list[Decision]:
    """Keep the MOST_ASKED likeliest questions: nobody answers a thousand, and the answers settle many of the others."""
    asked = [decision for decision in decisions if decision.outcome == "ask"]
    kept = {id(decision) for decision in sorted(asked, key=lambda decision: -decision.probability)[:MOST_ASKED]}
    return [decision for decision in decisions if decision.outcome != "ask" or id(decision) in kept]


def _line(song: str, playlist: int, decision: Decision) -> dict[str, Any]:
    return {
        "song": song,
        "playlist": playlist,
        "action": decision.outcome,
        "state": LineState.WANTED if decision.outcome == "add" else LineState.ASKED,
        "probability": float(decision.probability),
        "certainty": decision.certainty,
    }


def _settled(todo: Sequence[str], verdicts: Mapping[str, Verdict], standing: Standing) -> list[dict[str, Any]]:
    """Return the lines for songs that the member placed themselves."""
    return [
        {"song": song, "playlist": playlist, "action": Action.ADD, "certainty": "told", "probability": 1.0}
        for song in todo
        if verdicts.get(song, UNSAID).settled
        for playlist in sorted(verdicts[song].yes)
        if playlist in standing and song not in standing[playlist]
    ]


def _unwanted(
    verdicts: Mapping[str, Verdict],
    ours: Mapping[int, frozenset[str]],
    standing: Standing,
    liked: frozenset[str] | None,
    *,
    several: bool,
) -> list[dict[str, Any]]:
    """Return the lines that remove songs we added that are no longer wanted there.

    The member has since said that they belong elsewhere or nowhere, or (in a whole sort) no longer likes them.
    """
    return [
        {"song": song, "playlist": playlist, "action": Action.REMOVE, "certainty": "told"}
        for playlist, songs in ours.items()
        for song in sorted(songs & {song for song in standing[playlist] if song})
        if verdicts.get(song, UNSAID).excludes(playlist, several=several) or (liked is not None and song not in liked)
    ]
