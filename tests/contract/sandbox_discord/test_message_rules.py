"""What Discord rejects in a message, modal or suggestion, and which field it names."""

from typing import Any

import pytest

from tests.contract.sandbox_discord.conftest import Stage
from tests.contract.sandbox_discord.raw import RawBot

V2 = 1 << 15
TEXT = {"type": 10, "content": "x"}


def button(custom_id: str = "b", **parts: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "x", "custom_id": custom_id, **parts}


def row(*components: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(components)}


def select(count: int = 1, **parts: Any) -> dict[str, Any]:
    options = [{"label": str(number), "value": str(number)} for number in range(count)]
    return {"type": 3, "custom_id": "s", "options": options, **parts}


def v2(*components: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"flags": V2, "components": list(components), **parts}


REFUSED: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"content": "x" * 2001}, {"content": "BASE_TYPE_MAX_LENGTH"}),
    ({"embeds": [{"title": "x"}] * 11}, {"embeds": "BASE_TYPE_MAX_LENGTH"}),
    ({"embeds": [{"title": "x" * 257}]}, {"embeds.0.title": "BASE_TYPE_MAX_LENGTH"}),
    ({"embeds": [{"description": "x" * 4000}] * 2}, {"embeds": "MAX_EMBED_SIZE_EXCEEDED"}),
    ({"embeds": [{"fields": [{"name": "x", "value": ""}]}]}, {"embeds.0.fields.0.value": "BASE_TYPE_BAD_LENGTH"}),
    ({"components": [row(*(button(str(n)) for n in range(6)))]}, {"components.0.components": "BASE_TYPE_BAD_LENGTH"}),
    ({"components": [row(button(str(n))) for n in range(6)]}, {"components": "BASE_TYPE_BAD_LENGTH"}),
    ({"components": [row(button(), button())]}, {"components": "COMPONENT_CUSTOM_ID_DUPLICATED"}),
    (
        {"components": [row(button("x" * 101))]},
        {"components.0.components.0.custom_id": "BASE_TYPE_BAD_LENGTH"},
    ),
    (
        {"components": [row(button(label="x" * 81))]},
        {"components.0.components.0.label": "BASE_TYPE_MAX_LENGTH"},
    ),
    (
        {"components": [row(button(emoji={"name": ":tada:"}))]},
        {"components.0.components.0.emoji.name": "COMPONENT_INVALID_EMOJI"},
    ),
    ({"components": [row(button(style=5))]}, {"components.0.components.0.url": "BASE_TYPE_REQUIRED"}),
    ({"components": [row(select(26))]}, {"components.0.components.0.options": "BASE_TYPE_BAD_LENGTH"}),
    ({"components": [row(select(), button())]}, {"components.0": "COMPONENT_LAYOUT_WIDTH_EXCEEDED"}),
    ({"components": [TEXT]}, {"components.0.type": "BASE_TYPE_CHOICES"}),
    (v2(TEXT, content="x"), {"content": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"}),
    (v2(TEXT, embeds=[{"title": "x"}]), {"embeds": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"}),
    (v2(*[TEXT] * 41), {"components": "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"}),
    (
        v2(*[{"type": 10, "content": "x" * 2001}] * 2),
        {"components": "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"},
    ),
    (v2({"type": 9, "components": [TEXT]}), {"components.0.accessory": "BASE_TYPE_REQUIRED"}),
    (
        v2({"type": 17, "components": [{"type": 17, "components": [TEXT]}]}),
        {"components.0.components.0.type": "BASE_TYPE_CHOICES"},
    ),
    (
        v2({"type": 12, "items": [{"media": {"url": "attachment://gone.png"}}]}),
        {"components.0.items.0.media.url": "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"},
    ),
    (
        {"content": "<@1>", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        {"allowed_mentions": "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"},
    ),
]


@pytest.mark.parametrize(("body", "faults"), REFUSED, ids=[next(iter(faults.values())) for _, faults in REFUSED])
async def test_an_invalid_message_is_refused_by_field(
    quiet: Stage, bot: RawBot, body: dict[str, Any], faults: dict[str, str]
) -> None:
    answer = await bot.call(f"POST /channels/{quiet.channel.id}/messages", body)
    assert (answer.status, answer.code, answer.faults()) == (400, 50035, faults)
    assert quiet.channel.messages == {}


async def test_an_interaction_response_names_the_error_below_data(quiet: Stage, bot: RawBot) -> None:
    asked = bot.asked(quiet.anna.user, quiet.channel)
    answer = await bot.answer(asked, 4, {"content": "x" * 2001})
    assert answer.faults() == {"data.content": "BASE_TYPE_MAX_LENGTH"}
    assert not asked.acknowledged


async def test_an_empty_message_is_refused(quiet: Stage, bot: RawBot) -> None:
    assert (await bot.call(f"POST /channels/{quiet.channel.id}/messages", {"tts": False})).code == 50006


async def test_components_get_ids_and_attachments_get_urls(quiet: Stage, bot: RawBot) -> None:
    body = v2(TEXT, {"type": 13, "file": {"url": "attachment://a.csv"}}, row(button(id=7)))
    answer = await bot.call(f"POST /channels/{quiet.channel.id}/messages", body, files={"a.csv": b"a,b"})
    shown = answer.body["components"]
    assert [shown[0]["id"], shown[1]["id"], shown[2]["components"][0]["id"]] == [1, 2, 7]
    assert shown[1]["file"]["url"].startswith(f"{quiet.world.origin}/attachments/{quiet.channel.id}/")
    assert (shown[1]["name"], shown[1]["size"]) == ("a.csv", 3)


async def test_a_file_above_the_limit_is_too_large(quiet: Stage, bot: RawBot) -> None:
    data = bytes(quiet.world.rules.upload_limit + 1)
    answer = await bot.call(f"POST /channels/{quiet.channel.id}/messages", {}, files={"big.bin": data})
    assert (answer.status, answer.code) == (413, 40005)


async def test_an_edit_changes_only_the_given_fields(quiet: Stage, bot: RawBot) -> None:
    path = f"/channels/{quiet.channel.id}/messages"
    message = (await bot.call(f"POST {path}", {"content": "x", "components": [row(button())]}, files={"a": b""})).body
    kept = (await bot.call(f"PATCH {path}/{message['id']}", {"content": "y"})).body
    assert (kept["content"], len(kept["components"]), len(kept["attachments"])) == ("y", 1, 1)
    stripped = (await bot.call(f"PATCH {path}/{message['id']}", {"components": [], "attachments": []})).body
    assert (stripped["content"], stripped["components"], stripped["attachments"]) == ("y", [], [])


async def test_a_v2_message_stays_one(quiet: Stage, bot: RawBot) -> None:
    path = f"/channels/{quiet.channel.id}/messages"
    message = (await bot.call(f"POST {path}", v2(TEXT))).body
    answer = await bot.call(f"PATCH {path}/{message['id']}", {"content": "x"})
    assert answer.faults() == {"content": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"}


@pytest.mark.parametrize(
    ("parts", "faults"),
    [
        ({"title": "x" * 46}, {"data.title": "BASE_TYPE_BAD_LENGTH"}),
        ({"components": [TEXT] * 6}, {"data.components": "BASE_TYPE_BAD_LENGTH"}),
        ({"components": [row(button())]}, {"data.components.0.components.0.type": "BASE_TYPE_CHOICES"}),
        (
            {"components": [{"type": 18, "label": "x", "component": {"type": 4, "style": 1, "custom_id": ""}}]},
            {"data.components.0.component.custom_id": "BASE_TYPE_BAD_LENGTH"},
        ),
    ],
)
async def test_an_invalid_modal_is_refused_by_field(
    quiet: Stage, bot: RawBot, parts: dict[str, Any], faults: dict[str, str]
) -> None:
    modal = {"title": "x", "custom_id": "x", "components": [TEXT], **parts}
    assert (await bot.answer(bot.asked(quiet.anna.user, quiet.channel), 9, modal)).faults() == faults


async def test_emoji_for_reactions_must_be_emoji(quiet: Stage, bot: RawBot) -> None:
    path = f"/channels/{quiet.channel.id}/messages"
    message = (await bot.call(f"POST {path}", {"content": "x"})).body["id"]
    for emoji, status in (("%F0%9F%9F%A6", 204), ("1%EF%B8%8F%E2%83%A3", 204), ("tada", 400)):
        assert (await bot.call(f"PUT {path}/{message}/reactions/{emoji}/@me")).status == status
    reacted = (await bot.call(f"GET {path}/{message}/reactions/%F0%9F%9F%A6")).body
    assert [user["id"] for user in reacted] == [str(quiet.world.bot.id)]
