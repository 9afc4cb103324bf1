"""Catalogue: every sentence the code can say, by the room that says it, and the PO files kept up to date with them."""

from collections import defaultdict
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from bot.chat.gateway.client import all_commands
from bot.chat.gateway.translator import words

LOCALES = Path(__file__).parent
BOT = LOCALES.parent
ROOMS = ("account", "library", "sorting", "feed", "social")
KEYWORDS = {"_": None, "N_": None, "plural": (1, 2)}
COMMANDS = "commands"  # the file for the words of the command tree
HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural}\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""  # without dates: a file changes only where a sentence does


def written() -> dict[str, Catalog]:
    """Return the sentences of each room, as the code has them now."""
    rooms: dict[str, Catalog] = defaultdict(Catalog)
    for path in sorted(BOT.rglob("*.py")):
        for line, text, comments, _context in extract_from_file("python", path, keywords=KEYWORDS):
            where = [(path.relative_to(BOT.parent).as_posix(), line)]
            rooms[room(path)].add(text, locations=where, auto_comments=comments)
    for text, context in words(all_commands()):
        rooms[COMMANDS].add(text, context=context)
    return dict(rooms)


def room(path: Path) -> str:
    """Return the room that a module belongs to: "sorting" for bot/chat/sorting/… and bot/messages/sorting.py."""
    return next((name for name in ROOMS if name in (path.stem, *path.relative_to(BOT).parts)), "common")


def kept(language: str, name: str) -> Catalog:
    """Return a language's PO file, empty if there's none yet."""
    path = path_of(language, name)
    if not path.exists():
        return Catalog(locale=language, domain=name)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=name)


def path_of(language: str, name: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / f"{name}.po"


def renew(language: str) -> int:
    """Bring a language's PO files up to date; return how many sentences still need a translation."""
    missing = 0
    for name, template in written().items():
        catalogue = kept(language, name)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        path_of(language, name).parent.mkdir(exist_ok=True)
        with path_of(language, name).open("wb") as file:
            file.write(HEADER.format(language=language, plural=catalogue.plural_forms).encode())
            write_po(file, catalogue, width=120, sort_by_file=True, include_lineno=False, omit_header=True)
        missing += sum(not all(filled(message.string)) for message in catalogue if message.id)
    return missing


def filled(string: object) -> tuple[bool, ...]:
    """Whether each form of a sentence has a translation."""
    return tuple(map(bool, string)) if isinstance(string, tuple | list) else (bool(string),)
