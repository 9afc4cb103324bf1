"""Many clicks at once while members' likes are read and models are trained, with every commit of the bot counted."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.crowd import STYLES, about_to_link, moved_in, patient
from sandbox.discord import Change, Interaction
from sandbox.spotify import Fault
from tests.crash.crash_stack import CrashStack
from tests.crash.points import COMMIT

CROWD = {False: (18, 4, 500), True: (202, 20, 2_000)}  # who click, whose likes are read, and how many; True: a soak
LEARNERS = 2  # of those who click: their models are trained; others' jobs run beside them
LIKES = "GET /v1/me/tracks"
TRAINING = "select 1 from workflow_status where status = 'PENDING' and workflow_uuid like '%:train:%'"
EACH = 10  # clicks stored by a transaction, at the least, on average


@dataclass
class Acknowledged:
    """What was so when Discord got each answer: whether the click was on disk, and how often its card had changed."""

    stack: CrashStack
    before: dict[int, int]  # by message
    seen: list[tuple[bool, int]] = field(default_factory=list)

    def note(self, change: Change) -> None:
        click = change.subject
        if change.kind == "answer" and isinstance(click, Interaction) and click.message:
            stored = bool(self.stack.rows("select 1 from answer where event = ?", click.id))
            self.seen.append((stored, click.message.revision - self.before[click.message.id]))


@pytest.mark.slow
async def test_p12_clicks_while_likes_are_read_and_models_trained_cost_few_transactions(
    tmp_path: Path, soak: bool
) -> None:
    clickers, readers, likes = CROWD[soak]
    async with CrashStack(tmp_path / "stack", POLL_SECONDS="3600") as stack:
        cards = await moved_in(stack, clickers)
        await stack.start_bot()
        linking = await about_to_link(stack, range(1_000, 1_000 + readers), likes)
        learners = {person.user.id for person, _ in cards[: LEARNERS * len(cards) // clickers]}
        theirs, others = ([each for each in cards if (each[0].user.id in learners) is so] for so in (True, False))
        for member in learners:
            await stack.change("update layer set tried = 0 where member = ?", member)
        stack.spotify.faults.append(Fault(LIKES, "slow", times=None, seconds=0.1))
        with patient(stack.discord):
            await asyncio.gather(*(person.click(card, STYLES[at % 2]) for at, (person, card) in enumerate(theirs)))
            await stack.until(lambda: len(stack.jobs(TRAINING)) == LEARNERS)
            await asyncio.gather(*(listener.person.click(offered, "Link it") for listener, offered in linking))
            await stack.until(lambda: any(request.line == LIKES for request in stack.spotify.requests))
            acknowledged = Acknowledged(stack, {card.id: card.revision for _, card in others})
            end = stack.discord.subscribe(acknowledged.note)
            stack.count(None)
            await asyncio.gather(*(person.click(card, STYLES[at % 2]) for at, (person, card) in enumerate(others)))
            stack.count_no_more()
            end()
    assert acknowledged.seen == [(True, 0)] * len(others), "on disk, and the card still as it was"
    commits = [point.place for point in stack.points if point.done and point.place.startswith(COMMIT)]
    assert 1 <= sum("answer" in tables for tables in commits) <= len(others) / EACH
    assert any("liked" in tables for tables in commits), "likes were read meanwhile"
