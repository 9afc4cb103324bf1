"""A bot that's backed up while members use it goes on from a restored backup: labels, tokens and all."""

import asyncio
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.stack import Stack
from tests.e2e.chat_stage import PATIENCE, STYLES, answer, label, linked, stack, styled

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["stack"]


def labels_in(data: Path) -> set[tuple[object, ...]]:
    with closing(sqlite3.connect(data / "cratekeeper.db")) as database:
        return {*database.execute("select * from answer")}


@pytest.mark.slow
async def test_p25_a_bot_goes_on_from_a_backup_that_was_made_while_members_labelled(
    stack: Stack, tmp_path: Path
) -> None:
    library = styled(30)
    ada, _ = await linked(stack, "ada", library)
    for style in STYLES:
        await answer(ada.person.command("playlists add", new=style))
    card = await label(ada.person, await answer(ada.person.command("label")), library, 2)
    before, file = labels_in(stack.data), tmp_path / "now.zip"
    printed, _ = await asyncio.gather(stack.run("-m", "bot", "backup", str(file)), label(ada.person, card, library, 6))
    assert "keep both elsewhere" in printed
    after = labels_in(stack.data)
    await stack.stop_bot(signal.SIGKILL)

    keys = stack.data / "keys"
    stack.settings["DATA_DIR"] = str(tmp_path / "elsewhere")
    assert "put them in" in await stack.run("-m", "bot", "restore", str(file))
    shutil.copy(keys, tmp_path / "elsewhere" / "keys")
    await stack.start_bot()
    restored = labels_in(tmp_path / "elsewhere")
    assert before <= restored <= after
    assert len(before) == 2
    assert len(after) == 8
    stack.spotify.requests.clear()
    await (await ada.person.command("sync")).until(lambda message: "30" in message.text(), PATIENCE)
    assert ada.account.id in {request.user for request in stack.spotify.requests}, "with the restored token"
    await label(ada.person, await answer(ada.person.command("label")), library, 1)
    assert len(labels_in(tmp_path / "elsewhere")) == len(restored) + 1
