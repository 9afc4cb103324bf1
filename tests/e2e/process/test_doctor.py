"""The doctor finds nothing wrong with the stand-ins, and names each problem in one line."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import insert

from bot import config
from bot.__main__ import main
from bot.adapters.spotify import PURPOSE
from bot.adapters.store import Store, schema
from bot.adapters.store.account import members
from bot.adapters.vault import Vault, new_key
from bot.cli.doctor import examine
from bot.core.records import Account
from bot.flows.account.link import CONSENT
from bot.web import port_of, serve
from sandbox.process import start
from sandbox.stack import Stack, free_port
from tests.databases import migrated_folder

PATIENCE = 40.0  # seconds
DISCORD = ["Discord token", "Discord intents", "Discord commands"]
NOWHERE = f"http://127.0.0.1:{free_port()}"


async def run(stack: Stack, *arguments: str, cwd: Path | None = None, **settings: str) -> tuple[int, str]:
    """Run `python -m bot …`. Returns its exit code and output."""
    process = await start(
        *("-m", "bot", *arguments),
        folder=cwd or stack.folder,
        settings={**stack.environment(), **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed = (await process.communicate())[0].decode()
    return process.returncode or 0, printed


def unwell(printed: str) -> list[str]:
    """The names of the failed checks, one per line of output."""
    return [line[4:22].strip() for line in printed.splitlines() if line.startswith("NO ")]


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    async with Stack(tmp_path / "stack") as made:
        migrated_folder(made.data)
        yield made


async def test_the_doctor_finds_nothing_wrong(stack: Stack) -> None:
    code, printed = await run(stack, "doctor")
    assert code == 0, printed
    assert unwell(printed) == []
    assert f"register exactly {stack.public_url}/callback" in printed
    assert "its process can't " in printed


@pytest.mark.parametrize(
    ("settings", "checks", "said"),
    [
        ({"DISCORD_TOKEN": "wrong"}, DISCORD, "copy DISCORD_TOKEN again"),
        ({"DISCORD_API_URL": NOWHERE}, DISCORD, "can't reach"),
        ({"SPOTIFY_CLIENT_ID": "f" * 32}, ["Spotify app"], "doesn't know SPOTIFY_CLIENT_ID"),
        ({"SPOTIFY_ACCOUNTS_URL": NOWHERE}, ["Spotify app"], "can't reach"),
        ({"BACKUP_DIR": "/nowhere/backups"}, ["backups"], "/nowhere is missing: mount it or make it"),
    ],
)
async def test_the_doctor_names_each_problem(
    stack: Stack, capsys: pytest.CaptureFixture[str], settings: dict[str, str], checks: list[str], said: str
) -> None:
    assert await examine(config.parse({**stack.environment(), **settings})) == 1
    printed = capsys.readouterr().out
    assert unwell(printed) == checks
    assert printed.count(said) == len(checks)
    assert "wrong" not in printed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DISCORD_TOKEN", ""),
        ("SPOTIFY_CLIENT_ID", "not-hex"),
        ("PUBLIC_URL", "http://example.org"),
        ("HTTP_PORT", "eighty"),
        ("DATABASE_URL", "mysql://x"),
        ("POLL_SECONDS", "0"),
        ("LOG_LEVEL", "LOUD"),
        ("DISCORD_API_URL", "http://10.0.0.1/api"),
    ],
)
async def test_a_malformed_setting_is_named_in_one_line(
    stack: Stack, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    assert main(["doctor"], {**stack.environment(), name: value}) == 2
    (printed,) = capsys.readouterr().err.splitlines()
    assert name in printed


async def test_p36_an_env_file_that_others_can_read_is_refused(stack: Stack, tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("LOG_LEVEL=INFO\n")
    env.chmod(0o644)
    code, printed = await run(stack, "doctor", cwd=tmp_path)
    assert code == 2
    assert "chmod 600 .env" in printed
    assert len(printed.splitlines()) == 1


@pytest.mark.parametrize(("ahead", "found"), [(timedelta(hours=-1), ["clock"]), (timedelta(seconds=10), [])])
async def test_the_doctor_says_when_the_clock_is_more_than_half_a_minute_off(
    stack: Stack, capsys: pytest.CaptureFixture[str], ahead: timedelta, found: list[str]
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({}, headers={"Date": format_datetime(datetime.now(UTC) + ahead, usegmt=True)})

    spotify = web.Application()
    spotify.router.add_route("*", "/{path:.*}", answer)
    runner = await serve(spotify, 0)
    try:
        elsewhere = {"SPOTIFY_ACCOUNTS_URL": f"http://127.0.0.1:{port_of(runner)}"}
        await examine(config.parse({**stack.environment(), **elsewhere}))
    finally:
        await runner.cleanup()
    printed = capsys.readouterr().out
    assert unwell(printed) == found
    assert (" s off; " in printed) == bool(found)


async def linked(stack: Stack, member: int, consented: datetime) -> config.Settings:
    """Store a member's account, sealed with the keys in the settings that are returned."""
    settings = config.parse({**stack.environment(), "ENCRYPTION_KEYS": new_key()})
    sealed = Vault([settings.encryption_keys]).seal(member, PURPOSE, b"canary")
    async with Store(settings.database_url) as store, store.writing() as tx:
        await members.ensure(tx, member, consented)
        await members.save_account(tx, Account(member, "app", "canary", "canary", sealed, consented))
    return settings


