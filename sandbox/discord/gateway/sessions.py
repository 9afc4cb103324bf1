"""Gateway sessions: what was dispatched to whom, so that a bot that lost its connection can resume.

No sockets here; a session hands frames to the line that it is connected by.
"""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, IntFlag

from sandbox.discord.model import Json

REPLAYABLE = 1_000  # events kept for a session to resume from


class Op(IntEnum):
    """Gateway opcodes."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Intent(IntFlag):
    """What a bot asks to be told. ALWAYS events need none."""

    ALWAYS = 0
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_REACTIONS = 1 << 10
    DM_MESSAGES = 1 << 12
    DM_REACTIONS = 1 << 13
    MESSAGE_CONTENT = 1 << 15


PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT


@dataclass(frozen=True, slots=True)
class Line:
    """A connection as its session sees it. `hang_up(None)` cuts it without a word, as a broken network does."""

    deliver: Callable[[Json], None]
    hang_up: Callable[[int | None], None]


class Session:
    """One log-in of a bot; survives its connection. `line` is None while there is none."""

    def __init__(self, intents: int) -> None:
        self.id = secrets.token_hex(16)
        self.intents = Intent(intents)
        self.sequence = 0
        self.line: Line | None = None
        self._sent: deque[Json] = deque(maxlen=REPLAYABLE)

    def wants(self, intent: Intent) -> bool:
        return intent == Intent.ALWAYS or bool(self.intents & intent)

    def dispatch(self, event: str, data: Json) -> None:
        self.sequence += 1
        frame = {"op": Op.DISPATCH, "t": event, "s": self.sequence, "d": data}
        self._sent.append(frame)
        if self.line:
            self.line.deliver(frame)

    def missed_since(self, sequence: int) -> list[Json] | None:
        """The frames after `sequence`; None when they are not all known any more, or never were sent."""
        oldest_known = self.sequence - len(self._sent)
        if not oldest_known <= sequence <= self.sequence:
            return None
        return [frame for frame in self._sent if frame["s"] > sequence]


class Sessions:
    """All sessions of the bot. Disconnected ones are kept until the bot identifies anew."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._identified: datetime | None = None

    @property
    def online(self) -> bool:
        return bool(self._lines())

    def may_identify(self, now: datetime, every: timedelta | None) -> bool:
        """Whether enough time has passed since the last log-in (any is enough when `every` is None)."""
        too_early = every is not None and self._identified is not None and now - self._identified < every
        self._identified = now
        return not too_early

    def open(self, intents: int) -> Session:
        self._sessions = {key: session for key, session in self._sessions.items() if session.line}
        session = Session(intents)
        self._sessions[session.id] = session
        return session

    def find(self, session_id: str) -> Session | None:
        return self._sessions.get(session_id)

    def end(self, session: Session) -> None:
        self._sessions.pop(session.id, None)

    def wanting(self, intent: Intent) -> list[Session]:
        return [session for session in self._sessions.values() if session.wants(intent)]

    def dispatch(self, event: str, data: Json, intent: Intent = Intent.ALWAYS) -> None:
        """Tell every session that asked for it."""
        for session in self.wanting(intent):
            session.dispatch(event, data)

    # Faults on request

    def drop(self, code: int | None = None) -> None:
        """Lose every connection, without a word or with a close code. The sessions can be resumed."""
        for line in self._lines():
            line.hang_up(code)

    def ask_to_reconnect(self) -> None:
        """What Discord does before it restarts a gateway."""
        self._send_all({"op": Op.RECONNECT, "d": None})

    def invalidate(self, *, resumable: bool = False) -> None:
        """Tell the bot that its session is no good; unless `resumable` it has to identify anew."""
        self._send_all({"op": Op.INVALID_SESSION, "d": resumable})
        if not resumable:
            self._sessions = {}

    def send_malformed(self) -> None:
        """An event without the keys that it should have."""
        for session in self._sessions.values():
            session.dispatch("MESSAGE_REACTION_ADD", {})

    def _send_all(self, frame: Json) -> None:
        for line in self._lines():
            line.deliver({"s": None, "t": None, **frame})

    def _lines(self) -> list[Line]:
        return [session.line for session in self._sessions.values() if session.line]
