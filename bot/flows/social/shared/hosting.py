"""Hosting: whose account a shared playlist is written to. Nobody hosts without seeing a dry run and agreeing.

`flows.social.shared.publish` does the writing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.social import shared_playlists as table
from bot.core.records import Actor
from bot.core.social import shared_playlists as rules
from bot.core.social.shared_playlists import Brought, Shared, SongState
from bot.errors.social import HostedByAnother, HostsOnly, NoSuchShared
from bot.flows.social.shared.playlists import refuse_hosting, visible

STALE = timedelta(days=7)  # that changes may wait to be written before another member may host it


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a write would do in the asking member's account."""

    shared: Shared
    put_in: int
    take_out: int
    unwritable: int  # songs that can't be written there
    shelved: bool  # whether the bot keeps it for them, because their library is a file


async def dry_run(store: Store, actor: Actor, shared: int) -> DryRun:
    """Return what hosting it would write; changes nothing. Raises NoSuchShared, HostedByAnother."""
    async with store.reading() as tx:
        known = await _reached(tx, actor.member, actor.server, shared)
        record = await table.record(tx, shared)
        if known.host != actor.member:
            known = replace(_free(known, record, actor.now), host=None, ref=None)
            record = [replace(brought, state=SongState.WANTED) for brought in record]
        record = list(map(rules.again, record))
        ref = known.ref or await _kind_of_ref(tx, actor.member)
    waiting = rules.waiting(record, ref)
    put_in = sum(brought.stands for brought in waiting)
    unwritable = sum(brought.stands and not rules.writable(brought.song, ref) for brought in record)
    return DryRun(known, put_in, len(waiting) - put_in, unwritable, ref.startswith(rules.LOCAL))


async def _reached(tx: Tx, member: int, server: int | None, shared: int) -> Shared:
    """Return a playlist that the member sees there, or hosts: they can stop hosting from anywhere."""
    known = await table.get(tx, shared)
    return known if known is not None and known.host == member else await visible(tx, member, server, shared)


async def _kind_of_ref(tx: Tx, member: int) -> str:
    known = await members.get(tx, member)
    return rules.LOCAL if known is not None and known.source == "file" else ""


def _free(known: Shared, record: Sequence[Brought], now: datetime) -> Shared:
    """Return a playlist that may have another host. Raises HostedByAnother while its host keeps it up to date."""
    since = rules.waiting_since(record, known.ref)
    if known.host is not None and (since is None or since > now - STALE):
        raise HostedByAnother
    return known


async def confirm(store: Store, actor: Actor, shared: int) -> Shared:
    """Host it from now on; the job "share" writes it, which a start after a crash begins, too.

    Raises NoSuchShared, HostedByAnother, HostingFull.
    """
    member, now = actor.member, actor.now
    async with store.writing() as tx:
        known = await _reached(tx, member, actor.server, shared)
        if known.host != member:
            _free(known, await table.record(tx, shared), now)
            await refuse_hosting(tx, member)
            await table.unhost(tx, shared)
        await table.note(tx, shared, list(map(rules.again, await table.record(tx, shared))))
        await members.ensure(tx, member, now)
        await table.join(tx, shared, member, now)
        to_make = known.making or known.host != member or known.ref is None
        await table.change(tx, shared, host=member, ended_at=None, making=to_make)
        return known


async def within_reach(store: Store, member: int, server: int | None, shared: int) -> Shared:
    """Return a playlist that the member sees there, or hosts. Raises NoSuchShared."""
    async with store.reading() as tx:
        return await _reached(tx, member, server, shared)


async def of_host(store: Store, member: int, shared: int) -> Shared:
    """Return a playlist that the member hosts. Raises HostsOnly."""
    async with store.reading() as tx:
        return await _hosted_by(tx, member, shared)


async def stop(store: Store, member: int, shared: int) -> Shared:
    """Stop hosting it; what was written stays in the member's account. Raises HostsOnly."""
    async with store.writing() as tx:
        known = await _hosted_by(tx, member, shared)
        await table.unhost(tx, shared)
        return known


async def end(store: Store, member: int, shared: int, now: datetime) -> Shared:
    """End it: nothing is written, added or voted any more, but its record can be read. Raises HostsOnly."""
    async with store.writing() as tx:
        known = await _hosted_by(tx, member, shared)
        await table.change(tx, shared, ended_at=now)
        await table.close(tx, shared)
        return known


async def end_and_remove(store: Store, member: int, shared: int, now: datetime) -> Shared:
    """End it, and let the job "share" remove everything we added. Raises HostsOnly."""
    async with store.writing() as tx:
        known = await _hosted_by(tx, member, shared)
        await table.change(tx, shared, ended_at=now)
        if known.ref is None:  # nothing was written
            await table.close(tx, shared)
        return known


async def _hosted_by(tx: Tx, member: int, shared: int) -> Shared:
    known = await table.get(tx, shared)
    if known is None or known.host != member:
        raise HostsOnly
    return known


async def remove(store: Store, server: int, shared: int) -> Shared:
    """Delete a server's playlist with its record: for those who manage the server. Raises NoSuchShared."""
    async with store.writing() as tx:
        known = await table.get(tx, shared)
        if known is None or known.server != server:
            raise NoSuchShared
        await table.forget(tx, shared)
        return known
