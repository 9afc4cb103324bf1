"""Profile: what a member shows people who share a server with them. Nothing, until they choose."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.social import follows, profiles
from bot.adapters.store.sorting import playlists
from bot.core.records import Playlist
from bot.core.social.records import Profile
from bot.flows.social import follow
from bot.flows.social.follow import RepostedSong

MOST_PLAYLISTS = 5  # shown
NEWEST = 5  # reposts on a profile
Part = Literal["map", "reposts"]
Sized = tuple[Playlist, int]  # with its number of songs


@dataclass(frozen=True, slots=True)
class ProfileView:
    """A profile as others see it. server: where they look at it; map: whether their taste map is shown."""

    member: int
    server: int | None
    playlists: Sequence[Sized] = ()
    map: bool = False
    shows_reposts: bool = False
    reposts: Sequence[RepostedSong] = ()

    @property
    def empty(self) -> bool:
        return not (self.playlists or self.map or self.shows_reposts)


@dataclass(frozen=True, slots=True)
class Mine:
    """A member's own profile: what others see, what they chose, what they could choose, and how many follow."""

    shown: ProfileView
    chosen: Profile
    kept: Sequence[Sized]
    followers: int
    hidden: bool


async def shown(store: Store, member: int, server: int | None) -> ProfileView:
    """Return what a member of the server sees; of the reposts, those made there."""
    async with store.reading() as tx:
        return await _shown(tx, await profiles.seen(tx, member), server)


async def mine(store: Store, member: int, server: int | None) -> Mine:
    """Return a member's own profile."""
    async with store.reading() as tx:
        known, chosen = await members.get(tx, member), await profiles.own(tx, member)
        return Mine(
            shown=await _shown(tx, await profiles.seen(tx, member), server),
            chosen=chosen,
            kept=await _kept(tx, member),
            followers=await follows.count_followers(tx, member),
            hidden=known is not None and known.hidden,
        )


async def _shown(tx: Tx, profile: Profile, server: int | None) -> ProfileView:
    lists = [sized for sized in await _kept(tx, profile.member) if sized[0].playlist in profile.playlists]
    posted = await follows.reposted_by(tx, profile.member, server, NEWEST) if server is not None else []
    return ProfileView(profile.member, server, lists, profile.map, profile.reposts, await follow.named(tx, posted))


async def _kept(tx: Tx, member: int) -> list[Sized]:
    """Return the playlists that the member keeps, the largest first."""
    kept = await playlists.of_member(tx, member)
    sized = [(playlist, await playlists.count_items(tx, playlist.playlist)) for playlist in kept]
    return sorted(sized, key=lambda entry: (-entry[1], entry[0].playlist))


async def choose_playlists(store: Store, member: int, chosen: Collection[int], now: datetime) -> None:
    """Show exactly these of their playlists; what isn't theirs is ignored."""
    async with store.writing() as tx:
        kept = [playlist.playlist for playlist in await playlists.of_member(tx, member)]
        shown = tuple(playlist for playlist in kept if playlist in chosen)[:MOST_PLAYLISTS]
        await _change(tx, member, now, playlists=shown)


async def show(store: Store, member: int, part: Part, now: datetime) -> None:
    """Show the map, or the reposts."""
    async with store.writing() as tx:
        await _change(tx, member, now, **{part: True})


async def conceal(store: Store, member: int, part: Part, now: datetime) -> None:
    """Stop showing it. Without reposts nobody can follow, so their followers are removed."""
    async with store.writing() as tx:
        await _change(tx, member, now, **{part: False})
        if part == "reposts":
            await follows.remove_followers(tx, member)


async def _change(tx: Tx, member: int, now: datetime, **values: object) -> None:
    chosen = await profiles.own(tx, member)
    changed: Profile = replace(chosen, **values)  # type: ignore[arg-type]
    if changed != chosen:
        await members.ensure(tx, member, now)
        await profiles.save(tx, changed, now)
