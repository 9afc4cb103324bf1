"""What an operator sees of a running bot: a log in which actions can be followed, metrics and health; none personal."""

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.core.jobs import JobKind
from bot.telemetry.metrics import Acknowledged, Cache, Call, Outcome
from sandbox.process import start
from sandbox.spotify import Fault
from sandbox.stack import Listener, consent_url
from tests.e2e.chat_stage import STYLES, answer, label, styled
from tests.e2e.checked_stack import PATIENCE, CheckedStack
from tests.e2e.wire_checks import shown

pytestmark = pytest.mark.asyncio(loop_scope="module")
LIKES = "GET /v1/me/tracks"
TOKEN = "canary-metrics-4b1d9e07c2"
DEPLOY = Path(__file__).parents[3] / "deploy"
METRIC = re.compile(r"\b(?:cratekeeper|process)_[a-z_]+\b")
MATCHER = re.compile(r'(\w+)!?="([^"]*)"')
WORDS = {*JobKind, *Acknowledged, *Call, *Outcome, *Cache, "spotify"}  # what labels may say
Line = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CheckedStack]:
    settings = {"LOG_FORMAT": "json", "METRICS": "on", "METRICS_TOKEN": TOKEN, "POLL_SECONDS": "3600"}
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
    await stack.learned(listener.person)
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


@pytest.mark.slow
async def test_p34_no_line_in_json_has_a_secret_a_title_or_a_name(stack: CheckedStack, mara: Listener) -> None:
    assert {"time", "level", "logger", "message"} <= set.intersection(*({*line} for line in lines(stack)))
    log = stack.log.read_text()
    assert shown(log, stack.secrets() | stack.codes() | {TOKEN[:20]}) == []
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


Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def got(stack: CheckedStack, path: str, token: str = "") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession() as http, http.get(stack.public_url + path, headers=headers) as answer:
        return answer.status, await answer.text()


