"""Follow: see what other members repost. Only members who show their reposts can be followed; they see how many do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.feed import catalogue
from bot.adapters.store.social import people
from bot.core import limits
from bot.core.records import Song
from bot.core.social.records import Reposted
from bot.errors.social import FollowingFull, ShowsNoReposts, Yourself

NEWEST = 10  # reposts in a list


@dataclass(frozen=True, slots=True)
class Passed:
    """A song that somebody passed on, and where."""

    song: Song
    reposted: Reposted


async def follow(store: Store, member: int, followed: int, now: datetime) -> None:
    """Have what they repost in `news` from now on. Raises ShowsNoReposts, FollowingFull, Yourself."""
    if member == followed:
        raise Yourself
    async with store.writing() as tx:
        if not (await people.seen(tx, followed)).reposts:
            raise ShowsNoReposts
        if await people.count_following(tx, member, besides=followed) >= limits.FOLLOWED:
            raise FollowingFull(limits.FOLLOWED)
        await members.ensure(tx, member, now)
        await people.follow(tx, member, followed, now)


async def unfollow(store: Store, member: int, followed: int) -> bool:
    """Return whether they were followed."""
    async with store.writing() as tx:
        return await people.unfollow(tx, member, followed)


async def following(store: Store, member: int) -> list[int]:
    """Return whom the member follows and may still see."""
    async with store.reading() as tx:
        return await people.following(tx, member)


async def news(store: Store, member: int, server: int) -> list[Passed]:
    """Return what those whom the member follows passed on in the server, the newest first."""
    async with store.reading() as tx:
        return await named(tx, await people.reposted_for(tx, member, server, NEWEST))


async def named(tx: Tx, reposts: Sequence[Reposted]) -> list[Passed]:
    """Return the reposts whose songs are known still."""
    songs = await catalogue.described(tx, [each.song for each in reposts])
    return [Passed(songs[each.song], each) for each in reposts if each.song in songs]
