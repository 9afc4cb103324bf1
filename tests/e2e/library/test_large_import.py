"""While one member's large file is imported, other members' clicks are answered (promise P40)."""

import asyncio

import pytest

from bot.core import limits
from tests.e2e.chat_stage import answer, as_file, newcomer, styled, with_file
from tests.e2e.checked_stack import CheckedStack

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]
FEW = 3  # least number of clicks answered before the import; normally it's dozens
LONGEST = 600  # seconds that the largest import may take
SIZES = [4_000, pytest.param(limits.SONGS, marks=pytest.mark.soak)]


@pytest.mark.slow
@pytest.mark.parametrize("songs", SIZES)
async def test_p40_clicks_are_answered_and_on_disk_before_a_large_import_ends(stack: CheckedStack, songs: int) -> None:
    ben = await with_file(stack, "ben", "Run", "Kitchen", library=styled(90, seed=51))
    card = await answer(ben.command("label"))
    ada = newcomer(stack, "ada")
    outcome = await ada.command("library import", file=as_file(styled(songs, seed=52)))
    importing = asyncio.create_task(outcome.until(lambda message: "I read" in message.text(), LONGEST))
    answered, kept = 0, "select count(*) from answer where member = ? and kind = 'skip'"
    while not importing.done() and answered < 80:
        card = await answer(ben.click(card, "Skip"))  # raises NoAnswer after Discord's three seconds
        answered += not importing.done()
        assert stack.rows(kept, ben.user.id)[0][0] >= answered
    said = await importing
    assert answered >= FEW
    assert f"I read {songs:,} songs" in said.text()
