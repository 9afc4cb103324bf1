"""What members read in any room. Pure: values in, Markdown out. Dry, warm, no exclamation marks."""

from datetime import datetime

from bot.core.markup import timestamp
from bot.core.records import Member
from bot.messages import N_, _

OLD_BUTTON = N_("I don't know that button any more. `/help` shows what's next.")
OLD_COMMAND = N_("That command has changed. Discord shows the new one in a minute.")
TWICE = N_("I've already got that one. If nothing happened, please try again.")
DEFECT = N_("Something went wrong on my side. Nothing was lost; please try again.")
HAVE_NEWS = N_(
    "I had news for you and couldn't reach you by direct message. `/status` shows where you stand; to get the "
    "next one, allow direct messages from this server."
)
CANCELLED = N_("Nothing was changed.")
UNMUTED = N_("No longer muted.")
UNMUTED_BUT_OFF = N_("No longer muted, but updates are off. `/updates` switches them on.")
MUTED_BUT_OFF = N_("Muted, though updates are off anyway. `/updates` switches them on.")
SET_ASIDE = {
    "notice": N_("I have news for you but failed to write it five times. I'll try again once a day."),
    "poll": N_("I failed to check your likes five times in a row. I'll try again once a day; `/sync` tries now."),
}
SOMETHING_SET_ASIDE = N_(
    "Something I do for you in the background failed five times in a row. I'll try again once a day."
)


def muted(until: datetime | None, member: Member | None) -> str:
    if member is not None and member.updates == "off":
        return _(MUTED_BUT_OFF if until else UNMUTED_BUT_OFF)
    if until is None:
        return _(UNMUTED)
    return _("Muted until {until}. I'll tell you afterwards what happened.", until=timestamp(until, "f"))


def set_aside(work: str, reference: str) -> str:
    """What failed too often, by the kind of work, and the reference under which the log has it."""
    lost = _("Nothing was lost. Whoever runs this bot can look up `#{reference}`.", reference=reference)
    return f"{_(SET_ASIDE.get(work, SOMETHING_SET_ASIDE))} {lost}"
