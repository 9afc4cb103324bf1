"""Logs: what a line looks like, as text or as JSON, and who may write one. Each names the action it belongs to."""

import json
import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import Any

from bot.telemetry import actions

log = logging.getLogger("bot")
CHATTY = (
    "aiosqlite",
    "alembic",
    "discord.gateway",
    "discord.http",
    "discord.webhook",  # its URLs hold interaction tokens
    "matplotlib",
    "spotipy",
    "sqlalchemy",
    "urllib3",
)


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"  # an object per line


def set_up(level: str, format_: LogFormat) -> None:
    """Log to stderr. Libraries that log tokens or members' words stay at WARNING (promise P34)."""
    handler = logging.StreamHandler()
    handler.setFormatter(Json() if format_ is LogFormat.JSON else Text())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    if format_ is LogFormat.JSON:  # what Python would print by itself is no JSON
        logging.captureWarnings(True)
        sys.excepthook = _log_the_end


class Text(logging.Formatter):
    """A line for people; the action's id is in brackets."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s%(action)s  %(message)s", defaults={"action": ""})

    def format(self, record: logging.LogRecord) -> str:
        record.action = f" [{action}]" if (action := actions.current()) else ""
        return super().format(record)


class Json(logging.Formatter):
    """A JSON object per line: time (UTC), level, logger, action (if any), message, error (a traceback, if any)."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({name: value for name, value in self._fields(record).items() if value})

    def _fields(self, record: logging.LogRecord) -> dict[str, Any]:
        return {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "action": actions.current(),
            "message": record.getMessage(),
            "error": self.formatException(record.exc_info) if record.exc_info else "",
            "stack": record.stack_info,
        }


def _log_the_end(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    log.critical("the process ends", exc_info=(kind, error, traceback))
