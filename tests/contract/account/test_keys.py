"""`cratekeeper keys`: rotating keys encrypts everything again, wherever it was stopped (promise P33)."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters import home
from bot.adapters.spotify import PURPOSE, open_tokens, seal_tokens
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.vault import Vault
from bot.core.records import Account
from bot.errors import AlreadyRuns
from bot.flows.account import keys as flow
from bot.ports import Tokens
from sandbox.process import start
from tests.databases import new_store

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOKENS = Tokens("canary-access", "canary-refresh", NOW + timedelta(hours=1), "user-library-read")
MEMBERS = range(1, 251)  # three slices


async def linked(folder: Path, vault: Vault) -> None:
    async with new_store(folder / "cratekeeper.db") as store, store.writing() as tx:
        for member in MEMBERS:
            await members.ensure(tx, member, NOW)
            sealed = seal_tokens(vault, member, TOKENS)
            await members.save_account(tx, Account(member, "a" * 32, f"user{member}", "Name", sealed, NOW))


async def ran(folder: Path, *arguments: str, **settings: str) -> tuple[int | None, str]:
    """Run `keys …` on a data folder; return its exit code and what it printed."""
    process = await start(
        *("-m", "bot", "keys", *arguments),
        folder=folder,
        settings={"DATA_DIR": str(folder), **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode, printed.decode()


async def accounts(folder: Path) -> list[Account]:
    async with Store(f"sqlite+aiosqlite:///{folder / 'cratekeeper.db'}") as store, store.reading() as tx:
        return await members.accounts(tx)


@pytest.fixture
async def running(tmp_path: Path) -> Vault:
    """The vault of a running bot, with accounts in its database."""
    (tmp_path / "keys").touch(0o600)
    (tmp_path / "keys").write_text(f"{'A' * 43}=\n")
    vault = Vault(["A" * 43 + "="], tmp_path / "keys")
    await linked(tmp_path, vault)
    return vault


@pytest.mark.slow
async def test_p33_rotated_keys_open_every_token_and_the_running_bot_uses_them_at_once(
    tmp_path: Path, running: Vault
) -> None:
    code, said = await ran(tmp_path, "rotate")
    assert (code, said.partition(".")[0]) == (0, "encrypted 250 of 250 accounts again")
    for account in await accounts(tmp_path):
        assert open_tokens(running, account.member, account.tokens) == TOKENS
        assert running.is_current(account.member, PURPOSE, account.tokens)
    assert running.is_current(1, PURPOSE, running.seal(1, PURPOSE, b"new"))

    assert (await ran(tmp_path, "retire", "--oldest")) == (0, "dropped 1 of 2 keys\n")
    (newest,) = (tmp_path / "keys").read_text().split()
    assert all(open_tokens(Vault([newest]), each.member, each.tokens) == TOKENS for each in await accounts(tmp_path))


@pytest.mark.slow
async def test_p33_a_rotation_that_was_stopped_goes_on_with_the_same_key(tmp_path: Path, running: Vault) -> None:
    await ran(tmp_path, "rotate")
    keys = (tmp_path / "keys").read_text()
    old = Vault(keys.split()[1:])
    # As a kill between the first slice and the second would leave it:
    async with Store(f"sqlite+aiosqlite:///{tmp_path / 'cratekeeper.db'}") as store, store.writing() as tx:
        for member in MEMBERS[flow.SLICE :]:
            await members.change_account(tx, member, tokens=seal_tokens(old, member, TOKENS))
    code, said = await ran(tmp_path, "retire")
    assert (code, "with the newest key: 150; run" in said) == (2, True)
    code, said = await ran(tmp_path, "rotate")
    assert (code, said.partition(".")[0]) == (0, "encrypted 150 of 250 accounts again")
    assert (tmp_path / "keys").read_text() == keys, "no further key"


@pytest.mark.slow
@pytest.mark.parametrize("command", ["rotate", "retire"])
async def test_p33_keys_that_are_being_changed_are_left_alone(tmp_path: Path, running: Vault, command: str) -> None:
    keys = (tmp_path / "keys").read_text()
    with home.locked(tmp_path / home.KEYS_LOCK, AlreadyRuns()):
        code, said = await ran(tmp_path, command)
    assert (code, "is changing the keys" in said) == (2, True)
    assert (tmp_path / "keys").read_text() == keys


@pytest.mark.slow
async def test_p33_retiring_keeps_the_oldest_key_unless_told_otherwise(tmp_path: Path, running: Vault) -> None:
    for _ in range(2):
        await ran(tmp_path, "rotate")
    first = running.derive(1, "song")
    assert (await ran(tmp_path, "retire")) == (0, "dropped 1 of 3 keys\n")
    assert running.derive(1, "song") == first
    assert len((tmp_path / "keys").read_text().split()) == 2


@pytest.mark.slow
async def test_p33_tokens_that_no_key_opens_stop_no_rotation(tmp_path: Path, running: Vault) -> None:
    async with Store(f"sqlite+aiosqlite:///{tmp_path / 'cratekeeper.db'}") as store, store.writing() as tx:
        await members.change_account(tx, 7, tokens=Vault(["B" * 43 + "="]).seal(7, PURPOSE, b"lost"))
    for _ in range(2):
        code, said = await ran(tmp_path, "rotate")
        assert (code, said.partition(".")[0]) == (
            0,
            "encrypted 249 of 250 accounts again; 1 can't be read with any key, and their members have to link again",
        )
    assert (await ran(tmp_path, "retire", "--oldest")) == (0, "dropped 2 of 3 keys\n")


@pytest.mark.slow
async def test_p33_keys_in_the_environment_are_used_and_never_written(tmp_path: Path, running: Vault) -> None:
    new, old = "C" * 43 + "=", (tmp_path / "keys").read_text().strip()
    code, said = await ran(tmp_path, "rotate", ENCRYPTION_KEYS=f"{new},{old}")
    assert (code, said.partition(".")[0]) == (0, "encrypted 250 of 250 accounts again")
    assert "take the older keys out of ENCRYPTION_KEYS" in said
    assert (tmp_path / "keys").read_text().strip() == old
    assert all(open_tokens(Vault([new]), each.member, each.tokens) == TOKENS for each in await accounts(tmp_path))
    assert (await ran(tmp_path, "retire", ENCRYPTION_KEYS=new))[0] == 2
