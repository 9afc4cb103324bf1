"""What a write would change, is changing, changed, or couldn't. Pure.

Only what was read on Spotify is said in the past tense (promise P43).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.core.markup import timestamp
from bot.core.records import Change
from bot.core.social.records import Saving
from bot.core.sorting.writing.journal import TRIES, Refused
from bot.core.sorting.writing.writes import ENDED, Action, WriteKind, WriteState
from bot.errors.stored import loaded
from bot.flows.sorting.review import Reviewed
from bot.flows.sorting.writing.sort import Receipt
from bot.messages import N_, _, formatting, listed, plural
from bot.messages.errors import describe
from bot.messages.sorting.playlists import own_rule

MOST_REFUSED = 5  # songs named for each cause
ROOM = 1000  # characters for all that couldn't be done
WHICH_SONG = N_("Which song?")
UNDOING_IT = N_("I'm undoing it.")
UNDOING = N_("Undoing it now")
STILL_WRITING = N_("Still writing")
STOPPED = N_("I stopped half-way")
NOT_DONE = N_("I couldn't do that")
NOT_UNDONE = N_("I couldn't undo that")
PARTLY_UNDONE = N_("Undone in part")
UNDONE = N_("Undone")
DONE = N_("Done")
BEING_UNDONE = N_("I'm undoing this now.")
PART_BEING_UNDONE = N_("I'm undoing a part of this now.")
FROM_NOW_ON = N_("From now on, like a song and I put it where it belongs, or ask you. `/updates mute:` keeps me quiet.")
UNDONE_SINCE = N_("Undone since.")
MEANWHILE = N_("What happened in the meantime:")
PLAYLIST_GONE = N_("a playlist I no longer keep")
NO_LINES = N_("There's nothing on this page.")


def receipt(done: Receipt, waiting: int) -> str:
    """The headline of what was written: totals, and whatever went wrong."""
    more = [formatting.lines(_refusals(done), ROOM), _problem(done), _undone(done), _superseded(done)]
    return "\n".join([_totals(done, waiting), *filter(None, more)])


def update(done: Receipt, waiting: int) -> str:
    """One line of several updates: when, and what was written; its receipt says what went wrong."""
    return f"- {timestamp(done.write.created_at, 'f')} · {_totals(done, waiting)}"


def _totals(done: Receipt, waiting: int) -> str:
    decide = plural("{count} for you to decide", "{count} for you to decide", waiting) if waiting else ""
    return " · ".join(filter(None, [f"**{headline(done)}**", formatting.changes(done), decide]))


def headline(done: Receipt) -> str:
    """What can be said by now: that something was done only when all of it was read on Spotify."""
    stands, undo = bool(done.placed or done.removed), done.write.kind == WriteKind.UNDO
    if done.write.state == WriteState.APPLYING:
        return _(UNDOING) if undo else _(STILL_WRITING)
    if done.write.state == WriteState.FAILED:
        return _(STOPPED) if stands else _(NOT_DONE)
    if done.refused and not stands:
        return _(NOT_UNDONE) if undo else _(NOT_DONE)
    if undo:
        return _(PARTLY_UNDONE) if done.refused else _(UNDONE)
    if done.write.kind == WriteKind.WATCH and done.write.total:
        return _new_likes(done)
    return _(DONE)


def _new_likes(done: Receipt) -> str:
    """They're called sorted if all of them are; if not, what went where follows. Songs that move aren't new."""
    count, moved = done.write.total, {change.song for change in done.changes if change.action == Action.REMOVE}
    if len({change.song for change in done.placed} - moved) >= count:
        return plural("{count} new like sorted", "{count} new likes sorted", count)
    return plural("{count} new like", "{count} new likes", count)


def _problem(done: Receipt) -> str | None:
    """What ended the write; an older version stored a text, which is shown as it is."""
    error = loaded(done.write.problem or "")
    return done.write.problem if error is None else describe(error, by_itself=True)


def _undone(done: Receipt) -> str | None:
    if done.undo is None:
        return None
    if done.undo.state not in ENDED:
        return _(PART_BEING_UNDONE) if done.standing else _(BEING_UNDONE)
    back = sum(done.is_reversed(change) for change in done.changes)
    if done.standing:
        return plural("{count} song undone since.", "{count} songs undone since.", back) if back else None
    refused = len(done.reversals) - back
    if not refused:
        return _(UNDONE_SINCE)
    return plural("Undone since, except for {count} song.", "Undone since, except for {count} songs.", refused)


def _superseded(done: Receipt) -> str | None:
    """What an old receipt no longer lists."""
    count = done.write.superseded or 0
    return (
        plural(
            "{count} change isn't listed any more, because that song changed again since.",
            "{count} changes aren't listed any more, because those songs changed again since.",
            count,
        )
        if count
        else None
    )


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Songs that were refused for one playlist: how many, and the first titles with how many more."""

    count: int
    where: str
    songs: str


def _unknown(refusal: _Refusal) -> str:
    return plural(
        "Spotify no longer knows this song, so I left it out and won't suggest it again: {songs}.",
        "Spotify no longer knows these songs, so I left them out and won't suggest them again: {songs}.",
        refusal.count,
        songs=refusal.songs,
    )


