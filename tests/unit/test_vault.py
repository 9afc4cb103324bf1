"""The vault: what it seals opens only for that member and purpose, and nothing in the files reveals a token."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from bot.adapters.spotify import open_tokens, seal_tokens
from bot.adapters.store import schema
from bot.adapters.store.account import members
from bot.adapters.vault import Vault, load_keys, replace_keys
from bot.config import Settings, parse
from bot.core.records import Account
from bot.errors import SettingsError, VaultError
from bot.ports import Tokens
from tests.databases import new_store

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
MEMBERS = st.integers(0, 2**63 - 1)
PURPOSES = st.sampled_from(["tokens", "verifier", "song"])
TOKENS = Tokens("canary-access", "canary-refresh", NOW + timedelta(hours=1), "user-library-read")


@given(MEMBERS, PURPOSES, st.binary(max_size=500))
def test_p33_a_sealed_secret_opens_again_and_is_not_readable(member: int, purpose: str, data: bytes) -> None:
    vault = Vault([OLD])
    sealed = vault.seal(member, purpose, data)
    assert vault.open(member, purpose, sealed) == data
    assert len(data) < 8 or data not in sealed


@given(MEMBERS, MEMBERS, PURPOSES, PURPOSES)
def test_p33_a_ciphertext_moved_to_another_row_or_column_does_not_open(
    member: int, other: int, purpose: str, elsewhere: str
) -> None:
    assume((member, purpose) != (other, elsewhere))
    vault = Vault([OLD])
    with pytest.raises(VaultError):
        vault.open(other, elsewhere, vault.seal(member, purpose, b"secret"))
    with pytest.raises(VaultError):
        vault.reseal(other, elsewhere, vault.seal(member, purpose, b"secret"))


@given(st.binary(max_size=200))
def test_p33_unsealed_bytes_do_not_open(noise: bytes) -> None:
    with pytest.raises(VaultError):
        Vault([OLD]).open(1, "tokens", noise)


@settings(max_examples=50)
@given(st.data())
def test_p33_no_changed_byte_goes_unnoticed(data: st.DataObject) -> None:
    vault = Vault([OLD])
    sealed = bytearray(vault.seal(1, "tokens", b"secret"))
    sealed[data.draw(st.integers(0, len(sealed) - 5))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(VaultError):
        vault.open(1, "tokens", bytes(sealed))


@given(MEMBERS, PURPOSES, st.binary(max_size=100))
def test_p33_keys_rotate_online(member: int, purpose: str, data: bytes) -> None:
    before, during, after = Vault([OLD]), Vault([NEW, OLD]), Vault([NEW])
    sealed = before.seal(member, purpose, data)
    assert during.open(member, purpose, sealed) == data
    with pytest.raises(VaultError):
        after.open(member, purpose, sealed)
    assert after.open(member, purpose, during.reseal(member, purpose, sealed)) == data


def test_a_derived_secret_belongs_to_one_member_and_survives_rotation() -> None:
    secret = Vault([OLD]).derive(1, "song")
    assert secret == Vault([NEW, OLD]).derive(1, "song")
    assert len({secret, Vault([OLD]).derive(2, "song"), Vault([OLD]).derive(1, "tokens")}) == 3


async def test_p33_the_files_contain_no_token_and_rows_cannot_be_swapped(tmp_path: Path) -> None:
    vault, store = Vault([OLD]), new_store(tmp_path / "test.db")
    async with store.writing() as tx:
        for member in (1, 2):
            await members.ensure(tx, member, NOW)
            sealed = seal_tokens(vault, member, TOKENS)
            await members.save_account(tx, Account(member, "a" * 32, f"user{member}", "Name", sealed, NOW))
    async with store.writing() as tx:
        first = await members.account(tx, 1)
        assert first is not None
        await tx.execute(update(schema.account).where(schema.account.c.member == 2).values(tokens=first.tokens))
        second = await members.account(tx, 2)
    assert second is not None
    assert open_tokens(vault, 1, first.tokens) == TOKENS
    with pytest.raises(VaultError):
        open_tokens(vault, 2, second.tokens)
    assert files_with(tmp_path, b"canary") == []
    await store.close()


def files_with(folder: Path, needle: bytes) -> list[str]:
    return [path.name for path in folder.iterdir() if needle in path.read_bytes()]


# ---------------------------------------------------------------- keys
def told(folder: Path, **env: str) -> Settings:
    return parse({"DISCORD_TOKEN": "x", "DATA_DIR": str(folder), **env})


def test_the_first_run_creates_a_key_only_we_can_read(tmp_path: Path) -> None:
    keys = load_keys(told(tmp_path / "new"))
    assert Vault(keys)
    assert stat.S_IMODE((tmp_path / "new" / "keys").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["keys"]
    assert load_keys(told(tmp_path / "new")) == keys


def test_keys_from_the_environment_win_and_create_no_file(tmp_path: Path) -> None:
    assert load_keys(told(tmp_path, ENCRYPTION_KEYS=f"{NEW}, {OLD}")) == [NEW, OLD]
    assert list(tmp_path.iterdir()) == []


def test_keys_that_others_may_read_are_refused(tmp_path: Path) -> None:
    load_keys(told(tmp_path))
    (tmp_path / "keys").chmod(0o640)
    with pytest.raises(SettingsError, match="others"):
        load_keys(told(tmp_path))


def test_an_empty_file_is_refused_rather_than_replaced(tmp_path: Path) -> None:
    (tmp_path / "keys").touch(0o600)
    with pytest.raises(SettingsError, match="empty"):
        load_keys(told(tmp_path))


@pytest.mark.parametrize("keys", [[], ["short"], ["ä" * 44], [OLD, "*" * 44]])
def test_malformed_keys_are_refused_without_being_shown(keys: list[str]) -> None:
    with pytest.raises(SettingsError, match="ENCRYPTION_KEYS") as caught:
        Vault(keys)
    assert not any(key in str(caught.value) for key in keys)


def test_p34_a_vaults_repr_reveals_nothing() -> None:
    assert OLD not in repr(Vault([OLD])) + str(Vault([OLD]))


def test_p33_a_running_vault_follows_its_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    replace_keys(path, [OLD])
    vault = Vault([OLD], path)
    before = vault.seal(1, "tokens", b"secret")
    replace_keys(path, [NEW, OLD])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert vault.open(1, "tokens", before) == b"secret"
    assert not vault.is_current(1, "tokens", before)
    assert vault.is_current(1, "tokens", vault.seal(1, "tokens", b"secret"))
    assert Vault([NEW]).open(1, "tokens", vault.reseal(1, "tokens", before)) == b"secret"


def test_p33_a_file_that_was_damaged_later_takes_no_key_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "keys"
    replace_keys(path, [OLD])
    vault = Vault([OLD], path)
    sealed = vault.seal(1, "tokens", b"secret")
    replace_keys(path, ["short"])
    assert [vault.open(1, "tokens", sealed) for _ in range(2)] == [b"secret", b"secret"]
    assert len([record for record in caplog.records if "stay in use" in record.message]) == 1
