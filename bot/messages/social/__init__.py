"""Social: what the bot says about what members do together."""

from bot.messages import N_
from bot.messages.social.errors import ERRORS as ERRORS

NOT_WRITTEN = N_("I can't write the shared playlists you host.")