async def test_the_doctor_asks_what_a_misspelt_setting_was_meant_to_be(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await asyncio.to_thread(main, ["doctor"], {**stack.environment(), "METRICS_TOKN": "canary"}) == 1
    printed = capsys.readouterr().out
    assert printed.splitlines()[0] == "NO  settings           METRICS_TOKN isn't one: did you mean METRICS_TOKEN?"
    assert "canary" not in printed


async def test_the_doctor_says_that_keys_of_another_data_folder_open_no_tokens(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = await linked(stack, 7, datetime.now(UTC))
    assert await examine(settings) == 0
    assert await examine(replace(settings, encryption_keys=config.Secret(new_key()))) == 1
    printed = capsys.readouterr().out
    assert unwell(printed) == ["encryption keys"]
    assert "don't open the tokens of 1 of 1 accounts" in printed


async def test_the_doctor_lists_stuck_jobs_damaged_models_and_consents_that_end_soon(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    digest, now = "ab" * 32, datetime.now(UTC)
    consented = now - CONSENT + timedelta(days=10, hours=1)
    settings = await linked(stack, 7, consented)
    async with Store(settings.database_url) as store, store.writing() as tx:
        await tx.execute(insert(schema.layer).values(layer=1, member=7, name="canary"))
        model = {"member": 7, "layer": 1, "digest": digest, "labels": 9, "card": {}, "created_at": now, "serving": True}
        await tx.execute(insert(schema.model).values(model))
    with closing(sqlite3.connect(stack.data / "jobs.db")) as jobs, jobs:
        jobs.execute("create table workflow_status (workflow_uuid text, status text)")
        stuck = ("7:train:1:4be1f09a6c-00ff00ff00ff", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
        jobs.execute("insert into workflow_status values (?, ?)", stuck)
    (stack.data / "models").mkdir()
    (stack.data / "models" / f"{digest}.onnx").write_bytes(b"half a mod")
    assert await examine(settings) == 1
    printed = capsys.readouterr().out
    assert unwell(printed) == ["models", "jobs"]
    consents, models = (
        "one ends within 14 days, the next in 10",
        f"{digest[:12]}; the bot trains each again when it needs",
    )
    for said in (models, "7:train:1 [4be1f09a6c]", consents, "no bot runs"):
        assert said in printed
    assert "canary" not in printed


async def test_the_doctor_examines_a_running_bot_without_disturbing_it(stack: Stack) -> None:
    await stack.start_bot()
    await ready(stack)
    code, printed = await run(stack, "doctor")
    assert (code, unwell(printed)) == (0, []), printed
    assert "a bot runs, and is ready" in printed
    assert "stop the bot for a thorough check" in printed
    await ready(stack)
    assert await stack.stop_bot() == 0
    assert not [line for line in stack.log.read_text().splitlines() if " WARNING " in line or " ERROR " in line]


async def test_the_doctor_says_why_a_running_bot_is_not_ready(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    await stack.start_bot()
    await ready(stack)
    await stack.close_port()
    await ready(stack, status=503)
    assert await examine(config.parse(stack.environment())) == 1
    printed = capsys.readouterr().out
    assert "a bot runs, and isn't ready. It isn't connected to Discord. Look at its log." in printed
    assert unwell(printed)[0] == "running"


async def ready(stack: Stack, status: int = 200) -> None:
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as http:
        while True:
            async with http.get(f"{stack.public_url}/health/ready") as answer:
                if answer.status == status:
                    return
            await asyncio.sleep(0.05)


async def test_a_second_bot_on_the_same_data_folder_exits_with_one_line(stack: Stack) -> None:
    await stack.start_bot()
    await ready(stack)
    assert await run(stack) == (1, "cratekeeper: Another Cratekeeper runs on this data folder. Stop that one first.\n")
    assert (await run(stack, "doctor"))[0] == 0


async def test_a_bot_with_a_refused_token_exits_with_one_line(stack: Stack) -> None:
    code, printed = await run(stack, DISCORD_TOKEN="wrong")
    assert code == 2
    assert "refused DISCORD_TOKEN" in printed
    assert "Traceback" not in printed
