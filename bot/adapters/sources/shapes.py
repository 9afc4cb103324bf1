"""Shapes: read services' answers with care. Pure."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.core import untrusted
from bot.errors import SourceFailed

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # `since` of a service: it grows, but doesn't say when


def _malformed(reads: Callable[..., Any], error: Exception) -> SourceFailed:
    return SourceFailed(f"no {reads.__module__.rpartition('.')[2]} answer: {type(error).__name__}")


answer = untrusted.answer(_malformed)  # marks a reader of answers
