"""Mutant: a way to break a promise on purpose, and where the promise's own tests are."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Edit:
    """A text that occurs once in a file of the project, and what replaces it."""

    file: str
    text: str
    instead: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A way to break a promise. tests: files below `tests` that have tests of its number, the fastest first."""

    promise: int
    broken: str
    tests: tuple[str, ...]
    edits: tuple[Edit, ...]

    def is_meant_by(self, word: str) -> bool:
        return word.casefold() in (f"p{self.promise}", f"p{self.promise:02d}") or word in self.broken


def occurrences(project: Path, edit: Edit) -> int:
    return (project / edit.file).read_text().count(edit.text)


def mutant(promise: int, broken: str, tests: str, file: str, text: str, instead: str, *more: Edit) -> Mutant:
    """Return a mutant of one file, or of `more`. tests: separated by spaces."""
    return Mutant(promise, broken, tuple(tests.split()), (Edit(file, text, instead), *more))
