"""A ZIP of playlists through Discord: its files become playlists, and come back as files."""

import pytest

from sandbox.discord import Upload
from tests.e2e.chat_stage import answer, as_file, labels, newcomer, styled
from tests.e2e.checked_stack import CheckedStack
from tests.unit.library.tables.test_archive import packed

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]


async def test_exportifys_zip_becomes_playlists_and_is_exported_in_other_formats(stack: CheckedStack) -> None:
    person, table = newcomer(stack, "zed"), as_file(styled(9, seed=63)).data
    said = await answer(person.command("library import", file=Upload("all.zip", packed(Cycling=table))))
    assert "I now keep **Cycling** for you." in said.text()
    assert "I read 9 songs from" in said.text()
    assert "9 songs are in **Cycling** already" in said.text()
    assert labels(said)[:2] == ["Yes", "No, only my answers"]

    said = await answer(person.command("library export"))
    assert "paste" in said.text()
    said = await answer(person.command("library export", format="M3U8"))
    (file,) = said.files()
    assert file.filename.endswith(".m3u8")
    again = newcomer(stack, "zoe2")
    said = await answer(again.command("library import", file=Upload("back.m3u8", file.data)))
    assert "I read 9 songs from" in said.text()
