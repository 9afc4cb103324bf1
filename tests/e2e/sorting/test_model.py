"""The model: its quality, its chart, its versions, and going back to an earlier one."""

import pytest

from tests.e2e.chat_stage import answer, label, labels
from tests.e2e.checked_stack import PATIENCE, CheckedStack
from tests.e2e.trained_stage import Trained

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-a")]
PNG = b"\x89PNG\r\n"


async def test_the_first_training_starts_by_itself_and_states_its_quality(stack: CheckedStack, ada: Trained) -> None:
    assert "right" in ada.told.text()
    assert "View" in labels(ada.told)
    said = await answer(ada.person.command("model"))
    (picture,) = said.files()
    assert picture.data.startswith(PNG)
    assert all(name in said.text() for name in ("Late night", "Run", "Kitchen"))
    card = await answer(ada.person.command("label"))
    assert "%" in card.text(), "the card shows the model's guess and its confidence"


async def test_another_version_can_serve_again(stack: CheckedStack, ada: Trained) -> None:
    await label(ada.person, await answer(ada.person.command("label")), ada.library, 3)
    outcome = await ada.person.click(await answer(ada.person.command("model")), "Learn now")
    await outcome.until(lambda message: "View" in labels(message) or "kept" in message.text(), PATIENCE)
    member = ada.person.user.id
    *earlier, newest = stack.rows("select model from model where member = ? order by model", member)
    assert earlier
    assert serving(stack, member) == [newest], "the newer model is no worse"

    said = await answer(ada.person.command("model"))
    (menu,) = said.selects()
    older = next(option for option in menu.options if not option.default)
    (newer,) = [option for option in menu.options if option.default]
    await answer(ada.person.select(said, menu.custom_id, [older.value]))
    (now,) = serving(stack, member)
    assert now in earlier
    await answer(ada.person.select(said, menu.custom_id, [newer.value]))
    assert serving(stack, member) == [newest]
    assert {path.stem for path in (stack.data / "models").glob("*.onnx")} >= {
        digest for (digest,) in stack.rows("select digest from model where member = ?", member)
    }


def serving(stack: CheckedStack, member: int) -> list[tuple[int]]:
    return stack.rows("select model from model where member = ? and serving", member)
