"""`make messages`: bring every language's PO files up to date with the code."""

from bot.locales.catalogue import renew
from bot.messages import ENGLISH, LANGUAGES

for language in LANGUAGES:
    if language != ENGLISH:
        print(f"{language}: {renew(language)} sentences without a translation")
