"""Groups: members of a shared playlist outside any server. Its host can remove someone, on record for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.social import shared_playlists as table
from bot.core.social.shared_playlists import Removal, Shared
from bot.errors.social import HostsOnly, HostStays, NoSuchShared, NotInGroup
from bot.flows.social.shared_playlists import found


@dataclass(frozen=True, slots=True)
class Group:
    """partners: all in it; outs: who was put out, the last first; visible: whose names may be shown, of both."""

    shared: Shared
    partners: Sequence[int]
    removals: Sequence[Removal]
    visible: frozenset[int]


async def show(store: Store, member: int, shared: int) -> Group:
    """Return the group, to somebody in it. Raises BadChoice."""
    async with store.reading() as tx:
        return await _group(tx, await _in_it(tx, member, shared))


async def _in_it(tx: Tx, member: int, shared: int) -> Shared:
    known = await found(tx, member, None, shared)
    if known.server is not None:
        raise NoSuchShared
    return known


async def _group(tx: Tx, known: Shared) -> Group:
    partners, removals = sorted(await table.partners(tx, known.shared)), await table.removals(tx, known.shared)
    involved = {*partners, *(each.member for each in removals), *(each.by for each in removals if each.by is not None)}
    return Group(known, partners, removals, frozenset(await members.visible(tx, involved)))


async def remove(store: Store, host: int, shared: int, member: int, now: datetime) -> Group:
    """Put somebody out: what they brought and said stays, without their name, and they cannot join again.

    Raises BadChoice for anybody but the host.
    """
    async with store.writing() as tx:
        known = await _hosted(tx, host, shared)
        if member == host:
            raise HostStays
        if member not in await table.partners(tx, shared):
            raise NotInGroup
        await table.remove_partner(tx, shared, member, host, now)
        return await _group(tx, known)


async def let_back_in(store: Store, host: int, shared: int, member: int) -> Group:
    """Let them join again, by the invitation. Raises BadChoice for anybody but the host."""
    async with store.writing() as tx:
        known = await _hosted(tx, host, shared)
        await table.let_back_in(tx, shared, member)
        return await _group(tx, known)


async def _hosted(tx: Tx, host: int, shared: int) -> Shared:
    known = await _in_it(tx, host, shared)
    if known.host != host:
        raise HostsOnly
    return known