async def metrics(stack: CheckedStack) -> Series:
    """Every sample that the bot exports, by its name and labels."""
    status, text = await got(stack, "/metrics", TOKEN)
    assert status == 200
    families = text_string_to_metric_families(text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def value(series: Series, name: str, **labels: str) -> float:
    return series[name, frozenset(labels.items())]


async def test_metrics_count_what_happened(stack: CheckedStack, mara: Listener) -> None:
    seen = await metrics(stack)
    assert value(seen, "cratekeeper_acknowledgement_seconds_count", outcome="accepted") >= 10
    assert value(seen, "cratekeeper_acknowledgement_seconds_bucket", outcome="accepted", le="3.0") >= 10
    assert value(seen, "cratekeeper_spotify_calls_total", outcome="answered") >= 3
    assert value(seen, "cratekeeper_job_seconds_count", kind="sync", outcome="done") >= 1
    assert value(seen, "cratekeeper_members_linked") == 1
    assert value(seen, "cratekeeper_members_active") == 1
    assert value(seen, "cratekeeper_gateway_connected") == 1
    assert value(seen, "cratekeeper_jobs_waiting", kind="sync") == 0
    assert value(seen, "cratekeeper_cooldown_seconds", service="spotify") == 0
    for counted in ("cratekeeper_event_loop_lag_seconds_count", "process_resident_memory_bytes"):
        assert value(seen, counted) > 0


async def test_metrics_count_trainings_and_open_models(stack: CheckedStack, mara: Listener) -> None:
    await answer(mara.person.command("label"))
    seen = await metrics(stack)
    assert value(seen, "cratekeeper_training_seconds_count") >= 1
    assert value(seen, "cratekeeper_job_seconds_count", kind="train", outcome="done") >= 1
    assert value(seen, "cratekeeper_model_loads_total", cache="miss") >= 1
    assert value(seen, "cratekeeper_model_cache_bytes") > 0


async def test_p34_metrics_need_the_token_and_hold_nothing_personal(stack: CheckedStack, mara: Listener) -> None:
    for wrong in ("", "x", TOKEN[:-1], f"{TOKEN}x"):
        status, text = await got(stack, "/metrics", wrong)
        assert (status, "cratekeeper_" in text) == (401, False)
    _, text = await got(stack, "/metrics", TOKEN)
    labels = {pair for (_, labels) in await metrics(stack) for pair in labels}
    assert {value for label, value in labels if label != "le"} <= WORDS
    assert shown(text, stack.secrets() | stack.codes() | {TOKEN[:20]}) == []
    assert [name for name in names(stack, mara) if name in text] == []


async def test_the_dashboard_and_the_alerts_name_only_what_is_exported(stack: CheckedStack, mara: Listener) -> None:
    seen = await metrics(stack)
    exported, words = {name for name, _ in seen}, {pair for _, labels in seen for pair in labels}
    asked_for = [*dashboard(), *alerts()]
    assert len(asked_for) > 25
    for expression in asked_for:
        assert METRIC.findall(expression) or "up{" in expression
        assert set(METRIC.findall(expression)) <= exported, expression
        assert {pair for pair in MATCHER.findall(expression) if pair[0] != "job"} <= words, expression
    shown_there = "".join(asked_for)
    unused = {
        name.removesuffix("_bucket") for name in exported if name.startswith("cratekeeper") and "_sum" not in name
    }
    assert {name for name in unused if name.removesuffix("_count") not in shown_there} == set()


def dashboard() -> Iterator[str]:
    for panel in json.loads((DEPLOY / "grafana.json").read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def alerts() -> Iterator[str]:
    for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in ("page", "warn")
            assert rule["annotations"].keys() == {"summary", "description"}
            yield rule["expr"]


async def test_a_bot_that_is_well_says_so_and_how_long_its_oldest_job_waits(
    stack: CheckedStack, mara: Listener
) -> None:
    status, text = await got(stack, "/health")
    said = json.loads(text)
    assert (status, said["ok"], said["ready"], said["gateway"], said["database"]) == (200, True, True, True, True)
    assert said["oldest_job_seconds"] == 0
    assert await got(stack, "/health/live") == (200, '{"ok": true}')
    assert (await health(stack))[0] == (await health(stack, "--live"))[0] == 0


async def waiting(stack: CheckedStack, kind: JobKind) -> None:
    """Wait until a job of that kind waits, as the metrics say: how many, and for how long."""
    async with asyncio.timeout(PATIENCE):
        while not value(seen := await metrics(stack), "cratekeeper_oldest_job_seconds", kind=kind):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert value(seen, "cratekeeper_jobs_waiting", kind=kind) == 1


async def test_a_waiting_job_shows_and_an_action_keeps_its_id_past_a_restart(
    stack: CheckedStack, mara: Listener
) -> None:
    stack.spotify.faults.append(Fault(LIKES, "slow", seconds=60))
    before = len(stack.calls(mara.account))
    await mara.person.command("sync")
    await stack.until(lambda: LIKES in stack.calls(mara.account, before) or None)
    action = asked(stack, "command sync")
    await mara.person.click(await answer(mara.person.command("model")), "Learn now")
    await waiting(stack, JobKind.TRAIN)
    assert json.loads((await got(stack, "/health"))[1])["oldest_job_seconds"] > 0
    assert not any("sync done" in line for line in of(stack, action))
    await stack.stop_bot(signal.SIGKILL)
    stack.spotify.faults.clear()
    await stack.start_bot()
    await stack.until(lambda: any("sync done" in line for line in of(stack, action)))
    assert len({line["action"] for line in lines(stack) if line["message"].startswith("sync done")}) > 1


async def test_a_request_that_spotify_limits_shows_as_such_and_as_a_cooldown(
    stack: CheckedStack, mara: Listener
) -> None:
    stack.spotify.faults.append(Fault(LIKES, "status", status=429, retry_after=7200))
    await mara.person.command("sync")
    await stack.until(lambda: any("sync postponed" in line["message"] for line in lines(stack)))
    seen = await metrics(stack)
    assert value(seen, "cratekeeper_spotify_calls_total", outcome="limited") == 1
    assert 7000 < value(seen, "cratekeeper_cooldown_seconds", service="spotify") <= 7200
    assert value(seen, "cratekeeper_job_seconds_count", kind="sync", outcome="postponed") == 1
    assert value(seen, "cratekeeper_jobs_waiting", kind="sync") == 0, "it isn't due"


async def test_a_bot_without_discord_lives_and_is_not_ready(stack: CheckedStack, mara: Listener) -> None:
    await stack.close_port()
    async with asyncio.timeout(PATIENCE):
        while (await got(stack, "/health/ready"))[0] != 503:  # noqa: ASYNC110 - nothing to wait on
            await asyncio.sleep(0.05)
    said = json.loads((await got(stack, "/health"))[1])
    assert (said["ok"], said["live"], said["gateway"], said["database"]) == (False, True, False, True)
    assert await got(stack, "/health/live") == (200, '{"ok": true}')
    assert (await health(stack))[0] == 1
    assert (await health(stack, "--live"))[0] == 0
    assert value(await metrics(stack), "cratekeeper_gateway_connected") == 0
    await stack.stop_bot()
    code, printed = await health(stack, "--live")
    assert code == 1
    assert printed.startswith("no answer on port")


async def health(stack: CheckedStack, *options: str) -> tuple[int | None, str]:
    """What `python -m bot health` says: its exit code and output."""
    streams = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
    process = await start(
        *("-m", "bot", "health", *options), folder=stack.folder, settings=stack.environment(), **streams
    )
    printed = (await process.communicate())[0].decode()
    return process.returncode, printed
