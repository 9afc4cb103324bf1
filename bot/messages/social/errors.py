"""What members read when something between them doesn't work."""

from bot.errors import social as errors
from bot.messages import N_, _, listed
from bot.messages.wording import Wordings

PERMISSIONS = {  # as Discord's settings call them
    "view_channel": N_("View Channel"),
    "send_messages": N_("Send Messages"),
    "embed_links": N_("Embed Links"),
    "attach_files": N_("Attach Files"),
    "read_message_history": N_("Read Message History"),
}


def _missing(error: errors.MissingPermissions) -> str:
    return _(
        "I can't post in <#{channel}> yet: I need {permissions} there. Allow that, then ask me again.",
        channel=str(error.channel),
        permissions=listed(_(PERMISSIONS.get(name, name)) for name in error.missing),
    )


ERRORS: Wordings = {
    errors.Hidden: N_("You're hidden, so I show others nothing of yours. `/profile show` has a button that ends that."),
    errors.Yourself: N_("That's you."),
    errors.NotInServer: N_("Ask me that in a server: I only show you its members, and what they repost there."),
    errors.ManagersOnly: N_("Only someone who can manage this server can do that."),
    errors.SongBarred: N_("This server doesn't want that song."),
    # Rounds
    errors.NotForRounds: N_(
        "Rounds are played in channels that were chosen for them. Someone who manages the server can choose one with "
        "`/server`."
    ),
    errors.RoundUnderWay: N_("There's already a round in this channel."),
    errors.NoRound: N_("There's no round in this channel right now."),
    errors.BadHours: N_("Songs and votes each get 1 to {most} hours."),
    errors.RoundsToday: N_(
        "You've started {most} rounds in 24 hours, and that's the most. Let someone else start the next one."
    ),
    errors.EntriesClosed: N_("That round doesn't take songs any more."),
    errors.RoundFull: N_("That round is full: it takes {most} songs. The next one has room."),
    errors.SongTaken: N_("Someone has already entered that song. Choose another."),
    errors.TooFewEntries: N_("There are too few songs to vote on."),
    errors.NotVoting: N_("You can't vote in that round: the votes haven't started, or they're over."),
    errors.BadVotes: N_("Choose 1 to {most} songs from this round."),
    errors.OwnSong: N_("You can't vote for your own song."),
    errors.NotRoundHost: N_("Only whoever started the round, or manages the server, can do that."),
    errors.RoundHasPlaylist: N_("This round already has its playlist. `/shared list` shows it."),
    # Shared playlists
    errors.NoSuchShared: N_(
        "I can't find that shared playlist here. You see a server's in that server, and a group's once you've joined."
    ),
    errors.SharedNameTaken: N_("There's already a shared playlist called {name}."),
    errors.SharedEnded: N_("That playlist has ended. It goes on as soon as someone hosts it with `/shared host`."),
    errors.ServerFull: N_("This server has {most} shared playlists, and that's the most. `/shared end` makes room."),
    errors.HostingFull: N_(
        "You host {most} shared playlists, and that's the most. `/shared end` or `/shared host` makes room."
    ),
    errors.GroupsFull: N_("You're in {most} groups, and that's the most. `/shared leave` makes room."),
    errors.GroupFull: N_("{most} members are in that group, and that's the most. Someone has to leave first."),
    errors.SongThere: N_("That song is already in it."),
    errors.VotedOut: N_("That song was voted out. It comes back once more members vote keep than drop."),
    errors.RecordFull: N_("It's full: {most} songs are on record, and that's the most. `/shared new` starts another."),
    errors.AddsToday: N_("You've added {most} songs in 24 hours. You can go on when the first of them is a day old."),
    errors.MoreThanHalf: N_("More than half the songs would be yours; let someone else add one."),
    errors.NotOnRecord: N_("That song isn't on the playlist's record any more."),
    errors.HostsOnly: N_("Only the host can do that."),
    errors.HostStays: N_(
        "You host it. Before you leave, stop hosting with `/shared host`, or end it with `/shared end`."
    ),
    errors.HostedByAnother: N_("Someone else hosts it. They can stop hosting with `/shared host`."),
    errors.RemovedFromGroup: N_("The host removed you from that group. Only they can let you back in."),
    errors.NotInGroup: N_("They aren't in that group."),
    # Profiles, follows and matches
    errors.ShowsNothing: N_("Your profile shows nothing yet. Use `/profile edit` to choose what others see."),
    errors.ShowsNothingNow: N_("They don't show anything any more."),
    errors.TooFewForMap: N_("A taste map needs {least} liked songs whose sound I know."),
    errors.MapNotDrawn: N_("I couldn't draw the taste map just now."),
    errors.ShowsNoReposts: N_("They don't show what they repost, so there's nothing to follow."),
    errors.FollowingFull: N_("You follow {most} members, and that's the most. `/follow remove` makes room."),
    errors.NotJoined: N_(
        "A match compares what you two like in the feed, and you haven't joined it. Use `/feed join`, then try again."
    ),
    errors.NotAskable: N_(
        "I can't ask them right now: they've never used me, they're hidden, or a match or question between you two was "
        "ended or declined in the last week."
    ),
    errors.AskedAlready: N_("You've already asked them. The question is open for seven days, and they may ignore it."),
    errors.QuestionsFull: N_(
        "{most} of your questions from the last seven days haven't been accepted. Wait for those first."
    ),
    errors.MatchesFull: N_(
        "You've asked {most} members for a match, and that's the most. `/match` with one of them can end it."
    ),
    errors.QuestionOver: N_("That question is over: it was answered or withdrawn, or seven days have passed."),
    errors.QuestionForAnother: N_("That question is for someone else."),
    errors.MatchOver: N_("That match is over, or one of you isn't sharing anything right now."),
    errors.NotPosted: N_("Discord didn't let me post the question, so nobody was asked. Try another channel."),
    errors.NotSeenHere: N_("They can't see this channel, so they'd never read the question. Ask in another one."),
    errors.AskerLeft: N_(
        "They're no longer in this server, so there's nothing to accept. You can ignore the question."
    ),
    # Reposts, comments and reports
    errors.NotInChannel: N_(
        "Reposts go into a server's channel. Press Repost under a song there; in direct messages nobody would see it."
    ),
    errors.NoRepostChannel: N_(
        "This server has no channel for reposts. Someone who manages it can choose one with `/server`."
    ),
    errors.AlreadyReposted: N_("You've already reposted that song here in the last seven days."),
    errors.RepostsToday: N_(
        "You've reposted {most} songs in 24 hours. You can go on when the first of them is a day old."
    ),
    errors.RepostsFull: N_("{most} of your reposts are up, and that's the most. Delete one to make room."),
    errors.NotYourRepost: N_("That isn't a repost of yours, or it's already deleted."),
    errors.RepostRefused: N_(
        "Discord doesn't let me post in the channel for reposts. Someone who manages this server can fix that."
    ),
    errors.RepostsLimited: N_(
        "Discord takes no more posts in the channel for reposts right now. Try again in an hour or so."
    ),
    errors.RepostUnseen: N_("You can't see that server's channel for reposts any more, so I won't post there for you."),
    errors.CommentsInChannels: N_(
        "Comments go where others can see them: press Comment under a song in a channel. I don't read what you write."
    ),
    errors.InThread: N_("This is a thread already: just write."),
    errors.NoThreads: N_(
        "I can't create threads here. Someone who manages this server can allow me Create Public Threads."
    ),
    errors.NoSongFound: N_(
        "I can't find a song I know in that message. I know songs by their link to Spotify, and those on my own cards."
    ),
    errors.AlreadyReported: N_("You've already reported that song."),
    errors.ReportsToday: N_(
        "You've reported {most} songs in 24 hours. You can go on when the first of them is a day old."
    ),
    # Server channels
    errors.BotNotInServer: N_(
        "I'm not in this server, only with you, so that doesn't work here. Someone who manages it can add me."
    ),
    errors.MissingPermissions: _missing,
}
