"""Shapes: what the page gets as JSON: songs, questions and dry runs, in plain words. Pure.

Spotify's artwork never appears beside another service's sound (Spotify's developer policy, III.5).
"""

import math
from collections.abc import Sequence
from typing import Any

from bot.core.markup import plain, unmarked
from bot.core.records import Change, Playlist, Song
from bot.core.sorting.groups import tick_of
from bot.core.sorting.writing.writes import Action, LineState
from bot.flows.feed.feed import FeedCard, PlaylistGuess
from bot.flows.feed.listening import Listen, Way
from bot.flows.feed.pages.dry_run_page import Opened
from bot.flows.feed.pages.label_page import Next
from bot.flows.sorting import review
from bot.flows.sorting.labelling.bulk import Answered, Bulk
from bot.flows.sorting.labelling.label import Question
from bot.flows.sorting.review import Reviewed, Staying
from bot.messages import _, formatting, mentions
from bot.messages.feed import near_in_plain_text
from bot.messages.sorting import dry_runs, labels, outcomes

OTHERS = frozenset({Way.PREVIEW, Way.VIDEO})


def card(card: FeedCard) -> dict[str, Any]:
    """A song, before we know how it'll be heard; with its cover only if the sound is sure to be the operator's file."""
    song = card.entry.song
    tempo = card.entry.numbers.get("tempo")
    return {
        "key": card.entry.key,
        **_named(song),
        "album": plain(song.album) if song.album else None,
        "year": song.year,
        "duration_ms": song.duration_ms,
        "url": song.page,
        "cover": song.cover if card.entry.clip else None,
        "tempo": tempo if tempo is not None and math.isfinite(tempo) else None,
        "why": near_in_plain_text(card.near),
        "near": [_named(song) for song in card.near],
    }


def listen(song: Song, listen: Listen, clip_at: str) -> dict[str, Any]:
    """How to hear a song. offset: its highlight in seconds into the clip; highlight: the same into the song.

    clip_at: where its clip is, if it has one.
    """
    clip = listen.clip
    return {
        "way": listen.way.value,
        "clip": clip_at if clip else None,
        "seconds": clip.seconds if clip else None,
        "waveform": clip.waveform if clip else None,
        "offset": clip.highlight if clip else None,
        "url": listen.url,
        "by": listen.by,
        "page": listen.page,
        "start": listen.start,
        "highlight": listen.highlight,
        "cover": None if listen.way in OTHERS else song.cover,
    }


def guess(guess: PlaylistGuess) -> dict[str, Any]:
    return {**_playlist(guess.playlist), "probability": guess.probability, "best": guess.best}


def following(following: Next) -> dict[str, Any]:
    """The next question; or what to say where there's none."""
    if isinstance(following, Question):
        return {"question": question(following), "detail": None}
    return {"question": None, "detail": _plain(labels.done(following))}


def question(asked: Question) -> dict[str, Any]:
    """A card: a song, and the playlists it may go to, in the order they're kept in."""
    song, guess = asked.song, asked.guess
    return {
        "card": asked.card.card,
        **_named(song),
        "url": song.page,
        "cover": None,  # until it's known whose sound stands beside it
        "why": _plain(labels.quiet_line(asked)),
        "tally": formatting.tally(asked.tally),
        "more": asked.more.key if asked.more else None,
        "playlists": [
            {
                **_playlist(playlist),
                "guess": formatting.my_guess(guess.probability) if guess and guess.playlist == playlist else None,
            }
            for playlist in asked.playlists
        ],
    }


def _named(song: Song) -> dict[str, Any]:
    return {"title": plain(song.title), "artists": [plain(artist) for artist in song.artists]}


def _playlist(playlist: Playlist) -> dict[str, Any]:
    return {"playlist": playlist.playlist, "name": plain(playlist.name), "emoji": playlist.emoji}


def bulk(listed: Bulk) -> dict[str, Any]:
    """A list to tick. groups: those of the card's song that have such a list, in one order whichever is shown."""
    groups = sorted((listed.group, *listed.others), key=lambda group: group.key)
    return {
        "group": listed.group.key,
        "groups": [{"group": group.key, "name": labels.all_of(group)} for group in groups],
        "detail": _plain(labels.not_sorted(listed.group, listed.total, len(listed.songs))),
        "songs": [{"tick": tick_of(song.song), "said": plain(song.line)} for song in listed.songs],
        "playlists": [_playlist(playlist) for playlist in listed.playlists],
    }


def answered(song: Song | None, playlists: Sequence[Playlist]) -> str:
    """What an answer said; nothing where it was said before."""
    return _plain(labels.answered(song, playlists)) if song is not None else ""


def answered_all(answered: Answered | None, playlists: Sequence[Playlist]) -> str:
    """What an answer said of a list; nothing where it was said before."""
    return _plain(labels.answered_all(answered, playlists)) if answered is not None else ""


def dry_run(opened: Opened) -> dict[str, Any]:
    """A dry run by section; once it was confirmed, only what became of it. version: what Apply is to name."""
    reviewed, planned = opened.reviewed, opened.reviewed.receipt
    if not opened.planned:
        return {"planned": False, "detail": _became(reviewed), "version": planned.version, "sections": []}
    nothing = "" if planned.placed or planned.removed or planned.asked else _(dry_runs.NOTHING_TO_SORT)
    head = [dry_runs.headline(planned, knows_none=reviewed.knows_none), formatting.changes(planned), nothing]
    return {
        "planned": True,
        "detail": _plain("\n".join(filter(None, head))),
        "version": planned.version,
        "changes": bool(planned.placed or planned.removed),
        "sections": [*_sections(reviewed), *_staying(opened.stays)],
    }


def _became(reviewed: Reviewed) -> str:
    receipt = reviewed.receipt
    return _plain(outcomes.receipt(receipt, len(reviewed.waiting)) if receipt.ended else outcomes.applying(receipt))


def _sections(reviewed: Reviewed) -> list[dict[str, Any]]:
    return [
        {
            "key": key,
            "title": _plain(dry_runs.heading(reviewed, key, changes)),
            "lines": [_line(reviewed, change) for change in changes],
        }
        for key, changes in review.by_section(reviewed).items()
    ]


def _line(reviewed: Reviewed, change: Change) -> dict[str, Any]:
    """A line of a dry run. goes: whether it's ticked; None if there's nothing to tick."""
    return {
        "change": change.change,
        "song": change.song,
        "title": plain(reviewed.receipt.songs[change.song].title),
        "said": _plain(dry_runs.line(reviewed, change, formatting.LONGEST_TITLE)),
        "goes": change.state != LineState.RULED_OUT if change.action == Action.ADD else None,
    }


def _staying(stays: Sequence[Staying]) -> list[dict[str, Any]]:
    if not stays:
        return []
    lines = [
        {
            "change": None,
            "song": left.song.song,
            "title": plain(left.song.title),
            "said": _plain(dry_runs.stays(left, formatting.LONGEST_TITLE)),
            "goes": None,
        }
        for left in stays
    ]
    return [{"key": "stay", "title": _plain(dry_runs.leaving(len(stays))), "lines": lines}]


def _plain(said: str) -> str:
    return unmarked(mentions.bare(said))
