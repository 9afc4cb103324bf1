"""Form: collects what's wrong in a request body, and where."""

from collections.abc import Collection, Sized
from typing import Any

from sandbox.discord.errors import InvalidForm
from sandbox.discord.model import Json

Path = tuple[str | int, ...]


class Form:
    """Faults by field. Paths are field names and list positions from the top of the body."""

    def __init__(self) -> None:
        self._errors: Json = {}

    def wrong(self, path: Path, code: str, message: str) -> None:
        node = self._errors
        for step in path:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def finish(self) -> None:
        """Raise InvalidForm if anything is wrong."""
        if self._errors:
            raise InvalidForm(self._errors)

    def require(self, path: Path, value: Any) -> bool:
        if value in (None, "", []):
            self.wrong(path, "BASE_TYPE_REQUIRED", "This field is required")
            return False
        return True

    def longest(self, path: Path, value: Sized | None, high: int) -> None:
        if value is not None and len(value) > high:
            self.wrong(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")

    def between(self, path: Path, value: Sized | None, low: int, high: int) -> None:
        if value is None or not low <= len(value) <= high:
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")

    def in_range(self, path: Path, value: int | None, low: int, high: int) -> None:
        if value is not None and not low <= value <= high:
            self.wrong(path, "NUMBER_TYPE_MAX", f"int value should be between {low} and {high}.")

    def one_of(self, path: Path, value: Any, choices: Collection[int]) -> bool:
        if value in choices:
            return True
        listed = ", ".join(map(str, sorted(choices)))
        self.wrong(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{listed}}}.")
        return False
