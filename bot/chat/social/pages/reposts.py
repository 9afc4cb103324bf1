"""Reposts: what a member reads when they post a song, talk about it, or report it."""

from bot.chat import ids, layout
from bot.chat.layout import Form, Page
from bot.core import limits
from bot.core.social.records import Repost
from bot.errors.social import AlreadyReposted
from bot.flows.social.reposts import Offer
from bot.messages import _
from bot.messages.social import reposts as messages


def asks(offer: Offer) -> Page:
    """Ask before a song is posted with the member's name."""
    post = layout.button(_("Post it"), ids.of("repost", offer.entry.key), layout.PRIMARY)
    return Page(messages.asks(offer), layout.row(post))


def posted(repost: Repost) -> Page:
    return Page(messages.posted(repost), _delete(repost.repost))


def already(error: AlreadyReposted) -> Page:
    return Page(messages.already(error), _delete(error.repost))


def _delete(repost: int) -> layout.Row:
    return layout.row(layout.button(_("Delete it"), ids.of("unrepost", repost)))


def report_form(key: str) -> Form:
    options = [layout.option(_(words), reason) for reason, words in messages.REASONS.items()]
    return Form(
        _("Report this song"),
        ids.of("freporting", key),
        layout.choice(_("What's wrong with it?"), "reason", options),
        layout.paragraph(_("Anything to add?"), "words", limits.REPORT_WORDS),
    )
