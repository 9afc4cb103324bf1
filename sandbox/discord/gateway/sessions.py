"""Sessions: what each one was sent, so that a bot that lost its connection can resume.

No sockets here; a session hands its frames to a Line.
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
    """Intents: the events a bot subscribes to. ALWAYS events need none."""

    ALWAYS = 0
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_REACTIONS = 1 << 10
    DM_MESSAGES = 1 << 12
    DM_REACTIONS = 1 << 13
    MESSAGE_CONTENT = 1 << 15


TO_ITSELF = {"READY", "RESUMED"}
PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT


@dataclass(frozen=True, slots=True)
class Line:
    """A connection as its session sees it.

    `deliver` sends a text as it stands, so it needn't be JSON. `hang_up(None)` drops the connection without a close
    code, as a broken network does.
    """

    deliver: Callable[[Json | str], None]
    hang_up: Callable[[int | None], None]


class Session:
    """One login of a bot, or of one of its shards; outlives its connection. `line` is None while disconnected."""

    def __init__(self, intents: int, shard: tuple[int, int]) -> None:
        self.id = secrets.token_hex(16)
        self.shard, self._shards = shard
        self.intents = Intent(intents)
        self.sequence = 0
        self.line: Line | None = None
        self._sent: deque[Json] = deque(maxlen=REPLAYABLE)

    def wants(self, intent: Intent) -> bool:
        return intent == Intent.ALWAYS or bool(self.intents & intent)

    def has(self, guild: int | None) -> bool:
        """Whether a guild's events come here; those of no guild are the first shard's."""
        return self.shard == (0 if guild is None else (guild >> 22) % self._shards)

    def dispatch(self, event: str, data: Json) -> None:
        if event not in TO_ITSELF and not self.has(_guild(event, data)):
            return
        self.sequence += 1
        frame = {"op": Op.DISPATCH, "t": event, "s": self.sequence, "d": data}
        self._sent.append(frame)
        if self.line:
            self.line.deliver(frame)

    def missed_since(self, sequence: int) -> list[Json] | None:
        """Return the frames after `sequence`; None if some are no longer kept, or were never sent."""
        oldest_known = self.sequence - len(self._sent)
        if not oldest_known <= sequence <= self.sequence:
            return None
        return [frame for frame in self._sent if frame["s"] > sequence]


def _guild(event: str, data: Json) -> int | None:
    """Return the guild that an event is of, if it's of any; a malformed one may name anything."""
    if not isinstance(data, dict):
        return None
    named = str(data.get("id" if event in ("GUILD_CREATE", "GUILD_DELETE") else "guild_id"))
    return int(named) if named.isdecimal() else None


class Sessions:
    """All of the bot's sessions. Disconnected ones are kept until the bot identifies again."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._identified: datetime | None = None

    @property
    def online(self) -> bool:
        return bool(self._lines())

    def may_identify(self, now: datetime, every: timedelta | None) -> bool:
        """Whether enough time has passed since the last login; always, if `every` is None."""
        too_early = every is not None and self._identified is not None and now - self._identified < every
        self._identified = now
        return not too_early

    def open(self, intents: int, shard: tuple[int, int] = (0, 1)) -> Session:
        self._sessions = {key: session for key, session in self._sessions.items() if session.line}
        session = Session(intents, shard)
        self._sessions[session.id] = session
        return session

    def find(self, session_id: str) -> Session | None:
        return self._sessions.get(session_id)

    def end(self, session: Session) -> None:
        self._sessions.pop(session.id, None)

    def wanting(self, intent: Intent) -> list[Session]:
        return [session for session in self._sessions.values() if session.wants(intent)]

    def dispatch(self, event: str, data: Json, intent: Intent = Intent.ALWAYS) -> None:
        """Send the event to every session that subscribed to it."""
        for session in self.wanting(intent):
            session.dispatch(event, data)

    # Faults on request

    def drop(self, code: int | None = None) -> None:
        """Drop every connection, with or without a close code. The sessions can be resumed."""
        for line in self._lines():
            line.hang_up(code)

    def ask_to_reconnect(self) -> None:
        """Ask the bot to reconnect, as Discord does before it restarts a gateway."""
        self._send_all({"op": Op.RECONNECT, "d": None})

    def invalidate(self, *, resumable: bool = False) -> None:
        """Invalidate the session; unless it's `resumable`, the bot has to identify again."""
        self._send_all({"op": Op.INVALID_SESSION, "d": resumable})
        if not resumable:
            self._sessions = {}

    def send_malformed(self) -> None:
        """Send an event that lacks its required keys."""
        self.dispatch("MESSAGE_REACTION_ADD", {})

    def send_text(self, text: str) -> None:
        """Send a frame as it stands, which needn't be JSON."""
        for line in self._lines():
            line.deliver(text)

    def _send_all(self, frame: Json) -> None:
        for line in self._lines():
            line.deliver({"s": None, "t": None, **frame})

    def _lines(self) -> list[Line]:
        return [session.line for session in self._sessions.values() if session.line]
