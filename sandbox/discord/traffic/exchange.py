"""Exchange: one request of the bot, as logged."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of the bot and its response, as they went over the wire.

    `request` and `response` are parsed JSON (a multipart request's payload_json). `route` is the path's template.
    `answered_after` is set on callbacks that acknowledged an interaction: seconds since the gesture.
    """

    at: datetime
    method: str
    path: str
    route: str
    query: dict[str, str]
    request: Any
    status: int
    response: Any
    seconds: float
    answered_after: float | None = None
