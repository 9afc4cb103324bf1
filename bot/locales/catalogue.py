"""Catalogue: every sentence the code can say, by the room that says it, and the PO files kept up to date with them.

What several rooms say is translated once, in the common file; the command tree's words have a file of their own.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from bot.chat.gateway.client import all_commands
from bot.chat.gateway.translator import words

LOCALES = Path(__file__).parent
BOT = LOCALES.parent
ROOMS = ("account", "library", "sorting", "feed", "social")
KEYWORDS = {"_": None, "N_": None, "plural": (1, 2)}
COMMON = "common"
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
    said: dict[Any, list[tuple[Path, int]]] = defaultdict(list)  # by sentence, or by both of its forms
    for path in sorted(BOT.rglob("*.py")):
        for line, text, _comments, _context in extract_from_file("python", path, keywords=KEYWORDS):
            said[text].append((path, line))
    rooms: dict[str, Catalog] = defaultdict(Catalog)
    for text, places in said.items():
        by = {room(path) for path, _line in places}
        where = [(path.relative_to(BOT.parent).as_posix(), line) for path, line in places]
        rooms[by.pop() if len(by) == 1 else COMMON].add(text, locations=where)
    for text, context in words(all_commands()):
        rooms[COMMANDS].add(text, context=context)
    return dict(rooms)


def room(path: Path) -> str:
    """Return the room that a module belongs to: "sorting" for bot/chat/sorting/… and bot/messages/sorting.py."""
    return next((name for name in ROOMS if name in (path.stem, *path.relative_to(BOT).parts)), COMMON)


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
    """Bring a language's PO files up to date; return how many sentences still need a translation.

    A sentence that another room says by now takes its translation along.
    """
    missing, catalogues = 0, {name: (kept(language, name), template) for name, template in written().items()}
    before = [message for catalogue, _template in catalogues.values() for message in catalogue]
    known = {message.id: message.string for message in before if not message.context and all(filled(message.string))}
    for name, (catalogue, template) in catalogues.items():
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        for message in catalogue:
            if not message.context and not all(filled(message.string)):
                message.string = known.get(message.id, message.string)
        path_of(language, name).parent.mkdir(exist_ok=True)
        with path_of(language, name).open("wb") as file:
            file.write(HEADER.format(language=language, plural=catalogue.plural_forms).encode())
            write_po(file, catalogue, width=120, sort_by_file=True, include_lineno=False, omit_header=True)
        missing += sum(not all(filled(message.string)) for message in catalogue if message.id)
    return missing


def filled(string: object) -> tuple[bool, ...]:
    """Whether each form of a sentence has a translation."""
    return tuple(map(bool, string)) if isinstance(string, tuple | list) else (bool(string),)
