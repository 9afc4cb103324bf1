"""One request of the bot, as the log keeps it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of the bot and its answer, as they went over the wire.

    `request` and `response` are parsed JSON (of a multipart request its payload_json). `route` is the template of the
    path. `answered_after` is set on the callback that acknowledged an interaction: seconds since the gesture.
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
