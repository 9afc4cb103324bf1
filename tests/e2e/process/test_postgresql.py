"""The bot with its database on a PostgreSQL server: the whole main job, the doctor, and what a backup says."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import make_url

from sandbox.stack import BotEnded
from tests import postgresql
from tests.e2e.checked_stack import PATIENCE, CheckedStack
from tests.e2e.trained_stage import trained


async def test_p24_the_main_job_goes_as_on_sqlite(tmp_path: Path) -> None:
    """Link, label, train, sort, undo, have a new like sorted, delete; and no database is left in the data folder."""
    async with CheckedStack(tmp_path / "stack", engine="postgresql") as stack:
        await stack.start_bot()
        ada = await trained(stack)
        before = ada.contents()
        receipt = await ada.apply(await ada.dry_run())
        assert ada.contents() != before
        await ada.undo(receipt)
        assert ada.contents() == before
        deleting = await ada.person.submit(await ada.person.command("data delete"), word="delete")
        await deleting.until(lambda message: "is deleted" in message.text(), PATIENCE)
        assert stack.rows("select 1 from member") == []
        assert stack.rows("select 1 from dbos.workflow_status where status != 'SUCCESS'") == []
        (stack.data / "cratekeeper.db").unlink()  # the stage's, never used
        await stack.end()
        assert not list(stack.data.glob("*.db*"))


async def test_the_doctor_finds_nothing_wrong_and_names_the_server_without_its_password(tmp_path: Path) -> None:
    async with CheckedStack(tmp_path / "stack", engine="postgresql") as stack:
        printed = await stack.run("-m", "bot", "doctor")
        assert f"at postgresql+psycopg://postgres:***@/{make_url(stack.database_url).database}" in printed
        assert "make them with PostgreSQL's own tools" in printed
        with pytest.raises(BotEnded, match="back it up and restore it with PostgreSQL"):
            await stack.run("-m", "bot", "backup", "x.zip")


async def test_a_server_that_isnt_there_ends_the_start_in_one_line(tmp_path: Path) -> None:
    nowhere = "postgresql+psycopg://bot:hunter2@127.0.0.1:1/none"
    async with CheckedStack(tmp_path / "stack", DATABASE_URL=nowhere) as stack:
        with pytest.raises(BotEnded) as ended:
            await asyncio.wait_for(stack.start_bot(), PATIENCE)
        assert str(ended.value).endswith("Check DATABASE_URL and the server.")
        assert "hunter2" not in str(ended.value)
        assert "Traceback" not in str(ended.value)


async def test_a_second_bot_on_the_same_database_says_so_and_ends(tmp_path: Path) -> None:
    """From another machine, so that no lock in a data folder shows it."""
    url = postgresql.new_url()
    async with CheckedStack(tmp_path / "one", DATABASE_URL=url) as one:
        await one.start_bot()
        async with CheckedStack(tmp_path / "two", DATABASE_URL=url) as two:
            with pytest.raises(BotEnded, match="already"):
                await asyncio.wait_for(two.start_bot(), PATIENCE)


async def test_p24_a_bot_that_moved_from_a_file_to_a_server_goes_on_where_it_was(tmp_path: Path) -> None:
    async with CheckedStack(tmp_path / "stack") as stack:
        await stack.start_bot()
        ada = await trained(stack)
        receipt = await ada.apply(await ada.dry_run())
        labels, sorted_ = stack.labels(ada.person), ada.contents()
        await stack.stop_bot()
        url = postgresql.empty_url()
        assert "Each is the same as in" in await stack.run("-m", "bot", "migrate-store", "--to", url)
        stack.settings["DATABASE_URL"] = url
        await stack.start_bot()
        assert stack.labels(ada.person) == labels
        ada.likes()
        await stack.until(lambda: ada.contents() != sorted_)
        await ada.undo(receipt)
        await stack.end()
