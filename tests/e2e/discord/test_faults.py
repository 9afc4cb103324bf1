"""Faults: each flow says what happened, within Discord's three seconds, and logs it in one line (P19)."""

import re
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
import pytest_asyncio

from sandbox.discord import Message, Outcome, Person, Upload
from sandbox.spotify.faults import HangUp
from tests.e2e.chat_stage import answer, as_file, newcomer, styled, with_file
from tests.e2e.checked_stack import CheckedStack

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("stack-b"),
    pytest.mark.usefixtures("provoked"),
]
REFERENCE = re.compile(r"`#([0-9a-f]{4})`")
LIBRARY = styled(12, seed=95)

Gesture = Callable[[Person], Awaitable[Outcome]]


def command(path: str, **options: Any) -> Gesture:
    return lambda person: person.command(path, **options)


def form(path: str, **fields: str) -> Gesture:
    async def submit(person: Person) -> Outcome:
        return await person.submit(await person.command(path), **fields)

    return submit


@contextmanager
def without(stack: CheckedStack, table: str) -> Iterator[None]:
    """Hide a table for the duration: the fastest way to make a database fail."""
    _rename(stack, table, f"{table}_gone")
    try:
        yield
    finally:
        _rename(stack, f"{table}_gone", table)


def _rename(stack: CheckedStack, table: str, name: str) -> None:
    change(stack, f'alter table "{table}" rename to "{name}"')


def change(stack: CheckedStack, statement: str) -> None:
    """Change the bot's database behind its back."""
    with closing(sqlite3.connect(stack.database, timeout=20)) as database, database:
        database.execute(statement)


async def told(outcome: Outcome) -> tuple[Message, str]:
    """The message that has a reference, and the reference."""
    message = await outcome.until(lambda message: REFERENCE.search(message.text()) is not None)
    return message, REFERENCE.findall(message.text())[0]


def lines(stack: CheckedStack, reference: str) -> list[str]:
    return [line for line in stack.log.read_text().splitlines() if f"#{reference} " in line]


FLOWS = {
    "link": (command("link"), "link_state"),
    "sync": (command("sync"), "member"),
    "import": (command("library import", file=as_file(LIBRARY)), "feature"),
    "export": (command("library export"), "content"),
    "add": (command("playlists add", new="Kitchen"), "playlist"),
    "list": (command("playlists list"), "content"),
    "settings": (command("playlists settings", playlist="Run", mistakes=3), "playlist"),
    "remove": (command("playlists remove", playlist="Run"), "playlist"),
    "label": (command("label"), "card"),
    "prompt": (command("prompt"), "card"),
    "train": (command("model"), "answer"),
    "model": (command("model"), "model"),
    "sort": (command("sort"), "change"),
    "undo": (command("undo"), "write"),
    "why": (command("why", song=LIBRARY.tracks[0].uri), "answer"),
    "updates": (command("updates", cap=3), "member"),
    "mute": (command("updates", mute=1), "member"),
    "status": (command("status"), "answer"),
    "help": (command("help"), "answer"),
    "data": (command("data export"), "notice"),
    "delete": (form("data delete", word="delete"), "erasure"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def una(stack: CheckedStack) -> Person:
    """A member who meets every fault."""
    return await with_file(stack, "una", "Late night", "Run", library=LIBRARY)


@pytest.mark.parametrize("flow", FLOWS)
async def test_p19_a_fault_in_a_flow_is_answered_with_a_reference_to_one_log_line(
    stack: CheckedStack, una: Person, flow: str
) -> None:
    gesture, table = FLOWS[flow]
    with without(stack, table):
        message, reference = await told(await gesture(una))
    assert message.visible_to == una.user.id
    assert len(lines(stack, reference)) == 1
    assert "Traceback" not in message.text()


TAPS = {"Run": "answer", "None of them": "answer", "Skip": "answer", "Undo": "answer", "Several": "card"}


@pytest.mark.parametrize("button", TAPS)
async def test_p19_a_fault_behind_a_button_is_answered_too(stack: CheckedStack, una: Person, button: str) -> None:
    card = await answer(una.command("label"))
    with without(stack, TAPS[button]):
        message, reference = await told(await una.click(card, button))
    assert message.visible_to == una.user.id
    assert len(lines(stack, reference)) == 1
    outcome = await una.click(card, "Skip")
    assert outcome.message.id == card.id, "the card works again after the fault"


async def test_p19_a_defect_is_logged_in_one_line_with_a_traceback(stack: CheckedStack) -> None:
    person = newcomer(stack, "udo")
    await answer(person.command("library import", file=Upload("one.csv", b"title,artists\nOdd one,Someone\n")))
    await answer(person.command("playlists add", new="Run"))
    with closing(sqlite3.connect(stack.database, timeout=20)) as database, database:
        database.execute(
            "update own_song set artists = 'no list' where member = ?",
            [person.user.id],
        )
    message, reference = await told(await person.command("label"))
    assert "went wrong on my side" in message.text()
    (line,) = lines(stack, reference)
    assert "ERROR" in line
    change(stack, "update own_song set artists = '[]' where artists = 'no list'")


async def test_p19_a_fault_in_suggestions_yields_none(stack: CheckedStack) -> None:
    person = await with_file(stack, "uwe", "Run", library=LIBRARY)
    with without(stack, "playlist"):
        assert await person.complete("playlists remove", option="playlist") == []
        assert await person.complete("why", option="song", typed="song") != []
    with without(stack, "liked"):
        assert await person.complete("why", option="song", typed="song") == []


async def test_p19_a_fault_behind_a_reaction_costs_only_a_log_line(stack: CheckedStack) -> None:
    person = await with_file(stack, "ulf", "Run", library=LIBRARY)
    message = await answer(person.command("prompt"))
    await stack.until(lambda: "🟦" in message.reactions)  # the prompt is stored before its reactions appear
    with without(stack, "answer"):
        await person.react(message, "🟦")
        await stack.until(lambda: "on_raw_reaction_add failed" in stack.log.read_text())
    await person.unreact(message, "🟦")
    await person.react(message, "🟦")
    await stack.until(lambda: stack.labels(person))


async def hang_up() -> None:
    raise HangUp


async def test_p19_a_spotify_outage_is_reported_and_passes(stack: CheckedStack) -> None:
    uta = stack.add_listener("Uta", styled(6, seed=97))
    await stack.link(uta)
    with stack.meddling(uta.account, "POST /v1/me/playlists", hang_up):
        message, reference = await told(await uta.person.command("playlists add", new="Run"))
    assert "Spotify" in message.text()
    assert len(lines(stack, reference)) == 1
    await stack.until(lambda: "Spotify answers again" in stack.log.read_text())
    again = (await answer(uta.person.command("playlists add", new="Run"))).text()
    assert "I'll check again" in again, "it may already exist: asking again could create a second one"
    assert stack.rows("select name from making where member = ?", uta.person.user.id) == [("Run",)]
