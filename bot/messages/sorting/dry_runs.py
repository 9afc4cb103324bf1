"""What members read of a dry run: where each song would go, what'd be asked, and what stays and why. Pure."""

from collections.abc import Sequence

from bot.core.records import Change, Playlist
from bot.core.sorting.expectation import expected
from bot.core.sorting.writing.writes import Action
from bot.flows.sorting.dry_run import Reason
from bot.flows.sorting.review import ASK, Reviewed, Staying
from bot.flows.sorting.writing.corrections import Correction
from bot.flows.sorting.writing.sort import Receipt
from bot.messages import N_, _, formatting, plural
from bot.messages.common import CANCELLED
from bot.messages.sorting import outcomes

NOTHING_TO_SORT = N_("There's nothing to do: no song is left that I could place, or would ask you about.")
ON_A_PAGE = N_(
    "All of it as one list in your browser: untick what doesn't belong, and apply it there. The link works once, for "
    "ten minutes."
)
WHAT_I_ASK = N_("What I'd ask")
WHAT_STAYS = N_("What stays")
WHERE_INSTEAD = N_("Where does it go instead?")
REASONS = {
    Reason.PLACED: N_("it's in a playlist already"),
    Reason.UNKNOWN: N_("I know nothing about it"),
    Reason.UNSURE: N_("unsure"),
    Reason.LATER: N_("I'll ask another time"),
    Reason.RULED_OUT: N_("you said so"),
    Reason.REFUSED: N_("Spotify refused it"),
    Reason.SAME: N_("another release of it goes in"),
    Reason.NEW: N_("new since this dry run"),
}


def headline(receipt: Receipt, *, knows_none: bool) -> str:
    placed, removed = len({change.song for change in receipt.placed}), len(receipt.removed)
    head = plural(
        "**{placed} of {count} song would be placed**",
        "**{placed} of {count} songs would be placed**",
        receipt.write.total,
        placed=placed,
    )
    asked = plural("{count} needs your answer", "{count} need your answer", len(receipt.asked))
    left = plural("{count} stays where it is", "{count} stay where they are", receipt.left)
    said = " ".join([f"{head}, {asked}, {left}.", *_hope(receipt, knows_none=knows_none)])
    if not removed:
        return said
    leaving = plural(
        "{count} song would be removed again: you said it doesn't belong there, or no longer like it.",
        "{count} songs would be removed again: you said they don't belong there, or no longer like them.",
        removed,
    )
    return f"{said} {leaving}"


def _hope(receipt: Receipt, *, knows_none: bool) -> list[str]:
    """How many of the songs that would be placed are expected to be right."""
    hoped = expected((change.song, change.probability) for change in receipt.placed)
    if not hoped.songs:
        return []
    said = plural(
        "I expect {rate} of such songs to be right.",
        "I expect {rate} of the placed ones to be right.",
        hoped.songs,
        rate=formatting.in_ten(hoped),
    )
    return [said] if knows_none else [said, _(formatting.IF_ALL_BELONG)]


def heading(reviewed: Reviewed, section: str, changes: Sequence[Change]) -> str:
    """What a section of `review.by_section` is about."""
    if section == ASK:
        return asking(len(changes))
    planned, playlist = reviewed.receipt, int(section)
    added, removed = (
        sum(change.playlist == playlist for change in lines) for lines in (planned.placed, planned.removed)
    )
    return title(planned.playlists[playlist], added, removed)


def title(playlist: Playlist, added: int, removed: int) -> str:
    goes = plural("{count} song goes in", "{count} songs go in, the least sure first", added) if added else ""
    comes = plural("{count} comes out", "{count} come out", removed) if removed else ""
    return f"### {formatting.playlist_name(playlist)}\n{' · '.join(filter(None, [goes, comes]))}".rstrip()


def asking(count: int) -> str:
    return "### " + plural("I'd ask you about {count} song", "I'd ask you about {count} songs", count)


def leaving(count: int) -> str:
    return "### " + plural("{count} song stays where it is", "{count} songs stay where they are", count)


def line(reviewed: Reviewed, change: Change, longest: int) -> str:
    """One line of a page: the song and how certain that is; a question says what it's between."""
    planned = reviewed.receipt
    if change.action == Action.ASK:
        return outcomes.line(planned, change, reviewed, longest)
    song = formatting.song_name(planned.songs[change.song], longest)
    if change.action == Action.REMOVE:
        return _("- {song} comes out", song=song)
    if change in planned.ruled_out:
        return _("- ~~{song}~~ · you said it doesn't belong here", song=song)
    certainty = formatting.CERTAINTY.get(change.certainty or "")
    return f"- {song}" + (f" · {_(certainty)}" if certainty else "")


def stays(left: Staying, longest: int) -> str:
    return f"- {formatting.song_name(left.song, longest)} · {_(REASONS[left.reason])}"


def ruled_out(said: Correction) -> str:
    """The answer to **Not there**."""
    song, where = formatting.song_name(said.song), formatting.playlist_name(said.where)
    if said.planned:
        return _("Noted: {song} doesn't belong in {where}. I won't put it there.", song=song, where=where)
    return _("Noted: {song} doesn't belong in {where}. I'll take it out.", song=song, where=where)


def moved(said: Correction, playlist: int | None) -> str:
    """The answer to where a song goes instead."""
    where = next((known for known in [*said.others, said.where] if known.playlist == playlist), None)
    song = formatting.song_name(said.song)
    if where is None:
        return _("Noted: {song} belongs in none of them.", song=song)
    return _("Noted: {song} goes into {where}.", song=song, where=formatting.playlist_name(where))


def cancelled(planned: Receipt) -> str:
    """What a cancelled dry run leaves behind: what was said about its songs."""
    said = len({change.song for change in planned.ruled_out})
    if not said:
        return _(CANCELLED)
    return plural(
        "Your playlists stay as they are. What you said about {count} song still counts.",
        "Your playlists stay as they are. What you said about {count} songs still counts.",
        said,
    )
