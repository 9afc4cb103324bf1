"""Reposts, comments and reports: what a member reads when they post a song, talk about it, or report it."""

from collections.abc import Mapping

from bot.core.markup import timestamp
from bot.core.records import Song
from bot.core.social.records import Repost
from bot.errors.social import AlreadyReposted
from bot.flows.social.reports import Reason
from bot.flows.social.reposts import Offer
from bot.messages import N_, _, formatting

DELETING = N_("I'm deleting it; the message goes in a moment.")
MEANWHILE = N_("You deleted that meanwhile, so nothing stays posted.")
WHICH = N_("Songs like which of these?")
REASONS: Mapping[Reason, str] = {
    Reason.WRONG: N_("It isn't the song it says it is"),
    Reason.OFFENSIVE: N_("Its title, cover or sound is offensive"),
    Reason.SPAM: N_("It's posted again and again"),
    Reason.OTHER: N_("Something else"),
}


def asks(offer: Offer) -> str:
    return _(
        "Post {song} in <#{channel}> with your name? Everyone there sees it.",
        song=formatting.song_name(offer.entry.song),
        channel=str(offer.channel),
    )


def posted(repost: Repost) -> str:
    return _("Posted: {link}", link=link(repost.server, repost.channel, repost.message))


def already(error: AlreadyReposted) -> str:
    return _("You reposted that song here {when}. You can repost a song once a week.", when=timestamp(error.at, "R"))


def opened(thread: int) -> str:
    return _("Talk about it here: <#{thread}>. I don't read what you write there.", thread=str(thread))


def reported(song: Song, *, known: bool, server: bool) -> str:
    """known: the server has the same report from today; server: its managers were told, or else the operator."""
    name = formatting.song_name(song)
    if known:
        return _(
            "Thanks: {song} is reported, and I won't show it to you any more. It was reported in this server today for "
            "the same reason; I don't post that twice.",
            song=name,
        )
    if server:
        return _(
            "Thanks: {song} is reported, and I won't show it to you any more. The people who manage this server hear "
            "about it, without your name.",
            song=name,
        )
    return _(
        "Thanks: {song} is reported, and I won't show it to you any more. Whoever runs this bot hears about it, "
        "without your name.",
        song=name,
    )


def link(server: int | None, channel: int | None, message: int | None) -> str:
    """The address of a message, in Discord's own client."""
    return f"https://discord.com/channels/{server}/{channel}/{message}"
