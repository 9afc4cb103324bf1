"""Messages: what people read, in their own language. English stands in the code, the others in `bot/locales`.

`_("{songs} in {name}", songs=…, name=…)` translates a sentence, then fills it in; `plural("{count} song",
"{count} songs", n)` picks the form for `n`, which it fills in as `count`. `N_("…")` marks a sentence that is translated
where it's shown. Sentences must be literals: that's how `make messages` finds them (gettext's way).
"""

from bot.messages.language import ENGLISH as ENGLISH
from bot.messages.language import LANGUAGES as LANGUAGES
from bot.messages.language import N_ as N_
from bot.messages.language import _ as _
from bot.messages.language import language_name as language_name
from bot.messages.language import language_of as language_of
from bot.messages.language import listed as listed
from bot.messages.language import number as number
from bot.messages.language import plural as plural
from bot.messages.language import speak as speak
from bot.messages.language import speaking as speaking
from bot.messages.language import spoken as spoken
