"""Language: the one that whoever reads a message has chosen, and its catalogue (GNU gettext's PO files, read by Babel).

It's a context variable: handlers of one interaction speak one language, whatever runs beside them.
"""

import gettext
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import localedata
from babel.dates import format_date
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LOCALES = Path(__file__).parents[1] / "locales"
ENGLISH = "en"
LANGUAGES = (ENGLISH, *sorted(path.name for path in LOCALES.iterdir() if path.is_dir() and path.name != "__pycache__"))
STYLES = {ENGLISH: "en_GB"}  # "A, B and C", where en_US has one more comma
_locale: ContextVar[str] = ContextVar("locale", default=ENGLISH)


def language_of(locale: str, languages: Sequence[str] = LANGUAGES) -> str | None:
    """Return which language a locale reads, None if none: pt_BR for "pt-BR", and for "pt-PT" if we have no other."""
    wanted = locale.replace("-", "_").lower()
    exact = (language for language in languages if language.lower() == wanted)
    related = (language for language in languages if _root(language) == _root(wanted))
    return next(exact, next(related, None))


def _root(locale: str) -> str:
    return locale.partition("_")[0]


def speak(locale: str | None) -> None:
    """Speak a locale's language from now on in this task; English if there's no catalogue. `locale`: as "en-GB"."""
    _locale.set(locale or ENGLISH)


def spoken() -> str:
    """Return the language spoken in this task, as the web names it: "de", "pt-BR"."""
    return _language().replace("_", "-")


def _language() -> str:
    return language_of(_locale.get()) or ENGLISH


@contextmanager
def speaking(locale: str | None) -> Iterator[None]:
    """Speak that language inside the block."""
    before = _locale.get()
    speak(locale)
    try:
        yield
    finally:
        _locale.set(before)


def _(sentence: str, **values: Any) -> str:
    """Return the sentence in the reader's language, filled in; whole numbers as that language writes them."""
    return _filled(_catalogue(_language()).gettext(sentence), values)


def plural(one: str, many: str, count: int, **values: Any) -> str:
    """Return the form for `count`, which is filled in too."""
    return _filled(_catalogue(_language()).ngettext(one, many, count), {"count": count, **values})


def N_(sentence: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a sentence for the catalogue; `_` translates it where it's shown."""
    return sentence


def language_name(language: str) -> str:
    """Return what a language of ours calls itself: "Deutsch"."""
    return _catalogue(language).gettext(N_("English"))  # not Babel's name: Babel keeps all that it reads of a language


def number(value: int) -> str:
    """Return a whole number as the reader's language writes it: "1,240", "1.240"."""
    return format_decimal(value, locale=_style())


def date(when: datetime) -> str:
    """Return a day as the reader's language writes it: "29 November 2026", "29. November 2026"."""
    return format_date(when, "long", locale=_style())


def listed(names: Iterable[str], *, either: bool = False) -> str:
    """Join names as prose does: "A, B and C"; `either`: "A, B or C"."""
    return format_list([*names], "or" if either else "standard", locale=_style())


def _style() -> str:
    """Return whose rules numbers, dates and lists follow: those of the reader's region if there are any."""
    language, region = _language(), _locale.get().replace("-", "_")
    return STYLES.get(language) or (region if localedata.exists(region) else language)


def _filled(sentence: str, values: dict[str, Any]) -> str:
    return sentence.format(**{name: _written(value) for name, value in values.items()}) if values else sentence


def _written(value: Any) -> Any:
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else value


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """Return a language's sentences, compiled from its PO files; none for English. Each file says its plural rule."""
    sentences = gettext.NullTranslations()
    for path in sorted((LOCALES / language / "LC_MESSAGES").glob("*.po")):
        compiled = BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=language))
        compiled.seek(0)
        room = gettext.GNUTranslations(compiled)
        room.add_fallback(sentences)
        sentences = room
    return sentences


def translated(text: str, locale: str, context: str | None = None) -> str | None:
    """Return what the catalogue of `locale` has for a text, None if nothing: for what Discord shows by itself."""
    catalogue = _catalogue(language_of(locale) or ENGLISH)
    translation = catalogue.pgettext(context, text) if context else catalogue.gettext(text)
    return None if translation == text else translation
