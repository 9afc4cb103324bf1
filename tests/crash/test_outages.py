"""A bot in parts, any of which is killed, or whose database's server goes away: nothing is lost, nothing done twice.

All parts recover by themselves; only what was killed is started again, as a supervisor would.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.adapters.store.member_locks import MemberLocks
from sandbox.discord import PersonError
from tests.crash.driver import GIVEN_UP
from tests.databases import carry_out
from tests.e2e.chat_stage import answer
from tests.e2e.checked_stack import PATIENCE
from tests.e2e.process.parts_stage import Parts
from tests.e2e.trained_stage import Trained, trained
from tests.postgresql import OwnServer

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
DATABASE = "database"
VICTIMS = ("gateway", "worker --name 1", "web", DATABASE)
TAPS = 5
AWAY = 5.0  # seconds that the database's server is away


class Outages(Parts):
    """Parts on a server of their own, which stops as well as they do."""

    def __init__(self, folder: Path) -> None:
        self.server = OwnServer()
        super().__init__(folder / "stack", DATABASE_URL=self.server.url, LOG_LEVEL="INFO")

    async def strike(self, victim: str) -> None:
        """Kill it, and start it again."""
        if victim == DATABASE:
            await asyncio.to_thread(self.server.stop)
            await asyncio.sleep(AWAY)
            await asyncio.to_thread(self.server.start)
            return
        await self.kill(victim)
        await self.again(victim)
        if victim == "web":  # nothing else waits for it, and a part that starts without a database ends
            await self.until_served()

    async def again(self, name: str) -> None:
        await self.begin(*name.split(), port=self.bot_port if name == "web" else 0)

    def ended(self) -> list[str]:
        """The parts that have ended by themselves."""
        return [name for name, process in self.processes.items() if process.returncode is not None]


@dataclass
class Town:
    """Ada, whose songs are sorted by a bot in parts."""

    stack: Outages
    ada: Trained

    async def insist(self, act: Callable[[], Awaitable[Any]], is_done: Callable[[], Any]) -> None:
        """Act again, as a person would, until it's done."""
        async with asyncio.timeout(3 * PATIENCE):
            while not is_done():
                with suppress(PersonError, TimeoutError, StopIteration):
                    async with asyncio.timeout(PATIENCE / 4):
                        await act()
                await asyncio.sleep(0.5)

    def states(self) -> dict[int, str]:
        """The state of each of Ada's writes."""
        with suppress(Exception):  # the server may be away
            return dict(self.stack.rows('select "write", state from "write" order by "write"'))
        return {}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    folder = tmp_path_factory.mktemp("outages")
    async with Outages(folder) as stack:
        await stack.begin_all()
        yield Town(stack, await trained(stack))
        await stack.stop_all()
        stack.server.end()


async def sort(town: Town) -> None:
    """Sort everything that's liked, and take it back."""
    before, known = town.ada.contents(), set(town.states())

    async def apply() -> None:
        await town.ada.apply(await town.ada.dry_run())

    def state() -> str:
        return next((state for write, state in town.states().items() if write not in known and state == "done"), "")

    await town.insist(apply, lambda: town.ada.contents() != before and state())
    assert all(len(songs) == len(set(songs)) for songs in town.ada.contents().values()), "nothing is there twice"

    async def undo() -> None:
        outcome = await town.ada.person.command("undo")
        await outcome.until(lambda message: "Undone" in message.text(), PATIENCE / 4)

    await town.insist(undo, lambda: town.ada.contents() == before)


async def tap(town: Town) -> None:
    await tap_until(town, lambda taps: taps >= TAPS)


async def tap_until(town: Town, enough: Callable[[int], bool]) -> None:
    """Answer cards, one after another; each answer that was acknowledged is stored, once."""
    person, taps = town.ada.person, 0
    before = stored(town)

    async def one() -> None:
        nonlocal taps
        asked = await answer(person.command("label"))
        said = await answer(person.click(asked, "Run"))
        taps += "I didn't do that" not in said.text()

    await town.insist(one, lambda: enough(taps))
    songs = [song for song, *_ in town.stack.labels(person)]
    assert len(songs) == len(set(songs)) >= before + taps


def stored(town: Town) -> int:
    return len(town.stack.labels(town.ada.person))


FLOWS = {"sort": sort, "tap": tap}


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("victim", VICTIMS)
async def test_whichever_part_is_killed_nothing_is_lost_or_done_twice(
    town: Town, victim: str, flow: str, soak: bool, record_property: Callable[[str, object], None]
) -> None:
    moments, wrong = range(4 if soak else 1), []
    for moment in moments:
        running = asyncio.create_task(FLOWS[flow](town))
        await asyncio.sleep(moment)
        await town.stack.strike(victim)
        try:
            await running
        except (AssertionError, TimeoutError) as error:
            wrong.append(f"killed after {moment} s: {error!r}")
    record_property("crash", (f"{flow}, {victim} killed", len(moments), len(wrong)))
    assert wrong == []
    assert town.stack.ended() == [], "no part ends because another did"
    jobs = carry_out(town.stack.database_url, GIVEN_UP + " and status not in ('ENQUEUED', 'PENDING', 'DELAYED')")
    assert jobs == []


async def test_p19_a_press_while_the_database_is_away_is_answered_in_words(town: Town) -> None:
    card = await answer(town.ada.person.command("label"))
    before = stored(town)
    await asyncio.to_thread(town.stack.server.stop)
    try:
        said = await answer(town.ada.person.click(card, "Run"))
        assert "I can't use my database" in said.text()
    finally:
        await asyncio.to_thread(town.stack.server.start)
    await town.insist(lambda: answer(town.ada.person.click(card, "Run")), lambda: stored(town) > before)
    assert stored(town) == before + 1


async def test_p26_a_job_that_begins_while_the_server_is_away_waits_for_it(town: Town) -> None:
    locks = MemberLocks(town.stack.server.url)

    async def begin() -> None:
        async with locks.shared(1):
            pass

    await asyncio.to_thread(town.stack.server.stop)
    beginning = asyncio.create_task(begin())
    done, _ = await asyncio.wait({beginning}, timeout=1)
    await asyncio.to_thread(town.stack.server.start)
    assert not done
    await asyncio.wait_for(beginning, PATIENCE)
    locks.close()


async def test_p13_parts_restarted_in_turn_lose_no_press(town: Town) -> None:
    """As an operator does for an upgrade: each is told to stop, and started again."""
    restarted = asyncio.Event()
    tapping = asyncio.create_task(tap_until(town, lambda _: restarted.is_set()))
    for name in VICTIMS[:3]:
        town.stack.processes[name].terminate()
        assert await asyncio.wait_for(town.stack.processes[name].wait(), PATIENCE) == 0
        await town.stack.again(name)
        await town.stack.until(lambda: town.stack.discord.online)
        await town.stack.until_served()
    restarted.set()
    await tapping
