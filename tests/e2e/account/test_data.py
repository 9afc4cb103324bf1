"""A member's data: described, exported, and deleted after they type a word."""

import json
from pathlib import Path

import pytest

from tests.e2e.chat_stage import answer, label, styled, with_file
from tests.e2e.checked_stack import CheckedStack

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]


async def test_privacy_says_what_is_stored_in_ten_lines(stack: CheckedStack) -> None:
    person = await with_file(stack, "moe", library=styled(3, seed=81))
    said = await answer(person.command("data privacy"))
    assert len(said.text().splitlines()) == 10
    assert said.visible_to == person.user.id


async def test_everything_is_exported_as_json_without_the_keys(stack: CheckedStack) -> None:
    nia = stack.add_listener("Nia", styled(9, seed=82))
    await stack.link(nia)
    await answer(nia.person.command("playlists add", new="Run"))
    await answer(nia.person.click(await answer(nia.person.command("label")), "Run"))
    said = await answer(nia.person.command("data export"))
    data = json.loads(said.files()[0].data)
    assert [row["member"] for row in data["member"]] == [nia.person.user.id]
    assert len(data["liked"]) == 9
    assert [row["name"] for row in data["playlist"]] == ["Run"]
    assert [row["kind"] for row in data["answer"]] == ["only"]
    assert data["account"][0]["tokens"] == "(sealed)"
    tables = {name for (name,) in stack.rows("select name from sqlite_master where type = 'table'")}
    assert data.keys() == {name for name in tables if names_a_member(stack, name)}


def names_a_member(stack: CheckedStack, table: str) -> bool:
    columns = {name for (name,) in stack.rows("select name from pragma_table_info(?)", table)}
    referred = {to for (to,) in stack.rows('select "table" from pragma_foreign_key_list(?)', table)}
    return bool({"member", "owner"} & columns) or "member" in referred


async def test_p35_deleting_needs_a_typed_word_and_leaves_nothing(stack: CheckedStack) -> None:
    library = styled(9, seed=83)
    person = await with_file(stack, "ole", "Run to nowhere in particular", library=library)
    await answer(person.click(await answer(person.command("label")), "None of them"))
    form = await person.command("data delete")
    said = await answer(person.submit(form, word="erase"))
    assert "Nothing was deleted" in said.text()
    assert len(stack.labels(person)) == 1

    form = await person.command("data delete")
    outcome = await person.submit(form, word="Delete")
    assert "is deleted" in (await outcome.until(lambda message: "deleted" in message.text())).text()
    for name in (name for (name,) in stack.rows("select name from sqlite_master where type = 'table'")):
        assert not any(person.user.id in row for row in stack.rows(f'select * from "{name}"'))  # noqa: S608
    kept = b"".join(path.read_bytes() for path in stack.data.rglob("*") if path.is_file())
    for canary in (str(person.user.id), library.tracks[0].id, "Run to nowhere in particular"):
        assert canary.encode() not in kept
    assert "Link Spotify" in [button.label for button in (await answer(person.command("help"))).buttons()]


def trainings(stack: CheckedStack) -> list[int]:
    """The bot's running training processes."""
    assert stack.bot is not None
    children = Path(f"/proc/{stack.bot.pid}/task/{stack.bot.pid}/children").read_text().split()
    return [int(child) for child in children if b"training" in Path(f"/proc/{child}/cmdline").read_bytes()]


async def test_p35_deleting_stops_a_running_training(stack: CheckedStack) -> None:
    library = styled(30, seed=84)
    person = await with_file(stack, "pim", "Late night", "Run", "Kitchen", library=library)
    await label(person, await answer(person.command("label")), library, 6)  # enough to start a training
    await stack.until(lambda: trainings(stack))
    outcome = await person.submit(await person.command("data delete"), word="delete")
    await outcome.until(lambda message: "is deleted" in message.text())
    assert trainings(stack) == []
    assert stack.rows("select 1 from layer where member = ?", person.user.id) == []
    named = {digest for (digest,) in stack.rows("select digest from model")}
    assert {path.stem for path in (stack.data / "models").glob("*")} <= named
