"""Checks exchanges against Discord's own OpenAPI 3.1 document for its HTTP API.

    world.on_exchange = check = SpecCheck()
    ...
    assert check.violations == []

For a multipart request, checks its payload_json. Where the document is known to be stricter than Discord, the check
is more lenient: request ids may be integers, and the error codes for form fields are strings.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from sandbox.discord import Exchange

SPEC = Path(__file__).parents[3] / "shared" / "specs" / "discord-openapi.json"
needs_spec = pytest.mark.skipif(not SPEC.exists(), reason="needs ../shared/specs/discord-openapi.json")

JSON = "application/json"
STRICT, LENIENT = "urn:discord:strict", "urn:discord:lenient"
OAUTH = "/oauth2/token"  # defined by RFC 6749, not in the document
FORM_FAULT = {"type": "object", "required": ["code", "message"], "properties": {"code": {"type": "string"}}}


class SpecViolation(AssertionError):
    """A body that Discord's document doesn't allow."""


class SpecCheck:
    """Hook for `world.on_exchange` that collects violations in accepted requests and in all responses."""

    def __init__(self) -> None:
        self.checked = 0
        self.violations: list[str] = []

    def __call__(self, exchange: Exchange) -> None:
        if exchange.route == OAUTH:
            return
        self.checked += 1
        try:
            if exchange.status < 400:
                validate(exchange.method, exchange.path, exchange.request)
            validate_answer(exchange.method, exchange.path, exchange.status, exchange.response)
        except SpecViolation as violation:
            self.violations.append(str(violation))


def validate(method: str, path: str, body: Any) -> None:
    """Check a request body. Raises SpecViolation, also for a path or method that Discord doesn't have."""
    template = _template(method, path)
    validator = _request_validator(method.lower(), template)
    if validator is not None and body is not None:
        _check(validator, body, f"{method} {path}")


def validate_answer(method: str, path: str, status: int, body: Any) -> None:
    """Check a response body. Raises SpecViolation."""
    validator = _answer_validator(method.lower(), _template(method, path), status)
    if validator is not None and body is not None:
        _check(validator, body, f"{status} to {method} {path}")


def _check(validator: Draft202012Validator, body: Any, what: str) -> None:
    worst = best_match(validator.iter_errors(body))
    if worst is not None:
        raise SpecViolation(f"{what}: {worst.json_path}: {worst.message[:500]}")


@cache
def _spec() -> Any:
    return _widened()


def _widened(**schemas: Any) -> Any:
    spec = json.loads(SPEC.read_text())
    spec["components"]["schemas"]["InnerErrors"]["properties"]["_errors"]["items"] = FORM_FAULT
    spec["components"]["schemas"] |= schemas
    return spec


@cache
def _registry() -> Registry[Any]:
    lenient = _widened(SnowflakeType={"type": ["string", "integer"]})
    specs = [(STRICT, _spec()), (LENIENT, lenient)]
    return Registry().with_resources((name, DRAFT202012.create_resource(spec)) for name, spec in specs)


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Path templates as patterns, fewest parameters first: /messages/@original before /messages/{id}."""
    templates = sorted(_spec()["paths"], key=lambda template: template.count("{"))
    return [(re.compile(re.sub(r"\{[^}]+\}", "[^/]+", template)), template) for template in templates]


@cache
def _template(method: str, path: str) -> str:
    for pattern, template in _patterns():
        if pattern.fullmatch(path) and method.lower() in _spec()["paths"][template]:
            return template
    raise SpecViolation(f"{method} {path}: Discord has no such endpoint")


@cache
def _request_validator(method: str, template: str) -> Draft202012Validator | None:
    content = _spec()["paths"][template][method].get("requestBody", {}).get("content", {})
    return _validator(LENIENT, "paths", template, method, "requestBody", "content", JSON) if JSON in content else None


@cache
def _answer_validator(method: str, template: str, status: int) -> Draft202012Validator | None:
    answers = _spec()["paths"][template][method]["responses"]
    key = next((key for key in (str(status), f"{str(status)[0]}XX") if key in answers), None)
    if key is None:
        return None
    reference = answers[key].get("$ref")
    if reference:
        return _validator(STRICT, *reference.removeprefix("#/").split("/"), "content", JSON)
    known = JSON in answers[key].get("content", {})
    return _validator(STRICT, "paths", template, method, "responses", key, "content", JSON) if known else None


def _validator(base: str, *steps: str) -> Draft202012Validator:
    pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in (*steps, "schema"))
    return Draft202012Validator({"$ref": f"{base}#/{pointer}"}, registry=_registry())
