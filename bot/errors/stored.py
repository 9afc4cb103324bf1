"""Stored errors: as JSON in the database, until a member reads what went wrong."""

import json
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from bot.errors import CratekeeperError, account, audio, feed, library, social, sorting, spotify

ROOMS = (account, audio, feed, library, social, sorting, spotify)  # imported, so that their kinds are known


def dumped(error: CratekeeperError) -> str:
    """Return the error as JSON, to be stored; `loaded` makes it again."""
    names: list[str] = [field.name for field in fields(error)] if is_dataclass(error) else []
    data: dict[str, Any] = {name: getattr(error, name) for name in names}
    kept = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in data.items()}
    return json.dumps({"error": type(error).__name__, **kept})


def loaded(text: str) -> CratekeeperError | None:
    """Return the error that was stored, None if it's no error. A kind we don't know is just something gone wrong."""
    try:
        record: dict[str, Any] = dict(json.loads(text))
    except (ValueError, TypeError):
        return None
    kind = _kinds(CratekeeperError).get(str(record.get("error")), CratekeeperError)
    if not is_dataclass(kind):
        return kind()
    moments = {field.name for field in fields(kind) if field.type in (datetime, "datetime")}
    try:
        return kind(
            **{
                name: datetime.fromisoformat(value) if name in moments else _immutable(value)
                for name, value in record.items()
                if name != "error"
            }
        )
    except (TypeError, ValueError):  # its data was of another shape then
        return CratekeeperError()


def _immutable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _kinds(kind: type[CratekeeperError]) -> dict[str, type[CratekeeperError]]:
    """Return the kind and all kinds below it, by name."""
    below = [entry for child in kind.__subclasses__() for entry in _kinds(child).items()]
    return {kind.__name__: kind, **dict(below)}
