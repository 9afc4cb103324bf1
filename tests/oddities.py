"""Odd responses: each field in turn missing, null, empty, or of the wrong type."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

ABSENT = object()
VALUES: tuple[Any, ...] = (
    ABSENT, None, "", " ", "x", "\ud83d", "a\x00b", "https://a.example/\ud83d", "x" * 5000,
    "9999-12-31T23:59:59-23:59", "0000-00-00", 0, -1, 7, 1.5, 10**400, float("nan"), True, [], [None], ["x"], [[]], {},
    {"name": None}, {"x": {}},
)  # fmt: skip
Path = tuple[str | int, ...]


def paths(answer: Any, here: Path = ()) -> Iterator[Path]:
    """The path of every field in a response, starting with the whole response."""
    yield here
    inner = answer.items() if isinstance(answer, dict) else enumerate(answer) if isinstance(answer, list) else ()
    for key, value in inner:
        yield from paths(value, (*here, key))


def changed(answer: Any, path: Path, value: Any) -> Any:
    """The response with `value` at `path`."""
    if not path:
        return None if value is ABSENT else value
    made = deepcopy(answer)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    if value is ABSENT:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return made


def odd(answer: Any) -> Iterator[tuple[Path, Any, Any]]:
    """Every path with every odd value, and the resulting response."""
    for path in paths(answer):
        for value in VALUES:
            yield path, value, changed(answer, path, value)
