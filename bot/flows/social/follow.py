"""Follow: see what other members repost. Only members who show their reposts can be followed; they see how many do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.feed import catalogue
from bot.adapters.store.social import follows, profiles
from bot.core import limits
from bot.core.records import Song
from bot.core.social.records import Reposted
from bot.errors.social import FollowingFull, ShowsNoReposts, Yourself

NEWEST = 10  # reposts in a list


@dataclass(frozen=True, slots=True)
class RepostedSong:
    """A song that a member reposted, and where."""

    song: Song
    reposted: Reposted


async def follow(store: Store, member: int, followed: int, now: datetime) -> None:
    """Show what they repost in `news` from now on. Raises ShowsNoReposts, FollowingFull, Yourself."""
    if member == followed:
        raise Yourself
    async with store.writing() as tx:
        if not (await profiles.seen(tx, followed)).reposts:
            raise ShowsNoReposts
        if await follows.count_followed(tx, member, besides=followed) >= limits.FOLLOWED:
            raise FollowingFull(limits.FOLLOWED)
        await members.ensure(tx, member, now)
        await follows.add(tx, member, followed, now)


async def unfollow(store: Store, member: int, followed: int) -> bool:
    """Return whether they were followed."""
    async with store.writing() as tx:
        return await follows.remove(tx, member, followed)


async def following(store: Store, member: int) -> list[int]:
    """Return who the member follows and may still see."""
    async with store.reading() as tx:
        return await follows.following(tx, member)


async def news(store: Store, member: int, server: int) -> list[RepostedSong]:
    """Return what the members they follow reposted in the server, the newest first."""
    async with store.reading() as tx:
        return await named(tx, await follows.reposted_for(tx, member, server, NEWEST))


async def named(tx: Tx, reposts: Sequence[Reposted]) -> list[RepostedSong]:
    """Return the reposts whose songs we still know."""
    songs = await catalogue.described(tx, [repost.song for repost in reposts])
    return [RepostedSong(songs[repost.song], repost) for repost in reposts if repost.song in songs]
