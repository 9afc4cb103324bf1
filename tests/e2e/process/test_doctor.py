"""The doctor finds nothing wrong with the stand-ins, and names each problem in one line."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import config
from bot.__main__ import main
from bot.cli.doctor import examine
from sandbox.process import start
from sandbox.stack import Stack, free_port
from tests.databases import migrated_folder

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
        ({"SPOTIFY_ACCOUNTS_URL": NOWHERE}, ["clock", "Spotify app"], "can't reach"),
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
    assert code != 0
    assert "chmod 600 .env" in printed
    assert len(printed.splitlines()) == 1


async def test_a_second_bot_on_the_same_data_folder_exits_with_one_line(stack: Stack) -> None:
    await stack.start_bot()
    assert await run(stack) == (1, "cratekeeper: Another Cratekeeper runs on this data folder. Stop that one first.\n")
    assert (await run(stack, "doctor"))[0] == 0


async def test_a_bot_with_a_refused_token_exits_with_one_line(stack: Stack) -> None:
    code, printed = await run(stack, DISCORD_TOKEN="wrong")
    assert code == 2
    assert "DISCORD_TOKEN is refused" in printed
    assert "Traceback" not in printed
