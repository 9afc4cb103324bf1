"""Matches: the question to somebody, what two members have in common, and with whom one agreed."""

from collections.abc import Sequence

import discord

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.core.markup import timestamp
from bot.core.social.records import Agreement
from bot.core.social.taste_match import LEAST, VAGUE, Meeting
from bot.flows.feed.catalogue import Entry
from bot.flows.social.match_consent import OPEN_FOR
from bot.flows.social.taste_match import TasteMatch
from bot.messages import formatting

IF_YOU_ACCEPT = (
    "If you accept, the two of you see a number, songs that both like and songs to trade; nobody else does. It is "
    "worked out from the likes that you both share in the feed. Either can end it at any time. You can also leave this "
    "alone."
)
ANSWERED = "That question is answered."
DECLINED = "Noted: no match. They are not told, and cannot ask you again for a week."
ENDED = "That match is over: neither of you sees it any more."
NOBODY = "You have no match, and no question is open. `/match` with a member asks one."
NOTHING_SHARED = "No song that both of you like yet."
TOO_LITTLE = (
    f"I know too little to put a number to it. It takes more liked songs of which I know how they sound, {LEAST} at "
    "least on either side, and songs of others to compare with."
)
SCALE = "0 is what two strangers here have in common, 100 what either of you has in common with themselves."
MEANINGS = (  # from this number on
    (80, "much the same taste"),
    (55, "a lot in common"),
    (30, "a good deal in common"),
    (10, "a little in common"),
    (0, "hardly more in common than strangers"),
)
CERTAINTY = ((6, "quite sure"), (15, "fairly sure"), (VAGUE, "a first guess"))  # up to so many points to either side
MOST_LISTED = 12  # each with a button: Discord takes 40 components


def question(asked: Agreement) -> Page:
    """For the one asked, in the channel; of the two, they alone are mentioned."""
    return Page(
        f"<@{asked.other}>, <@{asked.member}> would like to know what your tastes have in common. {IF_YOU_ACCEPT}",
        layout.row(
            layout.button("Accept", ids.of("matchyes", asked.agreement), layout.GREEN),
            layout.button("No thanks", ids.of("matchno", asked.agreement)),
        ),
    )


def asked(question: Agreement) -> Page:
    """For the asker."""
    until = timestamp(question.asked_at + OPEN_FOR, "R")
    return Page(
        f"I have asked <@{question.other}> here. If they accept, I tell you. The question lapses {until}.",
        layout.row(layout.button("Take it back", ids.of("matchend", question.agreement))),
    )


def agreed(agreement: int, other: int) -> Page:
    """For the asker, where the answer did not find them waiting: a door, so that it is gone when either ends it."""
    look = layout.button("Look", ids.of("matchlook", agreement), layout.PRIMARY)
    return Page(f"<@{other}> agreed to compare tastes with you.", layout.row(look))


def result(found: TasteMatch) -> Page:
    """What two have in common, as one of them sees it."""
    return Page(
        _number(found),
        _titled("Both of you like", found.both) if found.both else NOTHING_SHARED,
        *_traded(found.mine),
        _titled("From you to them", found.theirs) if found.theirs else None,
        layout.row(layout.button("End this match", ids.of("matchend", found.agreement), layout.RED)),
    )


def _number(found: TasteMatch) -> str:
    who, met = f"You and <@{found.other}>", found.meeting
    if met is None:
        return f"**{who}**\n{TOO_LITTLE}"
    return f"**{who}: {met.number} of 100**, {meaning(met)}.\n{layout.small(f'{SCALE} {sureness(met)}')}"


def meaning(met: Meeting) -> str:
    return next(said for least, said in MEANINGS if met.number >= least)


def sureness(met: Meeting) -> str:
    """How sure the number is, in words and points."""
    said = next(said for most, said in CERTAINTY if met.within <= most)
    least = formatting.count(met.likes, "song")
    return f"It is {said}: give or take {met.within}, from {least} at least on either side."


def _titled(title: str, entries: Sequence[Entry]) -> str:
    lines = [f"- {formatting.song_name(each.song, 80)}" for each in entries]
    return f"**{title}**\n{formatting.lines(lines, 1000)}"


def _traded(entries: Sequence[Entry]) -> list[Item]:
    """Songs for the reader, each with what they can do about it."""
    return [
        item
        for at, each in enumerate(entries)
        for item in (
            layout.text(("**From them to you**\n" if at == 0 else "") + f"- {formatting.song_name(each.song, 80)}"),
            layout.row(
                layout.button("More like this", ids.of("alike", each.key)),
                layout.button("Not for me", ids.of("away", each.key)),
            ),
        )
    ]


def listed(found: Sequence[Agreement], member: int) -> Page:
    """With whom a member agreed and whom they asked, each with a way out."""
    if not found:
        return Page(NOBODY)
    items = [item for each in found[:MOST_LISTED] for item in _line(each, member)]
    return Page("**Your matches**", *items)


def _line(agreement: Agreement, member: int) -> list[Item]:
    name, end = f"<@{agreement.beside(member)}>", ids.of("matchend", agreement.agreement)
    if agreement.agreed_at is None:
        return [_beside(f"{name}: asked, no answer yet", layout.button("Take it back", end))]
    return [_beside(name, layout.button("Look", ids.of("matchlook", agreement.agreement)))]


def _beside(text: str, tap: layout.Tap) -> Item:
    return discord.ui.Section(layout.text(text), accessory=tap)
