"""A stage for the API of the running bot: members, their tokens from Discord, and programs that ask with them."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
import pytest_asyncio

from sandbox.discord import Message, Person
from tests.contract.library.sources.stage import sound
from tests.e2e.chat_stage import answer, newcomer
from tests.e2e.home import Home, plain

LIBRARY = plain(15, seed=91)
FILES = 2
SECRET = re.compile(r"ck_[\w-]{43}")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    data: bytes
    json: Any


class Api:
    """A program of a member's, with their token."""

    def __init__(self, home: Home, token: str) -> None:
        self.home, self.token = home, token

    async def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        named = {"Authorization": f"Bearer {self.token}", **headers}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.home.public_url}{path}", headers=named) as said,
        ):
            data = await said.read()
            found = await said.json(content_type=None) if data and "json" in said.content_type else None
            return Answer(said.status, said.headers.copy(), data, found)

    async def songs(self) -> list[dict[str, Any]]:
        found, path = [], "/api/songs?n=4"
        while path:
            page = (await self.ask(path)).json
            found += page["songs"]
            path = page["next"]
        return found


@dataclass(frozen=True)
class Household:
    """Ada shares her likes and sees what is shared; Ben has not joined."""

    home: Home
    ada: Person
    ben: Person


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def household(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Household]:
    folder = tmp_path_factory.mktemp("api")
    async with Home(folder / "home", HTTP_API="on", API_RATE="100000") as home:
        music = folder / "music"
        music.mkdir()
        for number in range(FILES):
            (music / f"tone {number}.wav").write_bytes(sound(220 * (number + 1)))
        await home.know(LIBRARY)
        await home.run("-m", "bot", "analyse", "--folder", str(music))
        await home.start_bot()
        resident = home.move_in("Ada", LIBRARY)
        await home.link(resident)
        await answer(resident.person.command("feed join"))
        yield Household(home, resident.person, newcomer(home, "ben"))
        assert await home.stop_bot() == 0
        home.manners.check(trouble=True)  # schemathesis sends what is no HTTP


async def program(household: Household, person: Person, name: str, **options: Any) -> Api:
    """A program with a token that was just made."""
    said = await answer(person.command("api-token new", name=name, **options))
    assert said.visible_to == person.user.id
    return Api(household.home, secret(said))


def secret(said: Message) -> str:
    (found,) = SECRET.findall(said.text())
    return found


def at(song: str) -> str:
    return f"/api/songs/{quote(song, safe='')}"


def token_of(household: Household, api: Api) -> int:
    digest = sha256(api.token.encode()).hexdigest()
    ((number,),) = household.home.rows("select token from api_token where digest = ?", digest)
    return int(number)
