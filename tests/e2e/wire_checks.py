"""Checks everything that the bot sends to Discord and writes to its log."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sandbox.discord import AnswerKind, Exchange, Message
from tests.contract.discord_openapi import SPEC, SpecCheck

if TYPE_CHECKING:
    from tests.e2e.checked_stack import CheckedStack

SHOWN = 20  # this many characters of a secret count as a leak
# On loopback, a heartbeat can be answered before discord.py has recorded it, which discord.py takes for a late one.
TROUBLE = re.compile(r"^\S+ \S+ (WARNING|ERROR|CRITICAL) +(?!discord\.gateway  Can't keep up)", re.MULTILINE)
SILENT = {
    AnswerKind.DEFERRED,
    AnswerKind.DEFERRED_UPDATE,
    AnswerKind.CHOICES,
    AnswerKind.MODAL,
    AnswerKind.LAUNCH_ACTIVITY,
}


def shown(text: str, secrets: set[str]) -> list[str]:
    """The lines of a text that show a secret."""
    return [line[:500] for line in text.splitlines() if any(piece in secrets for piece in _pieces(line))]


def _pieces(line: str) -> Iterator[str]:
    """Every run of `SHOWN` word characters or dashes in a line."""
    for word in re.findall(rf"[\w-]{{{SHOWN},}}", line):
        yield from (word[at : at + SHOWN] for at in range(len(word) - SHOWN + 1))


class WireChecks:
    """Checks everything that the bot sends to Discord and writes to its log."""

    def __init__(self, stack: "CheckedStack") -> None:
        self._stack = stack
        self._spec = SpecCheck() if SPEC.exists() else None
        self._said: list[Exchange] = []
        self._read = 0  # bytes of the log
        stack.discord.on_exchange = self._heard

    def _heard(self, exchange: Exchange) -> None:
        self._said.append(exchange)
        if self._spec is not None:
            self._spec(exchange)

    def new_log(self) -> str:
        """The lines logged since the last call."""
        with self._stack.log.open("rb") as log:
            log.seek(self._read)
            written = log.read()
        self._read += len(written)
        return written.decode(errors="replace")

    def check(self, *, trouble: bool) -> None:
        """Raise AssertionError for anything wrong since the last call. `trouble` allows warnings in the log."""
        said, self._said = self._said, []
        log, secrets = self.new_log(), self._stack.secrets()
        texts = "\n".join(json.dumps(_message(call)) for call in said if _message(call))
        _none("a secret is in the log", shown(log, secrets | self._stack.codes()))
        _none("a secret is in a message", shown(_without_consent(texts), secrets))
        _none("somebody is mentioned", [call for call in said if _mentions(call)])
        _none("violates Discord's OpenAPI document", self._spec.violations if self._spec is not None else [])
        _none("something personal is in a channel", [message.text() for message in self._strays()])
        _none(
            "the log has warnings",
            [] if trouble else [log[trouble.start() :][:3000] for trouble in TROUBLE.finditer(log)],
        )

    def _strays(self) -> Iterator[Message]:
        """The bot's public messages in the channel, except prompts."""
        stack = self._stack
        prompts = (
            {message for (message,) in stack.rows("select message from prompt")} if stack.database.exists() else set()
        )
        for message in stack.channel.messages.values():
            if message.author is stack.discord.bot and message.visible_to is None and message.id not in prompts:
                yield message


def _none(what: str, wrong: Sequence[Any]) -> None:
    if wrong:
        raise AssertionError("\n".join([f"{what}:", *map(str, wrong[:3])]))


def _message(exchange: Exchange) -> dict[str, Any] | None:
    """The message that a request sends, if it sends one."""
    body = exchange.request if isinstance(exchange.request, dict) else {}
    if exchange.route.endswith("/callback"):
        if AnswerKind(body["type"]) in SILENT:
            return None
        body = body["data"]
    return body if "components" in body and exchange.status < 300 else None


def _mentions(exchange: Exchange) -> bool:
    """Whether a message may mention anybody."""
    message = _message(exchange)
    return message is not None and message.get("allowed_mentions", {}).get("parse") != []


def _without_consent(text: str) -> str:
    """Remove consent page URLs: they carry their member's state, and only that member sees them."""
    return re.sub(r'"url": "http[^"]*/authorize\?[^"]*"', '"url": ""', text)
