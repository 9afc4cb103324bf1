"""Reports: a member flags a song. The server's moderators decide, without learning who flagged it."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.social import reports, reposts, server_channels
from bot.core import limits
from bot.errors import BadChoice
from bot.errors.social import AlreadyReported, ReportsToday
from bot.flows.feed import catalogue_sharing
from bot.flows.feed.catalogue import Catalogue, Entry
from bot.flows.social.server_channels import Purpose

KEPT = timedelta(days=30)  # that a report waits for a decision
TOLD_AGAIN = timedelta(days=1)  # before a server is told again about the same song for the same reason


class Reason(StrEnum):
    WRONG = "wrong"  # not the song it says it is
    OFFENSIVE = "offensive"
    SPAM = "spam"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Where:
    """Where a song was seen. channel, message: only of a message that others can see, too."""

    server: int | None = None
    channel: int | None = None
    message: int | None = None


@dataclass(frozen=True, slots=True)
class NewReport:
    """What a member reports. words: what they added, in their own words."""

    song: str
    reason: Reason
    words: str = ""
    where: Where = Where()

    @property
    def kept(self) -> str:
        """The reason and their words, as they're stored."""
        return f"{self.reason}: {self.words}" if self.words else self.reason


def written(song: str, reason: str, words: str, where: Where) -> NewReport:
    """Return the report that a form was filled in with. Raises BadChoice for an unknown reason."""
    try:
        return NewReport(song, Reason(reason), words.strip()[: limits.REPORT_WORDS], where)
    except ValueError:
        raise BadChoice from None


@dataclass(frozen=True, slots=True)
class Sent:
    """A report that was saved. channel: to tell, if any; known: the server has the same report from today."""

    entry: Entry
    channel: int | None
    known: bool


async def check(store: Store, member: int, key: str, now: datetime) -> None:
    """Raises AlreadyReported or ReportsToday if the member may not report that song now."""
    async with store.reading() as tx:
        await _check(tx, member, key, now)


async def _check(tx: Tx, member: int, key: str, now: datetime) -> None:
    mine = await reports.of(tx, member)
    if any(report.key == key and report.at > now - KEPT for report in mine):
        raise AlreadyReported
    if sum(report.at > now - timedelta(days=1) for report in mine) >= limits.REPORTS_A_DAY:
        raise ReportsToday(limits.REPORTS_A_DAY)


async def send(store: Store, catalogue: Catalogue, member: int, report: NewReport, now: datetime) -> Sent:
    """Keep a report, and stop showing the song to whoever sent it. Raises BadChoice, AlreadyReported, ReportsToday."""
    entry, where = await catalogue.entry(member, report.song), report.where
    async with store.writing() as tx:
        await _check(tx, member, entry.key, now)
        await members.ensure(tx, member, now)
        await reports.forget(tx, now - KEPT)
        known = await _is_known(tx, report, entry.key, now)
        said = {"song": report.song, "key": entry.key, "reason": report.kept}
        await reports.add(tx, member=member, at=now, **said, **asdict(where))
        told = await server_channels.of_server(tx, where.server, Purpose.REPORTS) if where.server is not None else []
    await catalogue_sharing.dislike(store, member, report.song, now)
    return Sent(entry, told[0].channel if told else None, known)


async def _is_known(tx: Tx, report: NewReport, key: str, now: datetime) -> bool:
    """Whether the song was reported there for that reason today, and nobody has looked into it since."""
    server = report.where.server
    earlier = [] if server is None else await reports.about(tx, server, key)
    return any(one.reason.partition(":")[0] == report.reason and one.at > now - TOLD_AGAIN for one in earlier)


async def bar(store: Store, server: int, key: str) -> None:
    """Stop posting the song in the server; delete its reposts there, and the messages it was reported on."""
    async with store.writing() as tx:
        await server_channels.bar(tx, server, key)
        await reposts.remove_song(tx, server, key)
        for report in await reports.about(tx, server, key):
            if report.channel is not None and report.message is not None:
                await reposts.take_down(tx, report.channel, report.message)
        await reports.settle(tx, server, key)


async def unbar(store: Store, server: int, key: str) -> None:
    """Let the song be posted there again."""
    async with store.writing() as tx:
        await server_channels.unbar(tx, server, key)


async def leave_be(store: Store, server: int, key: str) -> None:
    """Settle the server's reports of a song that nothing is wrong with."""
    async with store.writing() as tx:
        await reports.settle(tx, server, key)


async def open_ones(store: Store, now: datetime) -> int:
    """Return how many reports wait for a decision."""
    async with store.reading() as tx:
        return await reports.count(tx, now - KEPT)


async def sweep(store: Store, now: datetime) -> None:
    """Forget reports that nobody looked into."""
    async with store.writing() as tx:
        await reports.forget(tx, now - KEPT)
