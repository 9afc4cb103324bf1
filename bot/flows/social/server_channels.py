"""Server channels: where the bot may post in a server. Nowhere, until a moderator gives a channel a purpose."""

from collections.abc import Callable, Sequence, Set
from datetime import datetime
from enum import StrEnum

from bot.adapters.store import Store
from bot.adapters.store.social import server_channels
from bot.core.social.records import Place


class Purpose(StrEnum):
    FEED = "feed"  # songs that everyone in the channel sees and can press
    REPOSTS = "reposts"
    ROUNDS = "rounds"
    DIGEST = "digest"  # weekly, counts only
    REPORTS = "reports"  # for those who manage the server


ONE_EACH = frozenset({Purpose.REPOSTS, Purpose.DIGEST, Purpose.REPORTS})  # a server has one channel for each of these


async def choose(
    store: Store, server: int, purpose: Purpose, channels: Sequence[int], due_at: datetime | None = None
) -> None:
    """Let the bot post for that purpose in these channels of the server, and in no other; none is fine.

    due_at: of a new channel's first digest; a channel that had the purpose keeps its own.
    """
    kept = channels[:1] if purpose in ONE_EACH else channels
    async with store.writing() as tx:
        before = {place.channel for place in await server_channels.of_server(tx, server, purpose)}
        for channel in before.difference(kept):
            await server_channels.take(tx, server, purpose, channel)
        for channel in kept:
            if channel not in before:
                await server_channels.give(tx, Place(channel, purpose, server, due_at))


async def of_server(store: Store, server: int) -> list[Place]:
    async with store.reading() as tx:
        return await server_channels.of_server(tx, server)


async def serves(store: Store, channel: int | None, purpose: Purpose) -> bool:
    """Whether the channel was given to the purpose."""
    if channel is None:
        return False
    async with store.reading() as tx:
        return await server_channels.serves(tx, channel, purpose)


async def count(store: Store, server: int | None, what: str, now: datetime) -> None:
    """Count something that happened in a server; never who did it."""
    if server is not None:
        async with store.writing() as tx:
            await server_channels.count(tx, server, what, now)


async def leave(store: Store, server: int) -> None:
    """Forget a server the bot has left."""
    async with store.writing() as tx:
        await server_channels.forget_server(tx, server)


async def keep_only(store: Store, servers: Set[int], is_told_of: Callable[[int], bool]) -> None:
    """Forget the servers that removed the bot while it wasn't running.

    servers: where it is now, as this process was told; is_told_of: whether this process would be told of a server.
    """
    async with store.writing() as tx:
        for server in filter(is_told_of, await server_channels.servers(tx) - servers):
            await server_channels.forget_server(tx, server)


async def close(store: Store, channel: int) -> None:
    """Forget a channel that's gone."""
    async with store.writing() as tx:
        await server_channels.forget_channel(tx, channel)


async def barred(store: Store, server: int | None) -> Set[str]:
    """Return the keys of the songs that mustn't be posted in the server."""
    if server is None:
        return frozenset()
    async with store.reading() as tx:
        return await server_channels.barred(tx, server)
