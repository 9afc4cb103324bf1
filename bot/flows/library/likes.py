"""Likes: read a member's liked songs from Spotify, and be slow to believe that some are gone.

Spotify's lists are sometimes incomplete: a page is empty, or the total is 0, once. So a page with too few rows is
requested again, each missing song is checked by itself, and a large loss must show in two syncs.
"""

from collections.abc import Awaitable, Callable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.rows import chunks
from bot.core import limits
from bot.core.codes import OURS
from bot.core.records import Account
from bot.errors import NotLinked
from bot.ports import Likes, LikesPage

Progress = Callable[[int, int], Awaitable[None]]  # (done, in all)
PAGE = 50  # likes; Spotify's maximum per call
ASKED = 3  # requests for a page with too few rows
EMPTY = 2  # empty pages in a row that end a list, whatever its total
BATCH = 40  # songs that Spotify can check in one call
LARGE = 40  # songs, or half of the library: a larger loss must show in two syncs
NEW = timedelta(days=1)  # a like this much older than the last sync isn't new, even if it's missing here


async def unwatched(done: int, total: int) -> None:
    """Ignore progress."""


@dataclass(slots=True)
class LikesRead:
    """What was read. rows, total: rows read, and Spotify's total; unchanged: the rest is as known.

    moved: the list changed while it was read, so a song may have slipped from one page to another.
    """

    seen: set[str] = field(default_factory=set)
    new: int = 0
    rows: int = 0
    calls: int = 0
    total: int | None = None
    unchanged: bool = False
    moved: bool = False


@dataclass(frozen=True, slots=True)
class StoredLibrary:
    """What was stored before a sync. songs: with the moments they were liked."""

    account: Account
    songs: Mapping[str, datetime | None]

    def missing(self, seen: LikesRead) -> set[str]:
        """Return the stored songs that weren't read."""
        return set() if seen.unchanged else self.songs.keys() - seen.seen


async def read_likes(
    store: Store, likes: Likes, library: StoredLibrary, now: datetime, progress: Progress
) -> LikesRead:
    """Read likes newest first, storing each page as it arrives; stop once the rest must be unchanged."""
    seen, offset, empty = LikesRead(), 0, 0
    while empty < EMPTY:
        page, calls = await _page(likes, offset)
        unseen = {like.song.song for like in page.likes} - seen.seen
        await _keep(store, library.account, page, _new_since(library), now)
        seen.moved |= offset > 0 and page.total != seen.total
        seen.rows, seen.calls, seen.total = seen.rows + page.rows, seen.calls + calls, page.total
        new = len(unseen - library.songs.keys())
        seen.new += new
        seen.seen |= unseen
        offset, empty = offset + PAGE, empty + 1 if not page.rows or (page.likes and not unseen) else 0
        seen.unchanged = not new and _as_before(library, seen)
        if seen.unchanged or _is_last(page, offset) or offset >= limits.SONGS:
            break
        await progress(min(offset, page.total or offset), page.total or offset)
    return seen


def _as_before(library: StoredLibrary, seen: LikesRead) -> bool:
    """Whether Spotify's count and ours equal the last ones plus the new songs."""
    account, known = library.account, len(library.songs)
    if account.total is None or account.holes is None or seen.total is None:
        return False
    return seen.total == account.total + seen.new and known + seen.new == seen.total - account.holes


def _is_last(page: LikesPage, offset: int) -> bool:
    return page.rows < PAGE if page.total is None else offset >= page.total


async def _page(likes: Likes, offset: int) -> tuple[LikesPage, int]:
    """Return a page and the number of calls it took."""
    page, calls = await likes.likes(offset), 1
    while calls < ASKED and (page.total is None or page.rows < min(PAGE, page.total - offset)):
        page, calls = await likes.likes(offset), calls + 1
    return page, calls


async def _keep(store: Store, account: Account, page: LikesPage, since: datetime | None, now: datetime) -> None:
    """Store a page; songs liked after `since` are new. Raises NotLinked if the member has unlinked that account."""
    async with store.writing() as tx:
        await _check_linked(tx, account)
        known = await songs.liked_of(tx, account.member, (like.song.song for like in page.likes))
        changed = [like for like in page.likes if (like.song.song, like.added_at) not in known.items()]
        new = [like for like in changed if like.song.song not in known and _is_new(like.added_at, since)]
        await songs.save(tx, (like.song for like in page.likes), now)
        await songs.mark(tx, account.member, [like for like in changed if like not in new])
        await songs.mark(tx, account.member, new, fresh=True)
        await songs.keep_newest(tx, account.member, limits.SONGS)


async def _check_linked(tx: Tx, account: Account) -> None:
    """Raise NotLinked if what was read is of an account that the member has unlinked, or replaced by another."""
    if not await members.is_still(tx, account):
        raise NotLinked


def _new_since(library: StoredLibrary) -> datetime | None:
    """Return the moment after which likes are new; None at the first sync, when none is.

    It uses Spotify's dates where they are behind our clock; otherwise new likes would look old.
    """
    synced_at = library.account.synced_at
    if synced_at is None:
        return None
    return min(synced_at, max(filter(None, library.songs.values()), default=synced_at)) - NEW


def _is_new(added_at: datetime | None, since: datetime | None) -> bool:
    """Whether a like should be sorted automatically: not at the first sync, nor if an incomplete list had lost it."""
    return since is not None and (added_at is None or added_at > since)


async def gone(likes: Likes, library: StoredLibrary, seen: LikesRead) -> set[str]:
    """Return which missing songs are no longer liked, checking each with Spotify; a large loss isn't checked at first.

    Stops at the first batch with a song that's still liked: the list was incomplete then. Songs that only a file named,
    before the member linked, can't be on Spotify, which refuses to be asked about them.
    """
    missing = library.missing(seen)
    confirmed = {song for song in missing if OURS.fullmatch(song)}
    ordered = sorted(missing - confirmed)
    if len(ordered) > min(LARGE, len(library.songs) // 2) and library.account.doubted_at is None:
        return confirmed
    for at in range(0, len(ordered), BATCH):
        batch = ordered[at : at + BATCH]
        still = await likes.saved(batch)
        confirmed.update(song for song in batch if song not in still)
        if still:
            break
    return confirmed


async def settle(store: Store, library: StoredLibrary, seen: LikesRead, lost: Set[str], now: datetime) -> None:
    """Remove lost songs, and store what the next sync relies on. After a doubt, that one reads everything.

    Raises NotLinked if the member has unlinked that account.
    """
    account = library.account
    doubtful = not seen.unchanged and (seen.rows != _readable(seen.total) or lost != library.missing(seen))
    for piece in chunks(lost):
        async with store.writing() as tx:
            await _check_linked(tx, account)
            await songs.unlike(tx, account.member, piece)
    async with store.writing() as tx:
        await _check_linked(tx, account)
        doubted_at = now if doubtful and account.doubted_at is None else None
        holes = None if seen.total is None else seen.total - await songs.count(tx, account.member)
        holes = None if doubted_at or seen.moved or (holes or 0) < 0 else holes  # we can't hold more than there are
        values = {"synced_at": now, "total": seen.total, "holes": holes, "doubted_at": doubted_at}
        await members.change_account(tx, account.member, **values, songs_read=None, songs_to_read=None)


def _readable(total: int | None) -> int | None:
    """Return how many rows of Spotify's list a full sync reads."""
    return None if total is None else min(total, -(-limits.SONGS // PAGE) * PAGE)
