"""Guiding: shows the tour on the page and steers it."""

from sandbox.discord.model import Json
from sandbox.page.asking import Ask
from sandbox.page.tour import Line

STEERING = ("pause", "resume", "step", "take_over")


async def tour(ask: Ask) -> Json:
    tour = ask.stage.tour
    return {
        "steps": tour.steps,
        "current": tour.current,
        "waiting": tour.waiting,
        "done": tour.done,
        "taken_over": tour.taken_over,
        "lines": [_line(line) for line in tour.lines],
        "result": tour.result,
    }


async def steer(ask: Ask) -> Json:
    """Press one of the tour's buttons. Raises ValueError for any other."""
    action = ask.text("action")
    if action not in STEERING:
        raise ValueError(action)
    getattr(ask.stage.tour, action)()
    return {}


def _line(line: Line) -> Json:
    return {"at": line.at.isoformat(), "step": line.step, "text": line.text}
