"""A raw HTTP client, to see exactly how the stand-in responds to each request."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from sandbox.discord import Channel, Interaction, InteractionKind, Message, User, World


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> int:
        return int(self.body["code"])

    def faults(self) -> dict[str, str]:
        """The error code for each form field, such as "components.0.custom_id": "BASE_TYPE_BAD_LENGTH"."""
        return dict(_flat("", self.body["errors"]))


@dataclass(slots=True)
class RawBot:
    world: World
    session: aiohttp.ClientSession

    async def call(self, line: str, body: Any = None, *, files: dict[str, bytes] | None = None, **query: Any) -> Answer:
        """Send "METHOD /path" with the bot's token; with `files`, as multipart."""
        method, path = line.split()
        headers = {"Authorization": f"Bot {self.world.token}"}
        data = _multipart(body, files) if files else body if body is None else json.dumps(body)
        url = f"{self.world.origin}/api/v10{path}"
        async with self.session.request(method, url, data=data, headers=headers, params=query) as answer:
            text = await answer.text()
            return Answer(answer.status, json.loads(text) if text else None, dict(answer.headers))

    async def answer(self, interaction: Interaction, kind: int, data: Any = None, **query: Any) -> Answer:
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        return await self.call(f"POST {path}", {"type": kind, **({"data": data} if data else {})}, **query)

    def hook(self, interaction: Interaction) -> str:
        return f"/webhooks/{self.world.application.id}/{interaction.token}"

    def asked(self, user: User, channel: Channel, *, message: Message | None = None) -> Interaction:
        """Start a command (or, given a message, a button press) that this bot must now answer."""
        kind = InteractionKind.COMPONENT if message else InteractionKind.COMMAND
        return self.world.begin(kind, user, channel, {"name": "x", "custom_id": "x"}, message=message)


@asynccontextmanager
async def raw_bot(world: World) -> AsyncIterator[RawBot]:
    async with aiohttp.ClientSession() as session:
        yield RawBot(world, session)


def _multipart(body: Any, files: dict[str, bytes]) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("payload_json", json.dumps(body))
    for number, (name, data) in enumerate(files.items()):
        form.add_field(f"files[{number}]", data, filename=name)
    return form


def _flat(path: str, node: dict[str, Any]) -> list[tuple[str, str]]:
    errors = [(path.strip("."), error["code"]) for error in node.get("_errors", ())]
    for step, child in node.items():
        if step != "_errors":
            errors += _flat(f"{path}.{step}", child)
    return errors
