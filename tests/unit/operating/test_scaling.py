"""What docs/scaling.md says is what the code's constants, the simulation and a filled database give."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import polling, size
from bot import config
from bot.core.library.polling import DAY, LATEST, PAUSE, SOONEST
from bot.flows.library.poll import AT_ONCE
from tests import postgresql

PAGE, BENCHMARKS = ((Path(__file__).parents[3] / "docs" / name).read_text() for name in ("scaling.md", "benchmarks.md"))
FEW = 1_500  # members; enough for means


def row(name: str) -> Sequence[float]:
    """The numbers in the first row of that name."""
    (cells,) = re.findall(rf"^\| {re.escape(name)} \| (.+) \|$", PAGE, re.MULTILINE)[:1]
    return [float(cell.replace(",", "")) for cell in cells.split(" | ")]


def test_the_page_names_the_defaults() -> None:
    settings = config.parse({"DISCORD_TOKEN": "token", "DATA_DIR": "/data"})
    usual = polling.USUAL
    assert settings.poll_seconds == usual.shortest.total_seconds() == 60 * 15
    assert settings.poll_longest == usual.longest.total_seconds() == 3600 * 6
    assert settings.polls_a_day == usual.daily == 480
    for said in (
        "`1 hour / √r`",
        "`POLL_SECONDS` (15 minutes)",
        "`POLL_LONGEST` (6 hours)",
        "`POLLS_A_DAY` polls (480)",
        f"between {SOONEST} and {LATEST}",
        f"at most {AT_ONCE}",
        f"come to {int(DAY / usual.gap)} polls",
        f"are {AT_ONCE * (DAY // polling.TICK):,}",
    ):
        assert said in PAGE.replace("\n  ", " ").replace("\n", " "), said
    assert PAUSE.total_seconds() == 3600


def test_the_members_per_core_are_what_the_formula_gives() -> None:
    polls = row("adaptive")[0] / polling.MEMBERS
    members = round(0.9 * 86_400 / (polls * 0.045), -3)
    assert f"{polls:.1f} polls a day, that's {members:,.0f}." in PAGE


def test_the_members_per_core_who_also_act_are_what_the_formula_gives() -> None:
    polls, (idle, _, action, *_) = row("adaptive")[0] / polling.MEMBERS, row("SQLite, 1 process")
    members = (1 - idle / 100) * 86_400 / (polls * 0.045 + 20 * action / 1000)
    words = " ".join(PAGE.split())
    assert f"With {polls:.1f} polls and 20 actions a day, that's {round(members, -2):,.0f} on SQLite." in words
    assert f"serves {round(members / 2.4, -3):,.0f} of them" in words


@pytest.mark.parametrize(
    ("engine", "processes"), [("SQLite", 1), ("PostgreSQL", 1), ("PostgreSQL", 2), ("PostgreSQL", 4)]
)
def test_what_an_action_takes_is_what_the_load_showed(engine: str, processes: int) -> None:
    idle, transactions, action, server, memory = row(f"{engine}, {processes} process{'es' * (processes > 1)}")
    cells = r"((?:[\d.–]+ \| ){6})[\d.]+ \|$"
    (shown,) = re.findall(rf"^\| {engine} \| {processes} \| {cells}", BENCHMARKS, re.MULTILINE)
    said = shown.replace("–", "0").split(" | ")
    assert [float(said[at]) for at in (1, 3, 4, 5, 0)] == [idle, transactions, action, server, memory]


@pytest.mark.slow
def test_the_simulation_gives_the_polls_that_the_page_says_and_no_app_exceeds_its_budget() -> None:
    seen = polling.simulated(polling.crowd(FEW, polling.SEATS), polling.USUAL)
    for kind in polling.by_kind(seen, FEW):
        assert row(str(kind["likes"]))[2] == pytest.approx(kind["polls a day"], rel=0.15), kind
    polls = row("adaptive")[0]
    assert polls / polling.MEMBERS == pytest.approx(sum(seen.by_kind.values()) / FEW, rel=0.1)
    assert row("adaptive")[1] == polling.requests(int(polls))


@pytest.mark.slow
def test_many_members_of_an_app_share_its_budget_and_never_exceed_it() -> None:
    seen = polling.simulated(polling.crowd(2 * polling.MANY, polling.MANY), polling.USUAL)
    most = [polling.most_in_a_day(times) for times in seen.polls.values()]
    assert 0.8 * polling.USUAL.daily < min(most) <= max(most) <= polling.USUAL.daily
    assert row("adaptive, 200 members to an app")[3] <= polling.USUAL.daily


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_rows_take_the_bytes_that_the_page_says(engine: str, tmp_path: Path) -> None:
    url = postgresql.empty_url() if engine == "postgresql" else f"sqlite+aiosqlite:///{tmp_path / 'size.db'}"
    for kind in await size.sizes(url, 4_000):
        said = row(kind["row"])[engine == "postgresql"]
        assert said == pytest.approx(kind["bytes"], rel=0.2, abs=20), kind


def test_the_example_of_a_member_is_the_sum_of_its_rows() -> None:
    for engine, said in enumerate(("641 KB", "784 KB")):
        counts = {"a member": 1, "a linked account": 1, "a song, whoever likes it": 1_000, "a like": 1_000}
        counts |= {"a song in a playlist": 500, "a label": 100}
        assert f"{sum(count * row(name)[engine] for name, count in counts.items()) / 1000:.0f} KB" == said
        assert said in PAGE
