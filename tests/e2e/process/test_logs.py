"""The log as JSON: a whole action can be followed by its id, also past a restart, and it says nothing personal."""

import json
import signal
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from sandbox.spotify import Fault
from sandbox.stack import Listener, consent_url
from tests.e2e.chat_stage import STYLES, answer, label, styled
from tests.e2e.checked_stack import CheckedStack
from tests.e2e.wire_checks import shown

pytestmark = pytest.mark.asyncio(loop_scope="module")
LIKES = "GET /v1/me/tracks"
Line = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CheckedStack]:
    settings = {"LOG_FORMAT": "json", "FEED_PAGE": "on", "POLL_SECONDS": "3600"}
    async with CheckedStack(tmp_path_factory.mktemp("stack"), **settings) as made:
        await made.start_bot()
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mara(stack: CheckedStack) -> Listener:
    """A member who has linked, labelled, trained and met errors, in a log that has everything."""
    library = styled(30, seed=404)
    await stack.import_features(library)
    listener = stack.add_listener("Maravillosa", library)
    stack.spotify.faults.append(Fault("POST /accounts/api/token", "apply-then", status=500))
    failed = await answer(listener.person.command("link"))
    await stack.agree(consent_url(failed), listener.account)
    stack.spotify.faults.clear()
    await stack.link(listener)
    for style in STYLES:
        await answer(listener.person.command("playlists add", new=style))
    await label(listener.person, await answer(listener.person.command("label")), library, 7)
    await stack.learnt(listener.person)
    await stack.forge(listener.person, "ck1:card:forged-by-Maravillosa:7")
    return listener


def lines(stack: CheckedStack) -> list[Line]:
    """Every line of the log so far; json raises for one that is no object."""
    *whole, _ = stack.log.read_text().split("\n")  # the last may be half a line
    return [json.loads(line) for line in whole]


def of(stack: CheckedStack, action: str) -> list[str]:
    return [line["message"] for line in lines(stack) if line.get("action") == action]


def asked(stack: CheckedStack, message: str) -> str:
    """The action of the newest line that says this."""
    return next(str(line["action"]) for line in reversed(lines(stack)) if line["message"] == message)


def names(stack: CheckedStack, listener: Listener) -> Iterator[str]:
    """What a log must never say: songs, artists, playlists, people, ids of members and of their messages."""
    yield from (track.name for track in listener.library.tracks)
    yield from (track.id for track in listener.library.tracks)
    yield from (artist for track in listener.library.tracks for artist in track.artists)
    yield from STYLES
    yield from ("Maravillosa", "maravillosa", str(listener.person.user.id), stack.guild.name)
    yield from (playlist.id for playlist in stack.spotify.playlists.values())


async def test_p34_no_line_in_json_has_a_secret_a_title_or_a_name(stack: CheckedStack, mara: Listener) -> None:
    assert {"time", "level", "logger", "message"} <= set.intersection(*({*line} for line in lines(stack)))
    log = stack.log.read_text()
    assert shown(log, stack.secrets() | stack.codes()) == []
    said = [line for line in log.splitlines() for name in names(stack, mara) if name in line]
    assert said == []


async def test_an_action_is_followed_from_the_command_to_the_job_to_each_request(
    stack: CheckedStack, mara: Listener
) -> None:
    await answer(mara.person.command("sync"))
    await stack.until(lambda: any("sync done" in said for said in of(stack, asked(stack, "command sync"))))
    said = of(stack, asked(stack, "command sync"))
    assert any(LIKES.removeprefix("GET /v1") in line and " 200 in " in line for line in said)
    assert [line for line in said if line.startswith(("command", "pressed"))] == ["command sync"]


async def test_an_action_keeps_its_id_past_a_restart(stack: CheckedStack, mara: Listener) -> None:
    stack.spotify.faults.append(Fault(LIKES, "slow", seconds=60))
    before = len(stack.calls(mara.account))
    await mara.person.command("sync")
    await stack.until(lambda: LIKES in stack.calls(mara.account, before) or None)
    action = asked(stack, "command sync")
    assert not any("sync done" in line for line in of(stack, action))
    await stack.stop_bot(signal.SIGKILL)
    stack.spotify.faults.clear()
    await stack.start_bot()
    await stack.until(lambda: any("sync done" in line for line in of(stack, action)))
    assert len({line["action"] for line in lines(stack) if line["message"].startswith("sync done")}) > 1
