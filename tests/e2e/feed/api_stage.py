"""A stage for the running bot's API: members, their tokens, and programs that use the tokens."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
import pytest_asyncio

from sandbox.discord import Message, Person
from tests.contract.feed.api.stage import Answer
from tests.contract.library.sources.stage import sound
from tests.e2e.chat_stage import answer, newcomer
from tests.e2e.checked_stack import CheckedStack
from tests.e2e.trained_stage import plain

LIBRARY = plain(15, seed=91)
FILES = 2
SECRET = re.compile(r"ck_[\w-]{43}")


class Api:
    """A member's program, with its token."""

    def __init__(self, stack: CheckedStack, token: str) -> None:
        self.stack, self.token = stack, token

    async def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        named = {"Authorization": f"Bearer {self.token}", **headers}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.stack.public_url}{path}", headers=named) as said,
        ):
            data = await said.read()
            body = await said.json(content_type=None) if data and "json" in said.content_type else None
            return Answer(said.status, said.headers.copy(), data, body)

    async def songs(self) -> list[dict[str, Any]]:
        listed, path = [], "/api/songs?n=4"
        while path:
            page = (await self.ask(path)).json
            listed += page["songs"]
            path = page["next"]
        return listed


@dataclass(frozen=True)
class ApiStage:
    """Ada has joined the feed; Ben hasn't."""

    stack: CheckedStack
    ada: Person
    ben: Person


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ApiStage]:
    folder = tmp_path_factory.mktemp("api")
    async with CheckedStack(folder / "stack", HTTP_API="on", API_RATE="100000") as stack:
        music = folder / "music"
        music.mkdir()
        for number in range(FILES):
            (music / f"tone {number}.wav").write_bytes(sound(220 * (number + 1)))
        await stack.import_features(LIBRARY)
        await stack.run("-m", "bot", "analyse", "--folder", str(music))
        await stack.start_bot()
        listener = stack.add_listener("Ada", LIBRARY)
        await stack.link(listener)
        await answer(listener.person.command("feed join"))
        yield ApiStage(stack, listener.person, newcomer(stack, "ben"))
        assert await stack.stop_bot() == 0
        stack.checks.check(trouble=True)  # schemathesis sends invalid HTTP


async def program(stage: ApiStage, person: Person, name: str, **options: Any) -> Api:
    """A program with a new token."""
    listed = await answer(person.command("data tokens"))
    said = await answer(person.submit(await person.click(listed, "New token"), name=name, **options))
    assert said.visible_to == person.user.id
    return Api(stage.stack, secret(said))


def secret(said: Message) -> str:
    (token,) = SECRET.findall(said.text())
    return token


def at(song: str) -> str:
    return f"/api/songs/{quote(song, safe='')}"


def token_of(stage: ApiStage, api: Api) -> int:
    digest = sha256(api.token.encode()).hexdigest()
    ((number,),) = stage.stack.rows("select token from api_token where digest = ?", digest)
    return int(number)
