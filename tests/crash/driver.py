"""The crash driver: kills the bot at every request and every commit of a flow, and starts it again.

A flow runs once without a crash. Then, from the same start, it runs once per point: the bot is killed there and started
again, and its member repeats what was lost, if anything was. Each run must end as the one without a crash: the same at
Spotify, in the database and in the server's channels.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord import NoAnswer, PersonError
from tests.crash.crash_stack import CrashStack
from tests.crash.points import Point, one_of_each_kind

NUMBERS = re.compile(r"<t:\d+(:\w)?>|\d{15,}")  # times and ids in messages
GIVEN_UP = "select workflow_uuid from workflow_status where status not in ('SUCCESS', 'CANCELLED')"
LINES = """
    select w.kind, w.state, w.undoes is null, p.name, c.song, c.action, c.state, c.problem
    from change c join "write" w using ("write") join playlist p using (playlist) where w.state in ('applying', 'done')
"""
FACTS = (  # what the database holds in the end, without times, numbers of rows, and a server's counts of clicks
    "select member, source, joined, saves, importing from member",
    "select member, name, total, holes, synced_at is null from account",
    "select member from link_state",
    "select member from erasure",
    "select member, song, fresh from liked",
    "select owner, song, source, numbers, sets from feature",
    "select song, source, state from lookup",
    "select member, name, ref, removed_at is null from playlist",
    "select p.name, c.position, c.song from content c join playlist p using (playlist, edition)",
    "select member, purpose from making",
    "select member, name, tried, training from layer",
    "select member, song, kind, playlists from answer where undone_at is null",
    "select member, labels from model where serving",
    LINES,
    "select distinct member, kind, sent_at is null from notice where kind != 'interrupted'",
    "select kind, subject from setback",
    "select member, song, said, saving from shown where said is not null",
    "select host, name, ref is null, making, ended_at is null from shared",
    "select song, brought_by, state, dropped_at is null from contribution",
    "select host, channel, theme, state, told, message is null from round",
    "select member, song from round_entry",
    "select e.song, v.member from round_vote v join round_entry e using (round_entry)",
    "select channel, purpose, due_at > ? from place",
)


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow: what its member does, and whether it has come about.

    act: starts from what the member sees, so it can be repeated.
    """

    name: str
    act: Callable[[], Awaitable[object]]
    is_done: Callable[[], object]


@dataclass(slots=True)
class Row:
    """What came of a flow's runs; a row of the table that a soak prints."""

    flow: str
    tried: int = 0  # points at which the bot was killed
    wrong: list[str] = field(default_factory=list)  # runs that ended unlike the one without a crash


async def crash(stack: CrashStack, flow: Flow, *, every: bool, tell: Callable[[str], None]) -> Row:
    """Run the flow without a crash, then with the bot killed at every point, or at one of each kind.

    tell: gets a line for each run, because all of them can take hours.
    """
    whole, points, row = await _run(stack, flow, None), [*stack.points], Row(flow.name)
    assert flow.is_done(), f"{flow.name} doesn't come about even without a crash"
    chosen = points if every else one_of_each_kind(points)
    for number, point in enumerate(chosen, 1):
        try:
            wrong = _difference(whole, await _run(stack, flow, point))
        except (TimeoutError, PersonError) as never:
            wrong = repr(never)
        row.tried += stack.is_doomed
        row.wrong += [f"{flow.name}, killed {point}: {wrong}"] if wrong else []
        tell(f"{flow.name}, {number} of {len(chosen)}, killed {point}: {wrong or 'the same'}")
    return row


async def _run(stack: CrashStack, flow: Flow, doom: Point | None) -> dict[str, Any]:
    """Run the flow from its start, with the bot killed at `doom`; return how it ended."""
    await stack.rewind()
    stack.count(doom)
    await _until_killed(stack, flow)
    stack.count_no_more()
    if stack.is_doomed:
        await stack.start_bot()
        await stack.quiet()
        if not flow.is_done():
            await _to_the_end(stack, flow)
    return _end(stack)


async def _until_killed(stack: CrashStack, flow: Flow) -> None:
    acting, killed = asyncio.create_task(_to_the_end(stack, flow)), asyncio.create_task(stack.killed())
    await asyncio.wait({acting, killed}, return_when=asyncio.FIRST_COMPLETED)
    if stack.is_doomed:
        await killed
        acting.cancel()
        await asyncio.wait({acting})
    else:
        killed.cancel()
        await acting


async def _to_the_end(stack: CrashStack, flow: Flow) -> None:
    """Act, again if Discord got the answer too late: on a busy machine, the bot may need longer than 3 s."""
    try:
        await flow.act()
    except NoAnswer:
        await stack.quiet()
        if not flow.is_done():
            await flow.act()
    await stack.quiet()


def _end(stack: CrashStack) -> dict[str, Any]:
    """All that must be the same in the end, however a run went."""
    now = time.time() * 1000
    stored = {query: sorted(map(repr, stack.rows(query, *[now] * query.count("?")))) for query in FACTS}
    said = [
        [NUMBERS.sub("…", message.text()) for message in channel.messages.values() if stack.is_posted(message)]
        for channel in stack.guild.channels.values()
    ]
    return {**stored, "at Spotify": _at_spotify(stack), "in channels": said, "given up": stack.jobs(GIVEN_UP)}


def _at_spotify(stack: CrashStack) -> list[Any]:
    accounts = stack.spotify.accounts.values()
    held = [[stack.spotify.playlist(ref) for ref in account.playlists if ref is not None] for account in accounts]
    playlists = [sorted((playlist.name, playlist.uris) for playlist in each) for each in held]
    return [*zip([[like.uri for like in account.likes] for account in accounts], playlists, strict=True)]


def _difference(whole: dict[str, Any], outcome: dict[str, Any]) -> str:
    """What came instead of what; "" if both ended the same."""
    return "\n".join(
        f"{what.strip()}: {_left(outcome[what], whole[what])} instead of {_left(whole[what], outcome[what])}"
        for what in whole
        if outcome[what] != whole[what]
    )


def _left(these: list[Any], those: list[Any]) -> list[Any]:
    """What's in the first list and not in the second, as often as it's missing there."""
    left = [*these]
    for each in those:
        if each in left:
            left.remove(each)
    return left
