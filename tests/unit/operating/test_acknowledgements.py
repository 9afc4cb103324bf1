"""How soon an interaction is answered, measured over real requests; and who was active, without keeping who."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from bot.telemetry.acknowledgements import DAY, MOST, Acknowledgements
from bot.telemetry.metrics import REGISTRY, Acknowledged
from bot.web import port_of, serve

CALLBACK = "/api/v10/interactions/{}/token/callback"


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def discord() -> AsyncIterator[str]:
    """A server that takes the answer to every interaction but number 404."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=404 if request.match_info["id"] == "404" else 204)

    app = web.Application()
    app.router.add_post(CALLBACK.format("{id}"), answer)
    runner = await serve(app, 0)
    yield f"http://127.0.0.1:{port_of(runner)}"
    await runner.cleanup()


def interaction(number: int, member: int = 7) -> dict[str, object]:
    return {"id": str(number), "member": {"user": {"id": str(member)}}}


def counted(outcome: Acknowledged) -> tuple[float, float]:
    """How many answers had that outcome, and the seconds that they took in all."""
    labels, name = {"outcome": str(outcome)}, "cratekeeper_acknowledgement_seconds"
    count, total = (REGISTRY.get_sample_value(f"{name}_{part}", labels) for part in ("count", "sum"))
    assert count is not None
    assert total is not None
    return count, total


@pytest.mark.parametrize(
    ("number", "outcome"), [(1, Acknowledged.ACCEPTED), (404, Acknowledged.REFUSED), (2, Acknowledged.FAILED)]
)
async def test_an_answer_is_measured_once_from_the_arrival_on(discord: str, number: int, outcome: Acknowledged) -> None:
    clock = Clock()
    made = Acknowledgements(clock)
    count, total = counted(outcome)
    made.arrive(interaction(number))
    clock.now = 1.25
    where = "http://127.0.0.1:1" if outcome is Acknowledged.FAILED else discord
    async with aiohttp.ClientSession(trace_configs=[made.trace()]) as http:
        for path in ("/api/v10/elsewhere", CALLBACK.format(number), CALLBACK.format(number), CALLBACK.format(99)):
            try:
                await http.post(where + path)
            except aiohttp.ClientConnectionError:
                assert outcome is Acknowledged.FAILED
    assert counted(outcome) == (count + 1, total + 1.25)


def test_a_member_is_active_for_a_day_and_counts_once() -> None:
    clock = Clock()
    made = Acknowledgements(clock)
    for number, member in enumerate((7, 8, 7)):
        made.arrive(interaction(number, member))
    assert made.active() == 2
    clock.now = DAY - 1
    made.arrive(interaction(4, 8))
    clock.now = DAY + 1
    assert made.active() == 1
    made.arrive(interaction(5, 9))
    assert len(made._seen) == 2
    assert not {7, 8, 9} & {*made._seen}, "no member's id is kept"


@pytest.mark.parametrize("odd", [None, {}, [], {"id": 1}, {"id": 1, "member": None}, {"id": 1, "user": "x"}])
def test_an_interaction_that_makes_no_sense_is_left_to_what_reads_it(odd: object) -> None:
    made = Acknowledgements()
    made.arrive(odd)
    assert made.active() == 0


def test_interactions_that_are_never_answered_take_limited_memory() -> None:
    made = Acknowledgements()
    for number in range(MOST + 10):
        made.arrive(interaction(number))
    assert len(made._arrived) == MOST
