"""A linked member: the real Spotify adapter over HTTP to the stand-in, a real store, no Discord."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.adapters.spotify import Spotify, SpotifyMusic
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.vault import Vault
from bot.core.library.pace import Pace
from bot.core.records import Account, Actor
from bot.flows.account.link import Linking
from sandbox.music.library import Library
from sandbox.spotify import Like, Track
from sandbox.stack import CLIENT_ID, Stack

MEMBER = 4711
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACTOR = Actor(MEMBER, None, NOW)


def track(number: int) -> Track:
    return Track(f"{number:022d}", f"Song {number}", (f"Artist {number % 7}",), "Album", "2020", 200_000)


@dataclass
class Linked:
    """A member linked to `stack.spotify.accounts["ada"]`; the request count starts at zero."""

    stack: Stack
    store: Store
    vault: Vault
    spotify: Spotify
    now: datetime = NOW

    async def account(self) -> Account:
        async with self.store.reading() as tx:
            account = await members.account(tx, MEMBER)
        assert account is not None
        return account

    async def music(self) -> SpotifyMusic:
        return self.spotify.music(await self.account())

    def calls(self) -> list[str]:
        """The Web API requests since the last call."""
        lines = [request.line for request in self.stack.spotify.requests]
        self.stack.spotify.requests.clear()
        return lines

    def like(self, *numbers: int) -> None:
        for number in numbers:
            self.stack.spotify.publish([track(number)])
            self.stack.spotify.like("ada", track(number).uri)

    async def link(self, user: str = "ada") -> None:
        redirect = f"{self.stack.public_url}/callback"
        linking = Linking(self.store, self.vault, self.spotify, lambda: self.now)
        url, _ = await linking.begin(MEMBER, "@ada (Ada)", CLIENT_ID, redirect)
        landing = await self.stack.consent(url, self.stack.spotify.accounts[user])
        consent = await linking.arrive_pasted(MEMBER, landing)
        await linking.finish(MEMBER, consent.code)
        self.stack.spotify.requests.clear()


@pytest.fixture
async def linked(tmp_path: Path, store: Store) -> AsyncIterator[Linked]:
    """Ada, with 120 liked songs, linked but not yet synced."""
    stack = Stack(tmp_path / "stack")
    likes = [Like(track(number).uri, NOW - timedelta(days=number)) for number in range(1, 121)]
    stack.add_listener("Ada", Library(tuple(track(number) for number in range(1, 121)), tuple(likes), {}, ()))
    vault = Vault([Fernet.generate_key().decode()])
    spotify = Spotify(
        store,
        vault,
        api_url=f"{stack.origin}/spotify/v1/",
        accounts_url=f"{stack.origin}/spotify/accounts",
        secrets={},
        clock=lambda: datetime.now(UTC),
        pace=Pace(timedelta(milliseconds=1), burst=10_000),
    )
    async with stack:
        made = Linked(stack, store, vault, spotify)
        await made.link()
        yield made
        await spotify.close()
