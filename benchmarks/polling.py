"""Polling: two days of polling 100,000 members' likes, in simulated time. `python -m benchmarks.polling`.

The decisions are the bot's own (`bot.core.library.polling`); a poll takes no time here, and costs what it does if
nothing has changed.
"""

import heapq
import random
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import mean, median, quantiles

from benchmarks.measure import Row, show
from bot.core.library import polling
from bot.core.library.pace import turn
from bot.core.library.polling import DAY, MEMORY, Rhythm
from bot.flows.library.poll import AT_ONCE, PLAYLISTS_EVERY

START = datetime(2026, 11, 1, tzinfo=UTC)
MEMBERS, SEATS, MANY = 100_000, 5, 200  # SEATS, MANY: members of an app
TICK, MINUTE = timedelta(seconds=5), timedelta(minutes=1)
USUAL = Rhythm(timedelta(minutes=15), timedelta(hours=6), 480)
FIXED = Rhythm(timedelta(minutes=15), timedelta(minutes=15), 10**6)  # the same pause for everybody, without a budget
OUTAGE = (timedelta(hours=24), timedelta(hours=36))  # since START
CALM = timedelta(hours=2)  # after an outage, until those who are overdue have been polled
GAP = 2.0  # minutes between the likes of a sitting, on average; people's medians are 11 to 139 s
SPREAD = 0.5  # of the logarithm of rates within a kind


@dataclass(frozen=True, slots=True)
class Kind:
    """Likers of a kind. share: of all members; sittings: a day; likes: in each, on average."""

    name: str
    share: float
    sittings: float
    likes: float


KINDS = (  # sittings and likes: seven people's libraries, whose dates are known to the second; shares: an assumption
    Kind("often", 0.1, 0.7, 3),
    Kind("every few days", 0.3, 0.3, 3),
    Kind("now and then", 0.3, 0.06, 3),
    Kind("hardly ever", 0.3, 0.005, 1),
)


@dataclass(slots=True)
class Liker:
    number: int
    app: int
    kind: Kind
    liked: list[datetime]
    seen: int = 0  # of their likes
    polls: int = 0
    pause: timedelta | None = None
    turn_at: datetime | None = None


