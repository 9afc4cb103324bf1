"""The stand-in's responses match the Web API's published OpenAPI document."""

import asyncio
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from sandbox.spotify import Playlist, World
from tests.contract.sandbox_spotify.client import URIS, Client

SPEC = Path(__file__).parents[3].parent / "shared" / "specs" / "spotify-openapi.yml"
NOT_SCHEMA = {"nullable", "discriminator", "example"}  # OpenAPI keywords that JSON Schema doesn't have


def translated(schema: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` becomes a type, and references stay within the document."""
    if isinstance(schema, list):
        return [translated(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: translated(value) for key, value in schema.items() if key not in NOT_SCHEMA}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


@pytest.fixture(scope="module")
def spec() -> Any:
    if not SPEC.exists():
        pytest.skip("needs the Web API's document: ../shared/specs/spotify-openapi.yml")
    return translated(yaml.load(SPEC.read_text(), Loader=yaml.CSafeLoader))


def complaints(spec: Any, schema: str, answer: Any) -> list[str]:
    root = {"$ref": f"#/components/schemas/{schema}", "components": spec["components"]}
    return [error.message for error in jsonschema.Draft202012Validator(root).iter_errors(answer)]


async def test_responses_have_the_published_shapes(mara: Client, world: World, run: Playlist, spec: Any) -> None:
    for uri in (*URIS[:30], "spotify:episode:512ojhOuo1ktJprKbVcKyQ"):
        world.add_by_hand("mara", run.id, uri)
    answers = {
        "PrivateUserObject": await mara.call("GET /me"),
        "PagingPlaylistObject": await mara.call("GET /me/playlists"),
        "PlaylistObject": await mara.call(f"GET /playlists/{run.id}"),
        "PagingPlaylistTrackObject": await mara.call(f"GET /playlists/{run.id}/items", limit=10, offset=25),
        "PagingSavedTrackObject": await mara.call("GET /me/tracks", offset=10),
    }
    for schema, (status, answer) in answers.items():
        assert status == 200
        assert complaints(spec, schema, answer) == [], schema
    _, results = await mara.call("GET /search", q="song", type="track")
    assert complaints(spec, "PagingTrackObject", results["tracks"]) == []


async def test_errors_have_the_published_shape(mara: Client, spec: Any) -> None:
    for line in ("GET /nonsense", "GET /tracks", "POST /me/playlists"):
        _, answer = await mara.call(line)
        assert complaints(spec, "ErrorObject", answer["error"]) == []


async def test_every_deprecated_call_is_refused(mara: Client, spec: Any) -> None:
    lines = [
        f"{method.upper()} {path.replace('{', '').replace('}', '')}"
        for path, operations in spec["paths"].items()
        for method, operation in operations.items()
        if operation.get("deprecated")
    ]
    answers = await asyncio.gather(*(mara.call(line) for line in lines))
    assert len(lines) > 30
    assert {line: status for line, (status, _) in zip(lines, answers, strict=True) if status not in (403, 404)} == {}
