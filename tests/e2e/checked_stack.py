"""Checked stack for end-to-end tests: the stand-ins and the bot, checking everything it sends and logs.

After every test: requests match Discord's OpenAPI document, nobody is mentioned, nothing personal appears in a
channel, and no secret appears anywhere.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from cryptography.fernet import Fernet

from sandbox.discord import Channel, Interaction, InteractionKind, Message, Outcome, Person
from sandbox.discord.model import Draft, Json, MessageFlag
from sandbox.music.library import Library
from sandbox.spotify import Account, App
from sandbox.spotify.accounts.tokens import urlsafe_b64encode
from sandbox.spotify.faults import Request
from sandbox.stack import CLIENT_ID, Listener, Stack
from tests import postgresql
from tests.databases import carry_out, migrated_folder
from tests.e2e.wire_checks import SHOWN, WireChecks

T = TypeVar("T")
PATIENCE = 60.0  # seconds; a training takes 5 s on an idle machine, and machines are rarely idle
LABEL = attrgetter("label")
LOOK = 0.02  # seconds between polls of the database or the log
NEVER = datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000
ISSUED = 5_000  # tokens of each kind that the stand-in may have issued


class CheckedStack(Stack):
    """A stack whose bot has every kind of secret and logs at DEBUG. Its Spotify app has a seat for everyone.

    engine: what holds its database, "sqlite" or "postgresql".
    """

    def __init__(self, folder: Path, *, engine: str = "sqlite", **settings: str) -> None:
        self.token, self.secret, self.key = (
            "canary-token-9f2b71c4",
            "canary-secret-77ab03",
            Fernet.generate_key().decode(),
        )
        secrets = {
            "DISCORD_TOKEN": self.token,
            "SPOTIFY_CLIENT_SECRET": self.secret,
            "ENCRYPTION_KEYS": self.key,
            "LOG_LEVEL": "DEBUG",
            "POLL_SECONDS": "1",
            "POLL_LONGEST": "1",
        }
        server = {"DATABASE_URL": postgresql.new_url()} if engine == "postgresql" else {}
        super().__init__(folder, settings={**secrets, **server, **settings})
        migrated_folder(self.data)
        self.discord.token = self.token
        self.app = self.spotify.register(App(CLIENT_ID, self.app.redirect_uris, secret=self.secret))
        self.updates = self.discord.add_channel(self.guild, "updates")
        self.checks = WireChecks(self)
        self.states: set[str] = set()  # of all links started so far

    async def end(self) -> None:
        """Stop the bot, and check everything not checked yet. Raises AssertionError."""
        assert await self.stop_bot() == 0
        self.checks.check(trouble=True)

    # People

    def add_listener(self, name: str, library: Library) -> Listener:
        self.app.users.add(name.lower())  # more seats than Spotify allows; other tests cover the limit
        return super().add_listener(name, library)

    async def consent(self, consent_url: str, account: Account) -> str:
        landing = await super().consent(consent_url, account)
        self.states |= {*parse_qs(urlsplit(landing).query)["state"]}
        return landing

    async def link(self, listener: Listener) -> Outcome:
        """Link Spotify in the browser. Returns the outcome of /link, which shows the next step."""
        outcome = await super().link(listener)
        await outcome.until(lambda message: "liked song" in message.text(), PATIENCE)
        return outcome

    async def described(self, *libraries: Library) -> None:
        """Link a member who likes these songs: others see only songs described by Spotify, not by a file."""
        tracks, likes = (
            [part for library in libraries for part in getattr(library, name)] for name in ("tracks", "likes")
        )
        nia = f"Nia {len(self.spotify.accounts)}"
        await self.link(self.add_listener(nia, Library(tuple(tracks), tuple(likes), {}, ())))

    @contextmanager
    def meddling(self, account: Account, line: str, meddle: Callable[[], Awaitable[None]]) -> Iterator[None]:
        """Call `meddle` before each `line` request that the bot makes for this account."""

        async def before(request: Request) -> None:
            if (request.user, request.line) == (account.id, line):
                await meddle()

        self.spotify.before.append(before)
        try:
            yield
        finally:
            self.spotify.before.remove(before)

    # What the bot stores

    @property
    def database(self) -> Path:
        return self.data / "cratekeeper.db"

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Query the bot's database."""
        return carry_out(self.database_url, query, values)

    def labels(self, person: Person) -> list[tuple[str, str, list[int]]]:
        """The person's answers that haven't been undone, oldest first: song, kind, playlists."""
        query = "select song, kind, playlists from answer where member = ? and undone_at is null order by event"
        rows = self.rows(query, person.user.id)
        return [(song, kind, json.loads(chosen) if isinstance(chosen, str) else chosen) for song, kind, chosen in rows]

    def playlist(self, person: Person, name: str) -> int:
        """The bot's id of a kept playlist."""
        query = "select playlist from playlist where member = ? and name = ? and removed_at is null"
        ((number,),) = self.rows(query, person.user.id, name)
        return int(number)

    def calls(self, account: Account, start: int = 0) -> list[str]:
        """The requests that the bot sent to Spotify for an account, starting at number `start`."""
        return [request.line for request in self.spotify.requests[start:] if request.user == account.id]

    def let_rest(self, *awake: Person) -> None:
        """Stop polling every account but theirs; polling everyone once a second keeps a CPU busy."""
        others = f"update member set next_poll_at = ? where member not in ({', '.join('?' * len(awake))})"  # noqa: S608
        carry_out(self.database_url, others, [NEVER, *(person.user.id for person in awake)])

    # Waiting

    async def until(self, probe: Callable[[], T | None], within: float = PATIENCE) -> T:
        """Poll `probe` and return its first true value; for changes that raise no event. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while not (value := probe()):  # noqa: ASYNC110 - nothing to wait on
                await asyncio.sleep(LOOK)
        return value

    async def told(self, person: Person, *words: str, channel: Channel | None = None, after: int = 0) -> Message:
        """Wait for the first message newer than `after` that contains all the words."""
        there = channel or self.discord.dm(person.user)

        def matching() -> Message | None:
            seen = [message for message in person.visible(there) if message.id > after]
            return next((message for message in seen if all(word in message.text() for word in words)), None)

        return await self.discord.wait_for(matching, PATIENCE)

    async def learned(self, person: Person) -> Message:
        """Wait for the message that says a model has been trained."""
        there = self.channel
        return await self.discord.wait_for(
            lambda: next(
                (message for message in person.visible(there) if "View" in map(LABEL, message.buttons())), None
            ),
            PATIENCE,
        )

    def last_message(self, person: Person) -> int:
        """The id of the newest message in the person's DMs, or 0 if there is none."""
        return max(self.discord.dm(person.user).messages, default=0)

    # Forging

    async def forge(self, person: Person, custom_id: str, *values: str) -> Outcome:
        """Press a button that the bot never showed this person, or choose `values` in such a select."""
        made = self.begin_forged(person, custom_id, *values)
        await self.acknowledged(made)
        return Outcome(self.discord, made)

    def begin_forged(self, person: Person, custom_id: str, *values: str) -> Interaction:
        options = [{"label": value, "value": value} for value in values]
        item = {"type": 3, "options": options} if values else {"type": 2, "style": 2, "label": "Forged"}
        row = {"type": 1, "id": 1, "components": [{**item, "id": 2, "custom_id": custom_id}]}
        draft: Draft = {"components": [row], "flags": MessageFlag.EPHEMERAL | MessageFlag.COMPONENTS_V2}
        message = self.discord.post(person.channel, self.discord.bot, draft, visible_to=person.user.id)
        data: Json = {"id": 2, "component_type": item["type"], "custom_id": custom_id}
        data |= {"values": values} if values else {}
        return self.discord.begin(InteractionKind.COMPONENT, person.user, person.channel, data, message=message)

    def begin_form(self, person: Person, custom_id: str, fields: Mapping[str, str]) -> Interaction:
        """Submit a form that the bot never showed this person."""
        boxes = [{"type": 4, "id": 2, "custom_id": key, "value": value} for key, value in fields.items()]
        data: Json = {"custom_id": custom_id, "components": [{"type": 18, "id": 1, "component": box} for box in boxes]}
        opener = self.begin_forged(person, "ck1:nothing::0")
        where = {"message": opener.message, "trigger": opener}
        return self.discord.begin(InteractionKind.MODAL, person.user, person.channel, data, **where)

    async def acknowledged(self, made: Interaction) -> None:
        await self.discord.wait_for(lambda: made.acknowledged or made.refused, PATIENCE)

    async def tell_again(self, outcome: Outcome) -> None:
        """Deliver an interaction to the bot a second time, and wait for its answer."""
        asked = f"/interactions/{outcome.interaction.id}/"
        before = sum(asked in call.path for call in self.discord.log)
        self.discord.sessions.dispatch("INTERACTION_CREATE", self.discord.payloads.interaction(outcome.interaction))
        await self.discord.wait_for(lambda: sum(asked in call.path for call in self.discord.log) > before, PATIENCE)

    # Secrets

    def secrets(self) -> set[str]:
        """The prefixes of every secret: tokens, webhooks, states and keys."""
        hooks = {interaction.token for interaction in self.discord.interactions.values()}
        own = {secret[:SHOWN] for secret in (*hooks, *self.states, self.token, self.secret, self.key)}
        return own | _issued("access") | _issued("refresh")

    def codes(self) -> set[str]:
        """The prefixes of authorization codes; their owners see these in the browser's address bar."""
        return set(_issued("code"))


@cache
def _issued(kind: str) -> frozenset[str]:
    """The prefixes of every token of one kind that the stand-in may have issued."""
    return frozenset(_token(kind, number)[:SHOWN] for number in range(1, ISSUED))


def _token(kind: str, number: int) -> str:
    """The token that `sandbox.spotify.accounts.tokens` issues under that number."""
    digest = sha256(f"0:{kind}:{number}".encode()).digest()
    return urlsafe_b64encode(digest * 3).decode().rstrip("=")
