"""Schemathesis on the sandbox page's calls: whatever is sent, they answer in JSON, and no call fails."""

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import hdrs

from sandbox import page
from sandbox.page import Stage
from sandbox.page.asking import API
from tests.e2e.fuzzing import fuzz
from tests.e2e.sandbox_page.stage import built, served

pytestmark = pytest.mark.asyncio(loop_scope="function")
EXAMPLES = {False: 6, True: 100}  # for each call; True is for a soak
LOOSE = "positive_data_acceptance,negative_data_rejection,unsupported_method"  # a call says itself what it misses
ENDLESS, FILES = f"{API}events", f"{API}static"  # a stream, and files that aiohttp serves
IDS = ("member", "channel", "message", "interaction", "number", "limit", "since")
TEXTS = ("path", "option", "typed", "custom_id", "emoji", "content", "uri", "playlist", "target", "name", "action")
OBJECTS = ("options", "values")
ANSWER = {"content": {"application/json": {"schema": {"type": ["object", "array"]}}}}
REFUSAL = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
CONFIG = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "4xx", "504"]  # 504: the application didn't respond
"""


def calls(stage: Stage) -> set[tuple[str, str]]:
    """The method and path of each of the page's calls."""
    routes = page.application(stage).router.routes()
    every = {(route.method, route.resource.canonical) for route in routes if route.resource}
    return {(method, path) for method, path in every if path.startswith(API) and path not in (ENDLESS, FILES)}


def document(stage: Stage) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for method, path in calls(stage):
        paths.setdefault(path, {})[method.lower()] = operation(stage, method, path)
    return {"openapi": "3.1.0", "info": {"title": "The sandbox's page", "version": "1"}, "paths": paths}


def operation(stage: Stage, method: str, path: str) -> dict[str, Any]:
    fields = {name: field(stage, name) for name in (*IDS, *TEXTS, *OBJECTS)}
    described: dict[str, Any] = {"responses": answers(method, path), "parameters": []}
    if "{uri}" in path:
        described["parameters"] = [{"name": "uri", "in": "path", "required": True, "schema": fields["uri"]}]
    elif method == hdrs.METH_POST:
        body = {"anyOf": [{"type": "object", "properties": fields, "required": [*fields]}, {}]}
        described["requestBody"] = {"content": {"application/json": {"schema": body}}}
    else:
        described["parameters"] = [{"name": name, "in": "query", "schema": fields[name]} for name in (*IDS, *TEXTS)]
    return described


def answers(method: str, path: str) -> dict[str, Any]:
    refusal = {"description": "refused", "content": {"application/json": {"schema": REFUSAL}}}
    if method == hdrs.METH_HEAD or "{uri}" in path:
        return {"default": {"description": "anything"}}
    return {"200": {"description": "an answer", **ANSWER}, "default": refusal}


def field(stage: Stage, name: str) -> dict[str, Any]:
    """Half of what's sent is something that the stage knows."""
    playlists = [*stage.spotify.playlists]
    known: dict[str, list[Any]] = {
        "member": [str(member.user.id) for member in stage.members],
        "channel": [str(stage.channel.id)],
        "playlist": playlists,
        "target": playlists,
        "uri": [track.uri for track in stage.songs_held_back],
        "number": [1],
        "action": ["pause", "resume", "step"],
    }
    if name in ("member", "channel"):
        return {"enum": known[name]}
    return {"anyOf": [{"enum": known[name]}, {}]} if name in known else {}


async def test_schemathesis_finds_nothing_on_the_sandbox_page(tmp_path: Path, soak: bool) -> None:
    stage = built()
    (tmp_path / "page.json").write_text(json.dumps(document(stage)))
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    async with served(stage) as origin:
        await fuzz(
            tmp_path,
            tmp_path / "page.json",
            *("--url", origin, "--phases", "coverage,fuzzing" if soak else "fuzzing", "--exclude-checks", LOOSE),
            examples=EXAMPLES[soak],
        )
