"""The API's OpenAPI document is correct: it matches the endpoints and their real responses."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from bot.web import api
from bot.web.api.app import DOCUMENT
from tests.contract.feed.api.stage import SONG, Answer, Stage, at

SPEC: dict[str, Any] = json.loads(DOCUMENT.read_text())
REGISTRY = Registry().with_resource("api", Resource(SPEC, DRAFT202012))


def part_at(reference: str) -> Any:
    part: Any = SPEC
    for name in reference.removeprefix("#/").split("/"):
        part = part[name.replace("~1", "/")]
    return part


def solved(part: Any) -> Any:
    return part_at(part["$ref"]) if "$ref" in part else part


def check(schema: Any, value: Any) -> None:
    """Raise ValidationError if a value violates the schema."""
    rooted = json.loads(json.dumps(schema).replace('"#/', '"api#/'))
    Draft202012Validator(rooted, registry=REGISTRY).validate(value)


def as_described(path: str, method: str, answer: Answer) -> None:
    """Check a response's headers, media type and content against the document for its path and status."""
    described = solved(SPEC["paths"][path][method.lower()]["responses"][str(answer.status)])
    for name, header in described.get("headers", {}).items():
        schema = solved(header)["schema"]
        value = answer.headers[name]
        check(schema, int(value) if schema.get("type") == "integer" else value)
    content = described.get("content", {})
    if not content:
        assert answer.data == b""
        return
    media = answer.headers["Content-Type"]
    assert media in content
    if answer.json is not None:
        check(content[media]["schema"], answer.json)


def references(part: Any) -> Iterator[str]:
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    if isinstance(part, dict) and isinstance(part.get("$ref"), str):
        yield part["$ref"]
    for child in inner:
        yield from references(child)


def test_the_document_is_consistent() -> None:
    assert SPEC["openapi"].startswith("3.1")
    assert [reference for reference in references(SPEC) if not part_at(reference)] == []
    used = set(references(SPEC))
    for kind in ("schemas", "responses", "parameters", "headers"):
        assert {f"#/components/{kind}/{name}" for name in SPEC["components"][kind]} <= used
    for schema in SPEC["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_endpoint_is_documented_and_every_documented_endpoint_exists() -> None:
    app = api.application(None, 1, lambda: 0.0)  # type: ignore[arg-type] - it gets no requests
    served = {
        (f"/api{route.resource.canonical}", route.method.lower()) for route in app.router.routes() if route.resource
    }
    described = {
        (path, method) for path, item in SPEC["paths"].items() for method in item if method not in ("parameters",)
    }
    assert served == described


def test_every_operation_has_a_unique_id_and_a_description() -> None:
    operations = [
        operation for item in SPEC["paths"].values() for name, operation in item.items() if name != "parameters"
    ]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] and operation["description"] for operation in operations)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_responses_match_the_document(stage: Stage, method: str) -> None:
    clip = next(song["clip"] for song in await stage.everything(stage.ada) if song["clip"])
    asked = [
        ("/api/openapi.json", "/api/openapi.json"),
        ("/api/songs", "/api/songs?n=3"),
        ("/api/songs", "/api/songs"),
        ("/api/songs", "/api/songs?n=0"),
        ("/api/songs/{song}", at(SONG)),
        ("/api/songs/{song}", at("no")),
        ("/api/songs/{song}/clip", clip),
        ("/api/songs/{song}/clip", f"{at(SONG)}/clip"),
        ("/api/random", "/api/random"),
        ("/api/recommend", "/api/recommend?n=7"),
        ("/api/recommend", f"/api/recommend?song={SONG}"),
        ("/api/recommend", "/api/recommend?song=no"),
        ("/api/recommend", "/api/recommend?n=99"),
    ]
    statuses = set()
    for path, address in asked:
        for token in (stage.ada, None):
            answer = await stage.ask(address, token, method)
            as_described(path, method, answer)
            statuses.add(answer.status)
            if tag := answer.headers.get("ETag"):
                same = await stage.ask(address, token, method, If_None_Match=tag)
                as_described(path, method, same)
                statuses.add(same.status)
    assert statuses == {200, 304, 400, 401, 404}


@pytest.mark.slow
async def test_ranges_and_dislikes_match_the_document(stage: Stage) -> None:
    clip = next(song["clip"] for song in await stage.everything(stage.ada) if song["clip"])
    for wanted, status in (("bytes=0-9", 206), ("bytes=99999999-", 416), ("bytes=9-0", 200)):
        answer = await stage.ask(clip, stage.ada, Range=wanted)
        assert answer.status == status
        as_described("/api/songs/{song}/clip", "GET", answer)
    for method, song, status in (("PUT", SONG, 204), ("PUT", "no", 404), ("DELETE", SONG, 204), ("DELETE", "no", 204)):
        answer = await stage.ask(f"{at(song)}/dislike", stage.ada, method)
        assert answer.status == status
        as_described("/api/songs/{song}/dislike", method, answer)
