"""The bot, killed anywhere while a member links Spotify or deletes their data, ends as if it hadn't been."""

from pathlib import Path

import pytest

from tests.crash.crash_stack import CrashStack
from tests.crash.driver import Flow
from tests.e2e.chat_stage import styled
from tests.e2e.checked_stack import PATIENCE


@pytest.mark.slow
async def test_p26_a_bot_killed_while_a_member_links_reads_all_their_likes(
    tmp_path: Path, crash_engine: str, survives
) -> None:
    async with CrashStack(tmp_path / "stack", engine=crash_engine) as stack:
        ada = stack.add_listener("Ada", styled(60, seed=1))
        await stack.start_bot()
        await stack.keep()
        read = "select 1 from account where synced_at is not null"
        await survives(stack, Flow("link", lambda: stack.link(ada), lambda: stack.rows(read)))


@pytest.mark.soak
async def test_p35_a_bot_killed_while_it_erases_a_member_erases_them(
    tmp_path: Path, crash_engine: str, survives
) -> None:
    async with CrashStack(tmp_path / "stack", engine=crash_engine) as stack:
        ada = stack.add_listener("Ada", styled(60, seed=1))
        await stack.start_bot()
        await stack.link(ada)
        await stack.keep()

        async def erase() -> None:
            deleting = await ada.person.submit(await ada.person.command("data delete"), word="delete")
            await deleting.until(lambda message: "is deleted" in message.text(), PATIENCE)

        await survives(stack, Flow("erase", erase, lambda: not stack.rows("select 1 from member")))
