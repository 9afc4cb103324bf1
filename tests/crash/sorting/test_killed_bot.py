"""The bot, killed anywhere while a member labels, trains, sorts or undoes, ends as if it hadn't been."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.crash.crash_stack import CrashStack, Start
from tests.crash.driver import Flow
from tests.e2e.chat_stage import STYLES, answer, asked_about, label, styled, with_file
from tests.e2e.checked_stack import PATIENCE
from tests.e2e.trained_stage import Trained, trained

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.soak]
UNTRAINED = 5  # labels, one fewer than start a training


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def learned(crash_engine: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Trained, Start]]:
    """A member with a trained model, and everything as it was when it had just been trained."""
    async with CrashStack(tmp_path_factory.mktemp("crash") / "stack", engine=crash_engine) as stack:
        await stack.start_bot()
        ada = await trained(stack)
        await stack.keep()
        assert stack.start is not None
        yield ada, stack.start


@pytest_asyncio.fixture(loop_scope="module")
async def ada(learned: tuple[Trained, Start]) -> Trained:
    ada, start = learned
    ada.stack.start = start
    await ada.stack.rewind()
    return ada


async def test_p13_a_bot_killed_after_a_tap_has_its_label(ada: Trained, survives) -> None:
    """The answer stands, whether or not the next card was dealt."""
    stack, card = ada.stack, await answer(ada.person.command("label"))
    song = asked_about(card, ada.library).uri
    await stack.keep()
    flow = Flow("label", lambda: label(ada.person, card, ada.library, 1), lambda: song in str(stack.labels(ada.person)))
    await survives(stack, flow)


async def test_p01_a_bot_killed_while_it_sorts_sorts_once(ada: Trained, survives) -> None:
    stack, dry_run = ada.stack, await ada.dry_run()
    await stack.keep()
    confirmed = "select 1 from write where state != 'planned'"
    await survives(stack, Flow("sort", lambda: ada.apply(dry_run), lambda: stack.rows(confirmed)))


async def test_p01_a_bot_killed_while_it_undoes_reverts_exactly_that(ada: Trained, survives) -> None:
    stack, receipt = ada.stack, await ada.apply(await ada.dry_run())
    await stack.keep()
    undone = "select 1 from write where undoes is not null"
    await survives(stack, Flow("undo", lambda: ada.undo(receipt), lambda: stack.rows(undone)))


async def test_p01_a_bot_killed_when_a_song_was_liked_sorts_it_once(ada: Trained, survives) -> None:
    stack, later = ada.stack, ada.library.later[0]
    await stack.keep()

    async def like() -> None:
        """Like a song; the next look at the account is due, and isn't the fourth, which reads playlists instead."""
        stack.spotify.like(ada.listener.account.id, later)
        await stack.change("update member set next_poll_at = 0, polls = 0 where member = ?", ada.person.user.id)
        await stack.until(lambda: stack.rows("select 1 from member where next_poll_at > 0"))
        await stack.let_read_rest()

    await survives(stack, Flow("watch", like, lambda: any(later in uris for uris in ada.contents().values())))


async def test_p26_a_bot_killed_while_it_syncs_learns_each_change_once(ada: Trained, survives) -> None:
    """Songs liked, unliked and moved by hand are read, and what was done by hand is a label."""
    stack, account = ada.stack, ada.listener.account
    await ada.apply(await ada.dry_run())
    await stack.let_read_rest()
    name, songs = max(ada.contents().items(), key=lambda held: len(held[1]))
    stack.spotify.like(account.id, ada.library.later[0])
    stack.spotify.unlike(account.id, account.likes[-1].uri)
    stack.spotify.remove_by_hand(account.id, ada.ref(name), songs[-1])
    await stack.keep()

    async def sync() -> None:
        await (await ada.person.command("sync")).until(lambda message: "song" in message.text(), PATIENCE)

    read = "select 1 from liked where song = ?"
    await survives(stack, Flow("sync", sync, lambda: stack.rows(read, ada.library.later[0])))


async def test_p26_a_bot_killed_before_or_during_a_training_trains(tmp_path: Path, crash_engine: str, survives) -> None:
    """The label that starts the first training is on disk, and so is what follows from it."""
    async with CrashStack(tmp_path / "stack", engine=crash_engine) as stack:
        await stack.start_bot()
        person = await with_file(stack, "anna", *STYLES, library=styled())
        card = await label(person, await answer(person.command("label")), styled(), UNTRAINED)
        await stack.keep()

        async def train() -> None:
            """Give the last label, unless it's on disk, and wait."""
            if len(stack.labels(person)) == UNTRAINED:
                await label(person, card, styled(), 1)
            await stack.until(lambda: stack.rows("select 1 from model"))

        await survives(stack, Flow("train", train, lambda: stack.rows("select 1 from model")))
