"""Common: what the bot says. Pure: values in, Markdown out. Dry, warm, no exclamation marks."""

from datetime import datetime

from bot.core.markup import timestamp
from bot.core.records import Member
from bot.messages import N_

OLD_BUTTON = N_("I do not know that button any more. `/help` says what is next.")
OLD_COMMAND = N_("That command has changed. Discord shows the new one in a minute.")
TWICE = N_("I already got that one. If nothing happened, please try again.")
DEFECT = N_("Something went wrong on my side. Nothing was lost; please try again.")
HAVE_NEWS = N_(
    "I had news for you and couldn't reach you by direct message. `/status` shows where you stand; to get the "
    "next one, allow direct messages from this server."
)
CANCELLED = N_("Nothing was changed.")
NOT_HERE = N_("I cannot post there. Ask for a channel that both of us may write in.")


def muted(until: datetime | None, member: Member | None) -> str:
    if member is not None and member.updates == "off":
        return f"{'Silent' if until else 'Not muted any more'}: updates are off anyway. `/updates` switches them on."
    if until is None:
        return "Not muted any more."
    return f"Silent until {timestamp(until, 'f')}. What happens meanwhile I tell you afterwards."
