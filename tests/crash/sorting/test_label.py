"""A label is on disk once it's acknowledged (P13): checked at that moment, and after a kill at that moment."""

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.discord import Change, Interaction, InteractionKind, Message, Person
from sandbox.stack import Stack
from tests.e2e.chat_stage import answer, data, styled, with_file

TAPS = 12
MANY = 50  # taps, in a soak
EVERY = 8  # taps; the bot is killed as it acknowledges the fourth of these
UNTRAINED = 5  # labels, too few to start a training; the other taps are skips, which are saved the same way


def on_disk(stack: Stack, event: int) -> bool:
    with sqlite3.connect(f"file:{data(stack)}?mode=ro", uri=True) as database:
        return database.execute("select 1 from answer where event = ?", [event]).fetchone() is not None


@contextmanager
def looking(stack: Stack, doomed: list[bool]) -> Iterator[dict[int, bool]]:
    """Check that the label is on disk as each tap is acknowledged; kill the bot at the taps marked in `doomed`."""
    saved: dict[int, bool] = {}

    def look(change: Change) -> None:
        tap = change.subject
        if change.kind == "answer" and isinstance(tap, Interaction) and tap.kind is InteractionKind.COMPONENT:
            saved[tap.id] = on_disk(stack, tap.id)
            if doomed[len(saved) - 1] and stack.bot is not None:
                stack.bot.send_signal(signal.SIGKILL)

    end = stack.discord.subscribe(look)
    yield saved
    end()


async def test_p13_a_label_is_on_disk_before_it_is_acknowledged(tmp_path: Path, soak: bool) -> None:
    async with Stack(tmp_path / "stack") as stack:
        await stack.start_bot()
        person = await with_file(stack, "anna", "Late night", "Run", library=styled(3 * MANY))
        card = await answer(person.command("label"))
        doomed = [tap % EVERY == 3 for tap in range(MANY if soak else TAPS)]
        with looking(stack, doomed) as saved:
            for number, dies in enumerate(doomed):
                card = await tap(stack, person, card, "Run" if number < UNTRAINED else "Skip", dies=dies)
        assert len(saved) == len(doomed)
        assert all(saved.values())
        assert all(on_disk(stack, event) for event in saved)


async def tap(stack: Stack, person: Person, card: Message, button: str, *, dies: bool) -> Message:
    """Press, and return the next card; a bot that was killed deals none until it's asked."""
    outcome = await person.click(card, button)
    if not dies or stack.bot is None:
        return await outcome.reply()
    await stack.bot.wait()
    await stack.start_bot()
    return await answer(person.command("label"))
