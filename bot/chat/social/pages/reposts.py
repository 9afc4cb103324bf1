"""Passing: what a member reads when they pass a song on, talk about it, or report it."""

from bot.chat import ids, layout
from bot.chat.layout import Form, Page
from bot.core import limits
from bot.core.markup import timestamp
from bot.core.social.records import Repost
from bot.errors.social import AlreadyReposted
from bot.flows.feed.catalogue import Entry
from bot.flows.social.reports import REASONS
from bot.flows.social.reposts import Offer
from bot.messages import formatting

MAY_I = "Post {song} in <#{channel}>, with your name? Everybody there sees it."
POSTED = "Posted: {link}"
ALREADY = "You reposted that one here {when}; once a week is as often as it goes."
TAKING_BACK = "I'm taking it back; the message goes in a moment."
MEANWHILE = "That was taken back meanwhile; nothing stays posted."
OPENED = "Here is the place to talk about it: <#{thread}>. I read nothing of what is said."
REPORT = "What is amiss?"
TO_SERVER = "Those who run this server hear of it, without your name."
TO_OPERATOR = "Whoever runs this bot hears of it, without your name."
KNOWN_THERE = "It was reported in this server today for the same reason; I don't post that twice."
REPORTED = "Thank you: {song} is reported, and I do not show it to you any more. {who}"


def confirm(offer: Offer) -> Page:
    """Nothing is posted yet."""
    said = MAY_I.format(song=formatting.song_name(offer.entry.song), channel=offer.channel)
    return Page(said, layout.row(layout.button("Post it", ids.of("repost", offer.entry.key), layout.PRIMARY)))


def posted(repost: Repost) -> Page:
    return Page(POSTED.format(link=link(repost.server, repost.channel, repost.message)), _take_back(repost.repost))


def already(found: AlreadyReposted) -> Page:
    return Page(ALREADY.format(when=timestamp(found.at, "R")), _take_back(found.repost))


def _take_back(repost: int) -> layout.Row:
    return layout.row(layout.button("Take it back", ids.of("unrepost", repost)))


def report_form(key: str) -> Form:
    options = [layout.option(label, reason) for reason, label in REASONS.items()]
    return Form(
        "Report this song",
        ids.of("freporting", key),
        layout.choice(REPORT, "reason", options),
        layout.field("Anything to add?", "words", limits.REPORT_WORDS, long=True, needed=False),
    )


def reported(entry: Entry, who: str) -> Page:
    """who: hears of it."""
    return Page(REPORTED.format(song=formatting.song_name(entry.song), who=who))


def link(server: int | None, channel: int | None, message: int | None) -> str:
    """The address of a message, in Discord's own client."""
    return f"https://discord.com/channels/{server}/{channel}/{message}"
