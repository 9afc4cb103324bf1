"""What can go wrong between members: rounds, shared playlists, profiles, matches, reposts and reports."""

from dataclasses import dataclass
from datetime import datetime

from bot.errors import BadChoice, MemberError, NotYours


@dataclass(eq=False)
class LimitReached(BadChoice):
    """A list holds as many entries as it may."""

    most: int


class Hidden(BadChoice):
    """They're hidden, and this would show them to others."""


class Yourself(BadChoice):
    """They named themselves where another member is meant."""


class NotInServer(BadChoice):
    """They asked about members outside the server they're in."""


class ManagersOnly(BadChoice):
    """Only members who can manage the server may do that."""


class SongBarred(BadChoice):
    """The server doesn't want that song."""


# Rounds


class NotForRounds(BadChoice):
    """The channel wasn't given to rounds."""


class RoundUnderWay(BadChoice):
    """There's already a round in the channel."""


class NoRound(BadChoice):
    """There's no round in the channel, or it's over."""


@dataclass(eq=False)
class BadHours(BadChoice):
    """A round's phases last from an hour to `most` hours."""

    most: int


class RoundsToday(LimitReached):
    """They've started as many rounds in 24 hours as they may."""


class EntriesClosed(BadChoice):
    """The round doesn't take songs any more."""


class RoundFull(LimitReached):
    """The round has as many songs as a ballot holds."""


class SongTaken(BadChoice):
    """Another member entered that song."""


class TooFewEntries(BadChoice):
    """Too few songs have been entered to vote on."""


class NotVoting(BadChoice):
    """The round isn't at the votes, or past them."""


@dataclass(eq=False)
class BadVotes(BadChoice):
    """The votes are too many, or not for songs of this round."""

    most: int


class OwnSong(BadChoice):
    """They voted for their own song."""


class NotRoundHost(NotYours):
    """They neither started the round nor manage its server."""


class RoundHasPlaylist(BadChoice):
    """A playlist was already made of the round."""


# Shared playlists


class NoSuchShared(BadChoice):
    """There's no such shared playlist, or they may not see it there."""


@dataclass(eq=False)
class SharedNameTaken(BadChoice):
    """They can already see a shared playlist of that name."""

    name: str


class SharedEnded(BadChoice):
    """The shared playlist has ended."""


class ServerFull(LimitReached):
    """The server has as many shared playlists as it may."""


class HostingFull(LimitReached):
    """They host as many shared playlists as they may."""


class GroupsFull(LimitReached):
    """They're in as many groups as they may."""


class GroupFull(LimitReached):
    """The group has as many members as it may."""


class SongThere(BadChoice):
    """The song is already in the playlist."""


class VotedOut(BadChoice):
    """The song was voted out."""


class RecordFull(LimitReached):
    """The playlist has as many songs on record as it may."""


class AddsToday(LimitReached):
    """They've added as many songs in 24 hours as they may."""


class MoreThanHalf(BadChoice):
    """More than half the songs would be theirs."""


class NotOnRecord(BadChoice):
    """The song isn't on the playlist's record."""


class HostsOnly(BadChoice):
    """Only the host may do that."""


class HostStays(BadChoice):
    """The host can't leave, or be removed, while they host."""


class HostedByAnother(BadChoice):
    """Another member hosts the playlist."""


class RemovedFromGroup(BadChoice):
    """The host removed them from the group."""


class NotInGroup(BadChoice):
    """That member isn't in the group."""


# Profiles, follows and matches


class ShowsNothing(BadChoice):
    """Their own profile shows nothing yet."""


class ShowsNothingNow(BadChoice):
    """The profile's owner is gone, or shows nothing any more."""


@dataclass(eq=False)
class TooFewForMap(BadChoice):
    """Too few of the likes have a known sound for a taste map."""

    least: int


class MapNotDrawn(BadChoice):
    """The taste map couldn't be drawn."""


class ShowsNoReposts(BadChoice):
    """The member doesn't show their reposts."""


class FollowingFull(LimitReached):
    """They follow as many members as they may."""


class NotJoined(BadChoice):
    """They haven't joined the feed, so there's nothing to compare."""


class NotAskable(BadChoice):
    """The member can't be asked for a match now; whichever reason it is, it isn't said."""


class AskedAlready(BadChoice):
    """Their question to that member is still open."""


class QuestionsFull(LimitReached):
    """As many of their questions wait for a yes as may."""


class MatchesFull(LimitReached):
    """They've asked as many members for a match as they may."""


class QuestionOver(BadChoice):
    """The question was answered, withdrawn, or is too old."""


class QuestionForAnother(NotYours):
    """The question was put to another member."""


class MatchOver(BadChoice):
    """The match was ended, or one of the two shares nothing now."""


class NotPosted(BadChoice):
    """Discord didn't take the question."""


class NotSeenHere(BadChoice):
    """The member who is asked can't see the channel."""


class AskerLeft(BadChoice):
    """The member who asked has left the server."""


# Reposts, comments and reports


class NotInChannel(BadChoice):
    """A repost needs a server."""


class NoRepostChannel(BadChoice):
    """The server has no channel for reposts."""


@dataclass(eq=False)
class AlreadyReposted(MemberError):
    """They reposted that song in that server in the last seven days."""

    repost: int
    at: datetime


class RepostsToday(LimitReached):
    """They've reposted as many songs in 24 hours as they may."""


class RepostsFull(LimitReached):
    """They have as many active reposts as they may."""


class NotYourRepost(BadChoice):
    """That repost isn't theirs, or was deleted."""


class RepostRefused(BadChoice):
    """Discord doesn't let us post in the channel for reposts."""


class RepostsLimited(BadChoice):
    """Discord wants no more posts in the channel for reposts for a while."""


class RepostUnseen(BadChoice):
    """They can't see the channel for reposts any more."""


class CommentsInChannels(BadChoice):
    """Only songs that others can see take comments."""


class InThread(BadChoice):
    """The message is in a thread already."""


class NoThreads(BadChoice):
    """We may not create threads there."""


class NoSongFound(BadChoice):
    """There's no song we know in the message."""


class AlreadyReported(BadChoice):
    """They've already reported that song."""


class ReportsToday(LimitReached):
    """They've reported as many songs in 24 hours as they may."""


# Server channels


class BotNotInServer(BadChoice):
    """The bot isn't in the server: it can't post there, nor ask who's a member."""


@dataclass(eq=False)
class MissingPermissions(BadChoice):
    """The bot lacks permissions in a channel. missing: Discord's names of them."""

    channel: int
    missing: tuple[str, ...]
