"""Matches: the question to a member, what two members have in common, and whom one agreed with."""

from bot.core.markup import timestamp
from bot.core.records import Song
from bot.core.social.records import Agreement
from bot.core.social.taste_match import LEAST, VAGUE, Comparison
from bot.flows.social.match_consent import OPEN_FOR
from bot.flows.social.taste_match import TasteMatch
from bot.messages import N_, _, formatting

ANSWERED = N_("That question is answered.")
DECLINED = N_("Noted: no match. They aren't told, and can't ask you again for a week.")
ENDED = N_("That match is over: neither of you sees it any more.")
NOBODY = N_("You have no match and no open question. `/match` with a member asks them.")
NOTHING_SHARED = N_("No song you both like yet.")
YOUR_MATCHES = N_("**Your matches**")
BOTH_LIKE = N_("**You both like**")
FROM_THEM = N_("**From them to you**")
FROM_YOU = N_("**From you to them**")
MEANINGS = (  # from this number on
    (80, N_("much the same taste")),
    (55, N_("a lot in common")),
    (30, N_("quite a bit in common")),
    (10, N_("a little in common")),
    (0, N_("hardly more in common than strangers")),
)
SURE = N_("I'm quite sure: give or take {within}, from at least {songs} songs on either side.")
FAIRLY_SURE = N_("I'm fairly sure: give or take {within}, from at least {songs} songs on either side.")
A_GUESS = N_("It's a first guess: give or take {within}, from at least {songs} songs on either side.")
CERTAINTY = ((6, SURE), (15, FAIRLY_SURE), (VAGUE, A_GUESS))  # up to so many points to either side


def question(asked: Agreement) -> str:
    """For the member who is asked, in the channel."""
    return _(
        "<@{other}>, <@{member}> would like to know what your tastes have in common. If you accept, you two see a "
        "number, songs you both like, and songs to trade; nobody else does. I work it out from the likes you both "
        "share in the feed. Either of you can end it at any time. You can also ignore this.",
        other=str(asked.other),
        member=str(asked.member),
    )


def asking(question: Agreement) -> str:
    return _("I'm asking <@{other}>.", other=str(question.other))


def asked(question: Agreement) -> str:
    return _(
        "I've asked <@{other}> here, and I'll tell you if they accept. The question expires {when}.",
        other=str(question.other),
        when=timestamp(question.asked_at + OPEN_FOR, "R"),
    )


def agreed(other: int) -> str:
    return _("<@{other}> agreed to compare tastes with you.", other=str(other))


def result(match: TasteMatch) -> str:
    """The number, what it means and how sure it is; without one, why there's none."""
    comparison = match.comparison
    if comparison is None:
        return "\n".join([_("**You and <@{other}>**", other=str(match.other)), _too_little()])
    said = _(
        "**You and <@{other}>: {number} of 100**, {meaning}.",
        other=str(match.other),
        number=comparison.number,
        meaning=_(meaning(comparison)),
    )
    return f"{said}\n-# {_scale()} {confidence(comparison)}"


def _too_little() -> str:
    return _(
        "I know too little to put a number on it. It takes at least {least} liked songs whose sound I know on either "
        "side, and songs of others to compare with.",
        least=LEAST,
    )


def _scale() -> str:
    return _("0 is what two strangers here have in common, 100 what each of you has in common with yourself.")


def meaning(comparison: Comparison) -> str:
    return next(words for least, words in MEANINGS if comparison.number >= least)


def confidence(comparison: Comparison) -> str:
    """How sure the number is, in words and points."""
    words = next(words for most, words in CERTAINTY if comparison.within <= most)
    return _(words, within=comparison.within, songs=comparison.likes)


def line(song: Song) -> str:
    return f"- {formatting.song_name(song, 80)}"


def waiting(other: int) -> str:
    return _("<@{other}>: asked, no answer yet", other=str(other))
