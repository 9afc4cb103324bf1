"""Outcomes: what a write would change, is changing, changed, or couldn't. Pure.

In the past tense stands only what was read at Spotify (promise P43).
"""

from collections.abc import Sequence

from bot.core.records import Change
from bot.core.sorting.journal import TRIES, Refused
from bot.core.sorting.writes import WriteKind, WriteState
from bot.errors import loaded
from bot.flows.sorting.sort import Receipt
from bot.messages import _, formatting
from bot.messages import sorting as messages
from bot.messages.errors import describe

MOST_REFUSED = 5  # songs named for each cause
ROOM = 1000  # characters for all that could not be done


def dry_run(receipt: Receipt) -> str:
    placed, asked = len({each.song for each in receipt.placed}), len(receipt.asked)
    rest = f"{formatting.does(asked, 'needs', 'need')} your word, {formatting.does(receipt.left, 'stays', 'stay')}."
    taken = len(receipt.removed)
    out = f" {formatting.count(taken, 'song')} would come out again: by your word, or liked no more." if taken else ""
    return f"**{placed:,} of {receipt.write.total:,} would be placed**, {rest}{out}"


def receipt(done: Receipt, waiting: int) -> str:
    """The headline of what was written: totals, and whatever went wrong."""
    parts = [f"**{_headline(done)}**", formatting.changes(done), f"{waiting:,} for you to decide" if waiting else ""]
    said = " · ".join(part for part in parts if part)
    more = [formatting.lines(_refusals(done), ROOM), _problem(done), _undone(done)]
    return "\n".join([said, *filter(None, more)])


def _headline(done: Receipt) -> str:
    """What can be said by now: that something was done only when all of it was read at Spotify."""
    stands = bool(done.placed or done.removed)
    match done.write.kind, done.write.state:
        case kind, WriteState.APPLYING:
            return _(messages.TAKING_IT_BACK) if kind == WriteKind.UNDO else _(messages.STILL_WRITING)
        case kind, WriteState.FAILED:
            return _(messages.HALF_WAY) if stands else _(messages.NOT_DONE)
        case kind, _ if done.refused and not stands:
            return _(messages.NOT_TAKEN_BACK) if kind == WriteKind.UNDO else _(messages.NOT_DONE)
        case WriteKind.UNDO, _:
            return "Taken back" if not done.refused else _(messages.PARTLY_TAKEN_BACK)
        case WriteKind.WATCH, _:
            looked_at = formatting.count(done.write.total, "new like")
            return f"{looked_at} sorted" if stands else looked_at
        case _:
            return "Done"


def _problem(done: Receipt) -> str | None:
    """What ended the write; an older version left a text, which stands as it is."""
    error = loaded(done.write.problem or "")
    return done.write.problem if error is None else describe(error, by_itself=True)


def _undone(done: Receipt) -> str | None:
    if done.undo is None:
        return None
    if not done.undone:
        return "I am taking it back now."
    kept = done.undo_refused
    return f"Taken back since, but for {formatting.count(kept, 'song')}." if kept else "Taken back since."


def _refusals(done: Receipt) -> list[str]:
    """What could not be done and why, one line for each cause and playlist."""
    groups: dict[tuple[str, int], list[Change]] = {}
    for each in done.refused:
        groups.setdefault((each.problem or "", each.playlist), []).append(each)
    return [_refusal(done, problem, found) for (problem, _), found in groups.items()]


def _refusal(done: Receipt, problem: str, found: Sequence[Change]) -> str:
    playlist = done.playlists.get(found[0].playlist)
    where = formatting.playlist_name(playlist) if playlist else "a playlist I no longer keep"
    listed = _listed([done.songs[each.song].title for each in found if each.song in done.songs], len(found))
    count = formatting.count(len(found), "song")
    said = {
        Refused.UNKNOWN: f"Spotify doesn't know {formatting.does(len(found), 'this song', 'these songs')} any more, so "
        f"I left {'it' if len(found) == 1 else 'them'} out and won't suggest {'it' if len(found) == 1 else 'them'} "
        f"again: {listed}.",
        Refused.FULL: f"{where} takes no more songs. Not added: {listed}.",
        Refused.UNANSWERED: f"I tried {TRIES} times, and Spotify didn't take {count} in {where}; it may be full. "
        f"Not done: {listed}.",
        Refused.CHANGED: f"Someone changed {where} while I was writing, so I left it as they want it: {listed}.",
        Refused.GONE: f"{where} is gone from your Spotify, or no longer yours to change. /playlists remove lets go of "
        f"it. Not done: {listed}.",
        Refused.LET_GO: f"I no longer keep that playlist. Not done: {listed}.",
        Refused.SAME: f"Already in {where} as another release, so not added again: {listed}. "
        "`/playlists settings doubles:True` allows it.",
        Refused.UNMOVED: f"Still in {where}, because I couldn't put it where it belongs: {listed}.",
    }
    return said.get(Refused(problem), listed) if problem else listed


def not_liked(saving: str, count: int, titles: Sequence[str]) -> str:
    """What Spotify refused to put among the likes ("save"), or to take out of them ("drop")."""
    listed = _listed(titles, count)
    if saving == "drop":
        return f"Spotify refused to take this out of your likes, and I won't try again: {listed}."
    return f"Spotify refused to put this among your likes, and I won't try again: {listed}."


def _listed(titles: Sequence[str], count: int) -> str:
    """The first titles, and how many more there are."""
    names = [formatting.escape(each, 40) for each in titles[:MOST_REFUSED]]
    rest = count - len(names)
    return formatting.listed([*names, f"{rest:,} more"] if rest else names)


def applying(receipt: Receipt) -> str:
    return f"Writing to your playlists: {formatting.changes(receipt) or 'nothing to change'}."


def ruled_out(receipt: Receipt, line: int) -> str:
    found = next((each for each in receipt.changes if each.change == line), None)
    if found is None or found.song not in receipt.songs or found.playlist not in receipt.playlists:
        return "Noted."
    where = formatting.playlist_name(receipt.playlists[found.playlist])
    return f"Noted: {formatting.song_name(receipt.songs[found.song])} does not belong in {where}. It comes out again."
