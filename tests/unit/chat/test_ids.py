"""Ids: every id written can be read back, and no forged one is accepted."""

import random
import string

import pytest
from discord.app_commands import ContextMenu
from hypothesis import given
from hypothesis import strategies as st

from bot.chat import ids
from bot.chat.gateway.client import all_commands, all_taps
from bot.errors import BadChoice

WORD = st.text(string.ascii_lowercase, min_size=1, max_size=12)
KEY = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=40)
NUMBER = st.integers(0, 10**18 - 1)


@given(WORD, KEY, NUMBER)
def test_an_id_reads_back_as_it_was_written(what: str, key: str, n: int) -> None:
    written = str(ids.of(what, key, n))
    assert len(written) <= 100
    assert ids.parse(written) == ids.Id(what, key, n)


@given(st.from_regex(ids.PATTERN) | st.text(max_size=120))  # an id, often with something before or after it
def test_what_parses_is_an_id_and_nothing_more(text: str) -> None:
    parsed = ids.parse(text)
    if parsed is not None:
        version, what, key, n = [*text.split(":"), *("", "")][:4]
        assert (version, parsed) == ("ck1", ids.Id(what, key, int(n or 0)))
        assert text.count(":") <= 3


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "ck1",
        "ck1:",
        "ck2:in",
        "x ck1:in",
        "ck1:in ",
        "ck1:in\n",
        "ck1:In",
        "ck1:in:a b",
        "ck1:in:a:b",
        "ck1:in:a:1:2",
        "ck1:in:a:٣",
        "ck1:toolongaword0",
        "ck1:in:" + "k" * 41,
        "ck1:in:a:" + "9" * 19,
    ],
)
def test_what_is_almost_an_id_is_none(forged: str) -> None:
    assert ids.parse(forged) is None


def test_p15_five_thousand_forged_ids_never_raise_and_never_exceed_a_database_integer() -> None:
    rng = random.Random(15)
    alphabet = "ck1:abcdefinwhyundoapply0123456789_-:٣²\0\n' %{}"
    for _ in range(5_000):
        forged = rng.choice(["", "ck1:", "ck2:", "ck1:in:"]) + "".join(rng.choices(alphabet, k=rng.randrange(60)))
        parsed = ids.parse(forged)
        if parsed is not None:
            assert parsed.n < 2**63
            assert number_or_none(parsed.key) is None or parsed.number < 2**63


def number_or_none(key: str) -> int | None:
    try:
        return ids.number(key)
    except BadChoice:
        return None


@pytest.mark.parametrize("forged", ["", "x", "-1", "1e3", "٣", "9" * 19, " 1", "1\n", "0x1"])
def test_a_choice_that_is_not_a_number_is_a_bad_choice(forged: str) -> None:
    with pytest.raises(BadChoice):
        ids.number(forged)


def test_an_unreadable_id_is_never_written() -> None:
    for what, key in (("Upper", "x"), ("in", "with space"), ("in", "ü"), ("toolongaword!", "")):
        with pytest.raises(ValueError, match="cannot be written"):
            ids.of(what, key)


def test_every_handler_has_a_name_that_an_id_can_carry() -> None:
    assert all(ids.parse(str(ids.of(what))) == ids.Id(what) for what in all_taps())


def test_every_command_has_a_description_that_discord_accepts() -> None:
    for command in [
        command for command in all_commands() if not isinstance(command, ContextMenu)
    ]:  # menu commands have only names
        assert 10 < len(command.description) <= 100, command.name
