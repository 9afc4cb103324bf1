"""The check against Discord's OpenAPI document finds the violations that it should."""

from typing import Any

import pytest

from sandbox.discord import Person
from tests.contract.discord_openapi import SpecViolation, needs_spec, validate, validate_answer
from tests.contract.sandbox_discord.conftest import Stage

pytestmark = needs_spec
MESSAGES = "/channels/1/messages"
ROW = {"type": 1, "components": [{"type": 2, "style": 1, "label": "x", "custom_id": "x"}]}


@pytest.mark.parametrize(
    ("line", "body"),
    [
        (f"POST {MESSAGES}", {"content": "x", "components": [ROW]}),
        (f"PATCH {MESSAGES}/2", {"content": None, "attachments": [{"id": 3}]}),
        ("POST /interactions/1/token/callback", {"type": 4, "data": {"flags": 64, "content": "x"}}),
        ("PATCH /webhooks/1/token/messages/@original", {"content": "x"}),
        ("PUT /channels/1/messages/2/reactions/%F0%9F%9F%A6/@me", None),
    ],
)
def test_what_discord_accepts_passes(line: str, body: Any) -> None:
    method, path = line.split()
    validate(method, path, body)


@pytest.mark.parametrize(
    ("line", "body", "reason"),
    [
        ("POST /channels/1/massages", {}, "no such endpoint"),
        (f"POST {MESSAGES}", {"content": 1}, r"\$\.content"),
        (f"POST {MESSAGES}", {"components": [{"type": 1, "components": []}]}, r"\$\.components"),
        ("POST /interactions/1/token/callback", {"type": 9, "data": {"title": "x"}}, "required|valid"),
        ("PUT /applications/1/commands", [{"description": "x"}], "'name' is a required property"),
    ],
)
def test_what_discord_rejects_is_found(line: str, body: Any, reason: str) -> None:
    method, path = line.split()
    with pytest.raises(SpecViolation, match=reason):
        validate(method, path, body)


def test_responses_are_checked_by_status() -> None:
    validate_answer("GET", "/users/1", 404, {"code": 10013, "message": "Unknown User"})
    with pytest.raises(SpecViolation, match="'id' is a required property"):
        validate_answer("GET", "/users/1", 200, {"username": "anna"})
    with pytest.raises(SpecViolation, match="'code' is a required property"):
        validate_answer("GET", "/users/1", 404, {"message": "Unknown User"})


@pytest.mark.asyncio(loop_scope="package")
async def test_the_hook_sees_what_a_real_bot_exchanges(stage: Stage) -> None:
    before = stage.check.checked
    await Person(stage.world, stage.anna.user).command("card")
    await stage.world.wait_for(lambda: stage.check.checked > before, 10)
    assert stage.world.log[-1].answered_after is not None