def _unanswered(refusal: _Refusal) -> str:
    return plural(
        "I tried {tries} times, and Spotify didn't take {count} song in {where}; it may be full. Not done: {songs}.",
        "I tried {tries} times, and Spotify didn't take {count} songs in {where}; it may be full. Not done: {songs}.",
        refusal.count,
        tries=TRIES,
        where=refusal.where,
        songs=refusal.songs,
    )


REFUSALS: dict[Refused, str | Callable[[_Refusal], str]] = {
    Refused.UNKNOWN: _unknown,
    Refused.FULL: N_("{where} takes no more songs. Not added: {songs}."),
    Refused.UNANSWERED: _unanswered,
    Refused.CHANGED: N_("Someone changed {where} while I was writing, so I left it as they want it: {songs}."),
    Refused.GONE: N_(
        "{where} is gone from your Spotify, or no longer yours to change. `/playlists remove` stops keeping it. "
        "Not done: {songs}."
    ),
    Refused.NOT_KEPT: N_("I no longer keep that playlist. Not done: {songs}."),
    Refused.SAME: N_(
        "Already in {where} as another release, so not added again: {songs}. `/playlists settings doubles:True` "
        "allows it."
    ),
    Refused.UNMOVED: N_("Still in {where}, because I couldn't put it where it belongs: {songs}."),
}


def _refusals(done: Receipt) -> list[str]:
    """What couldn't be done and why, one line for each cause and playlist."""
    groups: dict[tuple[str, int], list[Change]] = {}
    for change in done.refused:
        groups.setdefault((change.problem or "", change.playlist), []).append(change)
    return [_refusal(done, problem, changes) for (problem, _playlist), changes in groups.items()]


def _refusal(done: Receipt, problem: str, changes: Sequence[Change]) -> str:
    titles = [done.songs[change.song].title for change in changes if change.song in done.songs]
    refusal = _Refusal(len(changes), _where(done, changes[0]), _first(titles, len(changes)))
    words = REFUSALS[Refused(problem)] if problem else "{songs}"
    return words(refusal) if callable(words) else _(words, where=refusal.where, songs=refusal.songs)


def _where(done: Receipt, change: Change) -> str:
    playlist = done.playlists.get(change.playlist)
    return formatting.playlist_name(playlist) if playlist else _(PLAYLIST_GONE)


def not_liked(saving: Saving, count: int, titles: Sequence[str]) -> str:
    """What Spotify refused to put among the likes, or to take out of them."""
    songs = _first(titles, count)
    if saving == Saving.DROP:
        return _("Spotify refused to remove this from your likes, and I won't try again: {songs}.", songs=songs)
    return _("Spotify refused to add this to your likes, and I won't try again: {songs}.", songs=songs)


def _first(titles: Sequence[str], count: int) -> str:
    return formatting.first([formatting.escape(title, 40) for title in titles[:MOST_REFUSED]], count)


def applying(receipt: Receipt) -> str:
    changes = formatting.changes(receipt)
    return _("Writing to your playlists: {changes}.", changes=changes or _("nothing to change"))


def line(receipt: Receipt, change: Change, reviewed: Reviewed | None, longest: int = formatting.LONGEST_IN_LINE) -> str:
    """One line of a receipt: the song, where it went, and how certain that is."""
    song, where = formatting.song_name(receipt.songs[change.song], longest), _where(receipt, change)
    if change.action == Action.ASK:
        return f"- {song} · {_asked(receipt, change, reviewed)}"
    if receipt.is_reversed(change):
        return _taken_back(change, song, where)
    if change.action == Action.REMOVE:
        return _("- {song} ← out of {where}", song=song, where=where)
    if reviewed is not None and receipt.write.kind != WriteKind.UNDO and reviewed.ruled_out(change):
        return _("- ~~{song}~~ · you said it doesn't belong in {where}", song=song, where=where)
    certainty = formatting.CERTAINTY.get(change.certainty or "")
    return f"- {song} → {where}" + (f" · {_(certainty)}" if certainty else "")


def _taken_back(change: Change, song: str, where: str) -> str:
    """A line that was undone by itself, or with its playlist."""
    if change.action == Action.REMOVE:
        return _("- ~~{song}~~ · back in {where}", song=song, where=where)
    return _("- ~~{song}~~ · out of {where} again", song=song, where=where)


def _asked(receipt: Receipt, change: Change, reviewed: Reviewed | None) -> str:
    verdict = reviewed.verdicts.get(change.song) if reviewed else None
    if verdict is not None and verdict.settled:
        chosen = [formatting.playlist_name(known) for key, known in receipt.playlists.items() if key in verdict.yes]
        return _("you said {playlists}", playlists=listed(chosen) or _("none of them"))
    asked = [line.playlist for line in receipt.lines(Action.ASK) if line.song == change.song]
    guessed = [receipt.playlists[playlist] for playlist in asked if playlist in receipt.playlists]
    rule = own_rule(guessed[0], change.certainty or "") if guessed else ""
    why = rule or _(formatting.CERTAINTY.get(change.certainty or "", formatting.CERTAINTY["unsure"]))
    names = [formatting.escape(playlist.name, formatting.LONGEST_NAME) for playlist in guessed]
    return formatting.told_of(why, listed(names, either=True)) if names else why


def page(lines: Sequence[str], room: int) -> str:
    return formatting.lines(lines, room) or _(NO_LINES)