@dataclass(slots=True)
class Seen:
    """What happened: when polls began, by app, and how long each kind's likes waited, in minutes."""

    polls: dict[int, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    by_kind: Counter[str] = field(default_factory=Counter)
    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def main() -> None:
    usual = simulated(crowd(MEMBERS, SEATS), USUAL)
    show([summary("fixed pause", simulated(crowd(MEMBERS, SEATS), FIXED)), summary("adaptive", usual)])
    print()
    show(by_kind(usual, MEMBERS))
    print()
    show([summary(f"{MANY} members per app", simulated(crowd(MEMBERS, MANY), USUAL))])
    print()
    show([herd(simulated(crowd(MEMBERS, SEATS), USUAL, OUTAGE))])


def crowd(members: int, seats: int) -> list[Liker]:
    """Return members with their likes: of the time that counts before START, and of two days."""
    kinds = random.Random(1).choices(KINDS, [kind.share for kind in KINDS], k=members)  # noqa: S311 - not for secrets
    return [Liker(number, number // seats, kind, _likes(number, kind)) for number, kind in enumerate(kinds)]


def _likes(number: int, kind: Kind) -> list[datetime]:
    draw = random.Random(number)  # noqa: S311
    rate = kind.sittings * draw.lognormvariate(-(SPREAD**2) / 2, SPREAD)
    at, liked = START - MEMORY, list[datetime]()
    while (at := at + DAY * draw.expovariate(rate)) < START + 2 * DAY:
        moment = at
        liked.append(moment)
        while draw.random() > 1 / kind.likes:
            moment += MINUTE * draw.expovariate(1 / GAP)
            liked.append(moment)
    return sorted(liked)


def simulated(likers: Sequence[Liker], rhythm: Rhythm, outage: tuple[timedelta, timedelta] | None = None) -> Seen:
    """Let two days pass, tick by tick, as `flows.library.poll` does it."""
    seen, apps, demand = Seen(), dict[int, datetime](), Counter[int]()
    queue = [(polling.next_poll(liker.number, 0, START, rhythm.shortest), liker.number) for liker in likers]
    heapq.heapify(queue)
    for liker in likers:
        liker.seen = bisect_right(liker.liked, START)
    for tick in range(2 * DAY // TICK):
        now = START + tick * TICK
        if outage and outage[0] <= now - START < outage[1]:
            continue
        for _ in range(AT_ONCE):
            if not queue or queue[0][0] > now:
                break
            due, number = heapq.heappop(queue)
            heapq.heappush(queue, (_taken(likers[number], due, now, rhythm, apps, demand, seen), number))
    return seen


def _taken(
    liker: Liker,
    due: datetime,
    now: datetime,
    rhythm: Rhythm,
    apps: dict[int, datetime],
    demand: Counter[int],
    seen: Seen,
) -> datetime:
    """Poll a member who is due, if their app's budget allows it; return when the next poll is due."""
    if not polling.has_turn(liker.turn_at, due, now):
        liker.turn_at, apps[liker.app] = turn(apps.get(liker.app), now, rhythm.pace)
        if liker.turn_at > now:
            return liker.turn_at
    _poll(liker, now, seen)
    before, liker.pause = liker.pause, _pause(liker, now, rhythm)
    demand[liker.app] += _polls_a_day(liker.pause) - _polls_a_day(before)  # type: ignore[assignment]
    return polling.next_poll(liker.number, liker.polls, now, liker.pause * polling.stretch(demand[liker.app], rhythm))


def _poll(liker: Liker, now: datetime, seen: Seen) -> None:
    upto = bisect_right(liker.liked, now)
    if now >= START + DAY:
        seen.by_kind[liker.kind.name] += 1
        seen.waits[liker.kind.name] += [(now - at) / MINUTE for at in liker.liked[liker.seen : upto]]
    liker.seen, liker.polls = upto, liker.polls + 1
    seen.polls[liker.app].append(now)


def _pause(liker: Liker, now: datetime, rhythm: Rhythm) -> timedelta:
    if rhythm.shortest == rhythm.longest:
        return rhythm.shortest
    recent = liker.liked[bisect_right(liker.liked, now - MEMORY) : liker.seen]
    return polling.pause(polling.likes_a_day(recent, now), rhythm)


def _polls_a_day(pause: timedelta | None) -> float:
    return DAY / pause if pause else 0.0


def summary(name: str, seen: Seen) -> Row:
    """Return what the second day cost, and how long its likes waited."""
    polls = [at for times in seen.polls.values() for at in times if at >= START + DAY]
    waits = [wait for kind in seen.waits.values() for wait in kind]
    return {
        "schedule": name,
        "polls a day": len(polls),
        "requests a day": requests(len(polls)),
        "busiest minute": max(minutes(polls).values()),
        "of an app, most in 24 h": max(most_in_a_day(times) for times in seen.polls.values()),
        "median wait, min": median(waits),
        "p90, min": quantiles(waits, n=10, method="inclusive")[-1],
    }


def requests(polls: int) -> int:
    """Return the requests that polls cost if nothing has changed."""
    return polls + polls // PLAYLISTS_EVERY


def minutes(polls: Sequence[datetime]) -> Mapping[int, int]:
    return Counter((at - START) // MINUTE for at in polls)


def most_in_a_day(times: Sequence[datetime]) -> int:
    """Return the most polls in any 24 hours."""
    return max(at - bisect_right(times, moment - DAY) + 1 for at, moment in enumerate(times))


def by_kind(seen: Seen, members: int) -> list[Row]:
    return [
        {
            "likes": kind.name,
            "of members, %": 100 * kind.share,
            "likes a day": kind.sittings * kind.likes,
            "polls a day": seen.by_kind[kind.name] / (kind.share * members),
            "median wait, min": median(seen.waits[kind.name]),
            "p90, min": quantiles(seen.waits[kind.name], n=10, method="inclusive")[-1],
            "longest, min": max(seen.waits[kind.name]),
        }
        for kind in KINDS
    ]


def herd(seen: Seen) -> Row:
    """Return how evenly polls are spread once everyone overdue after the outage has been polled."""
    counts = minutes([at for times in seen.polls.values() for at in times])
    end = OUTAGE[1] // MINUTE
    after = [counts[minute] for minute in range(end + CALM // MINUTE, 2 * DAY // MINUTE)]
    return {
        "in the busiest minute of catching up": max(counts[minute] for minute in range(end, end + CALM // MINUTE)),
        "minutes of catching up": _caught_up(counts, end, mean(after)),
        "in a minute after that, mean": mean(after),
        "busiest": max(after),
    }


def _caught_up(counts: Mapping[int, int], end: int, usual: float) -> int:
    return next(at for at in range(end, 2 * DAY // MINUTE) if counts.get(at, 0) < 2 * usual) - end


if __name__ == "__main__":
    main()
