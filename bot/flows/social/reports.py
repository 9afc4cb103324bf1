"""Reports: a member flags a song. The server's moderators decide, without learning who flagged it."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.social import reports, reposts, server_channels
from bot.core import limits
from bot.errors import BadChoice
from bot.errors.social import AlreadyReported, ReportsToday
from bot.flows.feed import catalogue_sharing
from bot.flows.feed.catalogue import Catalogue, Entry
from bot.flows.social.server_channels import Purpose

KEPT = timedelta(days=30)  # that a report waits for somebody to look into it
TOLD_AGAIN = timedelta(days=1)  # before a server is told anew of the same song for the same reason
REASONS = {
    "wrong": "It is not the song it says it is",
    "offensive": "Title, cover or sound offends",
    "spam": "It is posted again and again",
    "other": "Something else",
}


@dataclass(frozen=True, slots=True)
class Where:
    """Where a song was seen. channel, message: of a message that others can see, too."""

    server: int | None = None
    channel: int | None = None
    message: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A report that was kept. channel: to be told, if any; known: the server has the same report from today."""

    entry: Entry
    channel: int | None
    known: bool


async def check(store: Store, member: int, key: str, now: datetime) -> None:
    """Raises BadChoice where the member may not report that song now."""
    async with store.reading() as tx:
        await _check(tx, member, key, now)


async def _check(tx: Tx, member: int, key: str, now: datetime) -> None:
    mine = await reports.of(tx, member)
    if any(each.key == key and each.at > now - KEPT for each in mine):
        raise AlreadyReported
    if sum(each.at > now - timedelta(days=1) for each in mine) >= limits.REPORTS_A_DAY:
        raise ReportsToday(limits.REPORTS_A_DAY)


async def send(
    store: Store,
    catalogue: Catalogue,
    member: int,
    song: str,
    reason: str,
    words: str,
    where: Where,
    now: datetime,
) -> Sent:
    """Keep a report, and put the song away for whoever sent it.

    Raises BadChoice.
    """
    if reason not in REASONS:
        raise BadChoice
    entry = await catalogue.entry(member, song)
    async with store.writing() as tx:
        await _check(tx, member, entry.key, now)
        await members.ensure(tx, member, now)
        await reports.forget(tx, now - KEPT)
        known = await _is_known(tx, where.server, entry.key, reason, now)
        said = {"song": song, "key": entry.key, "reason": in_words(reason, words)}
        await reports.add(tx, member=member, at=now, **said, **asdict(where))
        told = await server_channels.of_server(tx, where.server, Purpose.REPORTS) if where.server is not None else []
    await catalogue_sharing.put_away(store, member, song, now)
    return Sent(entry, told[0].channel if told else None, known)


async def _is_known(tx: Tx, server: int | None, key: str, reason: str, now: datetime) -> bool:
    """Whether somebody reported the song there for that reason today, and nobody has looked into it since."""
    earlier = [] if server is None else await reports.about(tx, server, key)
    return any(each.reason.startswith(REASONS[reason]) and each.at > now - TOLD_AGAIN for each in earlier)


def in_words(reason: str, words: str) -> str:
    """What a member gave as a reason, and what they added."""
    return ": ".join([REASONS[reason], *([words.strip()[: limits.REPORT_WORDS]] if words.strip() else [])])


async def bar(store: Store, server: int, key: str) -> None:
    """Post the song in the server no more; where it was posted and reported, or reposted, it goes."""
    async with store.writing() as tx:
        await server_channels.bar(tx, server, key)
        await reposts.remove_song(tx, server, key)
        for each in await reports.about(tx, server, key):
            if each.channel is not None and each.message is not None:
                await reposts.take_down(tx, each.channel, each.message)
        await reports.settle(tx, server, key)


async def unbar(store: Store, server: int, key: str) -> None:
    """It may be posted there again."""
    async with store.writing() as tx:
        await server_channels.unbar(tx, server, key)


async def leave_be(store: Store, server: int, key: str) -> None:
    """There is nothing amiss with it: the server's reports of it are settled."""
    async with store.writing() as tx:
        await reports.settle(tx, server, key)


async def open_ones(store: Store, now: datetime) -> int:
    """Return how many reports wait for somebody to look into them."""
    async with store.reading() as tx:
        return await reports.count(tx, now - KEPT)


async def sweep(store: Store, now: datetime) -> None:
    """Let go of reports that nobody looked into."""
    async with store.writing() as tx:
        await reports.forget(tx, now - KEPT)
