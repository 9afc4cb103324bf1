"""Servers: what those who manage one read: where I post, what was reported, how the week was."""

from collections.abc import Mapping

from bot.core.markup import escape, timestamp
from bot.core.records import Song
from bot.core.social.records import Place
from bot.flows.social.digest import Digest
from bot.flows.social.reports import NewReport
from bot.flows.social.server_channels import Purpose
from bot.messages import N_, _, formatting, plural
from bot.messages.social.reposts import REASONS

THREADS = N_("For comments I also need Create Public Threads there.")
NOTHING = N_("I don't post anywhere in this server. `/server allow` gives me a channel for one purpose.")
STOPPED = N_("I don't post that there any more.")
NOT_GIVEN = N_("There was no channel for that.")
ALLOWED: Mapping[Purpose, str] = {
    Purpose.FEED: N_("Done. `/feed play` in <#{channel}> posts songs for everyone there; elsewhere it stays private."),
    Purpose.REPOSTS: N_("Done. Reposts go to <#{channel}>, each with a name, and only when a member presses Repost."),
    Purpose.ROUNDS: N_("Done. Rounds can be played in <#{channel}>."),
    Purpose.DIGEST: N_("Done. Once a week <#{channel}> hears how much happened here: counts, never who."),
    Purpose.REPORTS: N_("Done. Songs that members report go to <#{channel}>, without who reported them."),
}
FOR: Mapping[str, str] = {
    Purpose.FEED: N_("songs for everyone"),
    Purpose.REPOSTS: N_("reposts"),
    Purpose.ROUNDS: N_("rounds"),
    Purpose.DIGEST: N_("the week in counts"),
    Purpose.REPORTS: N_("reported songs"),
}
BARRED = N_("It isn't posted in this server any more. Where it was posted, it goes in a moment.")
UNBARRED = N_("It can be posted in this server again.")
LEFT_BE = N_("Looked into: nothing's wrong with it.")
WEEK = N_("**The week here**")
QUIET = N_("A quiet one: not enough happened to count it without giving away whose it was.")


def allowed(purpose: Purpose, channel: int) -> str:
    return _(ALLOWED[purpose], channel=str(channel))


def line(place: Place) -> str:
    """One line of where I post, and when the next digest is due."""
    purpose = _(FOR[place.purpose]) if place.purpose in FOR else place.purpose
    if place.due_at is None:
        return f"- <#{place.channel}>: {purpose}"
    due = _("next {when}", when=timestamp(place.due_at, "R"))
    return f"- <#{place.channel}>: {purpose}, {due}"


def reported(song: Song, report: NewReport, link: str | None) -> str:
    """What was reported and why; never by whom."""
    reason = _(REASONS[report.reason])
    why = f"{reason}: {report.words}" if report.words else reason
    said = [_("**Reported:** {song}", song=formatting.song_name(song)), escape(why, 400)]
    if link:
        said.append("-# " + _("It was on {link}", link=link))
    return "\n".join(said)


def since(digest: Digest) -> str:
    return _("Since {day}", day=day(digest))


def day(digest: Digest) -> str:
    """The day a digest counts from, the same in every language: that's how a posted one is recognised."""
    return timestamp(digest.since, "D")


def counted(kind: str, number: int) -> str:
    match kind:
        case "post":
            return plural("{count} song in the feed's channel", "{count} songs in the feed's channel", number)
        case "like":
            return plural("{count} like", "{count} likes", number)
        case "add":
            return plural("{count} song added to a playlist", "{count} songs added to playlists", number)
        case "repost":
            return plural("{count} repost", "{count} reposts", number)
        case "comment":
            return plural("{count} conversation about a song", "{count} conversations about songs", number)
        case "round":
            return plural("{count} round", "{count} rounds", number)
        case _:
            return plural("{count} song in a shared playlist", "{count} songs in shared playlists", number)
