"""Groups: members of a shared playlist outside any server. Its host can remove someone, on record for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.social import shared_playlists as table
from bot.core.social.shared_playlists import Removal, Shared
from bot.errors.social import HostsOnly, HostStays, NoSuchShared, NotInGroup
from bot.flows.social.shared.playlists import visible


@dataclass(frozen=True, slots=True)
class Group:
    """A group as its members see it. removals: the newest first; visible: of all these, whose names may be shown."""

    shared: Shared
    partners: Sequence[int]
    removals: Sequence[Removal]
    visible: frozenset[int]


async def show(store: Store, member: int, shared: int) -> Group:
    """Return the group, to a member of it. Raises NoSuchShared."""
    async with store.reading() as tx:
        return await _group(tx, await _in_it(tx, member, shared))


async def _in_it(tx: Tx, member: int, shared: int) -> Shared:
    known = await visible(tx, member, None, shared)
    if known.server is not None:
        raise NoSuchShared
    return known


async def _group(tx: Tx, known: Shared) -> Group:
    partners, removals = sorted(await table.partners(tx, known.shared)), await table.removals(tx, known.shared)
    removed, hosts = {removal.member for removal in removals}, {removal.by for removal in removals if removal.by}
    return Group(known, partners, removals, frozenset(await members.visible(tx, {*partners} | removed | hosts)))


async def remove(store: Store, host: int, shared: int, member: int, now: datetime) -> Group:
    """Remove a member: what they added and voted stays, without their name, and they can't join again.

    Raises NoSuchShared, HostsOnly, HostStays, NotInGroup.
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
    """Let a member who was removed join again, by the invitation. Raises NoSuchShared, HostsOnly."""
    async with store.writing() as tx:
        known = await _hosted(tx, host, shared)
        await table.let_back_in(tx, shared, member)
        return await _group(tx, known)


async def _hosted(tx: Tx, host: int, shared: int) -> Shared:
    known = await _in_it(tx, host, shared)
    if known.host != host:
        raise HostsOnly
    return known
