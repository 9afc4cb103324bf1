"""The tour can be paused before any step, advanced one step at a time, and taken over."""

import asyncio
from contextlib import suppress

import pytest

from sandbox.page import TakenOver, Tour

STEPS = ("Link", "Label", "Sort")


async def script(tour: Tour) -> None:
    for step in STEPS:
        await tour.begin(step)
        tour.say(f"{step} is done")
    tour.finish({"Right": "9 in 10"})


async def settled(tour: Tour) -> asyncio.Task[None]:
    """Start the script and let it run as far as it can."""
    running = asyncio.create_task(script(tour))
    await asyncio.sleep(0)
    return running


async def test_a_tour_runs_to_its_end_and_keeps_its_log() -> None:
    tour = Tour(STEPS)
    await script(tour)
    assert [(line.step, line.text) for line in tour.lines] == [
        (0, "Link is done"), (1, "Label is done"), (2, "Sort is done"),
    ]  # fmt: skip
    assert (tour.done, tour.result) == (True, {"Right": "9 in 10"})


async def test_a_paused_tour_starts_no_step() -> None:
    tour = Tour(STEPS, paused=True)
    running = await settled(tour)
    assert (tour.current, tour.waiting) == (-1, True)
    tour.resume()
    await running
    assert tour.done


async def test_stepping_runs_exactly_one_step() -> None:
    tour = Tour(STEPS, paused=True)
    running = await settled(tour)
    for index in range(len(STEPS)):
        assert not running.done()
        tour.step()
        await asyncio.sleep(0)
        assert tour.current == index or tour.done
    await running


async def test_pausing_during_a_step_delays_the_next() -> None:
    tour = Tour(STEPS)
    await tour.begin("Link")
    tour.pause()
    waiting = asyncio.create_task(tour.begin("Label"))
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting


async def test_taking_over_a_tour_ends_its_script() -> None:
    tour = Tour(STEPS, paused=True)
    running = await settled(tour)
    tour.take_over()
    with pytest.raises(TakenOver):
        await running
    assert not tour.waiting


async def test_an_unannounced_step_is_inserted_in_its_place() -> None:
    tour = Tour(STEPS)
    await tour.begin("Link")
    await tour.begin("Choose playlists")
    assert tour.steps == ["Link", "Choose playlists", "Label", "Sort"]


async def test_listeners_are_told_about_every_change() -> None:
    tour, told = Tour(STEPS), []
    tour.watcher = lambda: told.append(tour.current)
    await script(tour)
    assert told == [0, 0, 1, 1, 2, 2, 3]
