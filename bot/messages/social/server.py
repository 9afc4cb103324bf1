"""Servers: what those who manage one read: where I post, what was reported, how the week was."""

from collections.abc import Mapping, Sequence

from bot.core.markup import escape, timestamp
from bot.core.records import Song
from bot.core.social.records import Place
from bot.flows.social.digest import Digest
from bot.flows.social.reports import NewReport
from bot.flows.social.server_channels import Purpose
from bot.messages import N_, _, formatting, plural
from bot.messages.social.reposts import REASONS

WHERE = N_("**Where I post in this server**")
NOWHERE = N_("**I don't post anywhere in this server**, until you choose a channel here.")
PURPOSES: Mapping[Purpose, str] = {
    Purpose.FEED: N_("**Songs for everyone**: everyone sees what `/feed play` shows there; elsewhere it's private."),
    Purpose.REPOSTS: N_("**Reposts**: songs with a member's name, only when they press Repost."),
    Purpose.ROUNDS: N_("**Rounds**: `/round start` works there."),
    Purpose.DIGEST: N_("**The week in counts**: once a week, how much happened here, never who."),
    Purpose.REPORTS: N_("**Reported songs**, without who reported them."),
}
BARRED = N_("It isn't posted in this server any more. Where it was posted, it goes in a moment.")
UNBARRED = N_("It can be posted in this server again.")
LEFT_BE = N_("Looked into: nothing's wrong with it.")
WEEK = N_("**The week here**")
QUIET = N_("A quiet one: not enough happened to count it without giving away whose it was.")


def purpose(kind: Purpose, places: Sequence[Place]) -> str:
    """What a channel is chosen for, and when the next digest is due."""
    due = [_("Next {when}.", when=timestamp(place.due_at, "R")) for place in places if place.due_at is not None]
    return " ".join([_(PURPOSES[kind]), *due])


def threads(channel: int) -> str:
    return _("For comments in <#{channel}> I also need Create Public Threads there.", channel=str(channel))


def reported(song: Song, report: NewReport, link: str | None) -> str:
    """What was reported and why; never by whom."""
    reason = _(REASONS[report.reason])
    why = formatting.told_of(reason, report.words) if report.words else reason
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
