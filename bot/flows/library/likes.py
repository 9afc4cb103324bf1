"""Likes: read a member's liked songs at Spotify, without believing too soon that some are gone.

Spotify's lists sometimes come short: a page is empty, or the total is 0, once. So a page with too few rows is asked for
again, each song that is missing from the list is asked about by itself, and a large loss must show at two looks.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.rows import chunks
from bot.core import limits
from bot.core.records import Account
from bot.errors import NotLinked
from bot.ports import Likes, LikesPage

Progress = Callable[[int, int], Awaitable[None]]  # (done, in all)
PAGE = 50  # likes; the most that Spotify gives in one call
ASKED = 3  # times, for a page that has fewer rows than it must have
EMPTY = 2  # pages in a row, after which a list has ended whatever its total says
BATCH = 40  # songs that Spotify says in one call whether they are liked
LARGE = 40  # songs, or half of the library: a loss that must show at two looks
NEW = timedelta(days=1)  # a like this much older than the last look isn't new, even if it wasn't kept


async def unwatched(done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(slots=True)
class LibraryLook:
    """What a look showed. rows, total: what came, and what Spotify says there is; unchanged: the rest is as known.

    moved: the list changed while it was read, so a song may have slipped from one page to another.
    """

    seen: set[str] = field(default_factory=set)
    new: int = 0
    rows: int = 0
    calls: int = 0
    total: int | None = None
    unchanged: bool = False
    moved: bool = False


async def look(
    store: Store,
    likes: Likes,
    account: Account,
    known: Mapping[str, datetime | None],
    now: datetime,
    progress: Progress,
) -> LibraryLook:
    """Read newest first, and keep each page as it comes; stop where all the rest must be as known.

    known: the songs that are kept, with the moments at which they were liked.
    """
    found, offset, empty = LibraryLook(), 0, 0
    while empty < EMPTY:
        page, calls = await _page(likes, offset)
        unseen = {like.song.song for like in page.likes} - found.seen
        await _keep(store, account, page, _new_since(account, known), now)
        found.moved |= offset > 0 and page.total != found.total
        found.rows, found.calls, found.total = found.rows + page.rows, found.calls + calls, page.total
        new = len(unseen - known.keys())
        found.new += new
        found.seen |= unseen
        offset, empty = offset + PAGE, empty + 1 if not page.rows or (page.likes and not unseen) else 0
        found.unchanged = not new and _as_before(account, len(known), found)
        if found.unchanged or _is_last(page, offset) or offset >= limits.SONGS:
            break
        await progress(min(offset, page.total or offset), page.total or offset)
    return found


def _as_before(account: Account, known: int, found: LibraryLook) -> bool:
    """Whether Spotify's count, and ours, are the last ones plus what is new."""
    if account.total is None or account.holes is None or found.total is None:
        return False
    return found.total == account.total + found.new and known + found.new == found.total - account.holes


def _is_last(page: LikesPage, offset: int) -> bool:
    return page.rows < PAGE if page.total is None else offset >= page.total


async def _page(likes: Likes, offset: int) -> tuple[LikesPage, int]:
    """Return a page and the calls it took."""
    page, calls = await likes.likes(offset), 1
    while calls < ASKED and (page.total is None or page.rows < min(PAGE, page.total - offset)):
        page, calls = await likes.likes(offset), calls + 1
    return page, calls


async def _keep(store: Store, account: Account, page: LikesPage, since: datetime | None, now: datetime) -> None:
    """Keep a page; what was liked after `since` is new. Raises NotLinked when the member unlinked meanwhile."""
    async with store.writing() as tx:
        if await members.account(tx, account.member) is None:
            raise NotLinked
        known = await songs.liked_of(tx, account.member, (like.song.song for like in page.likes))
        changed = [like for like in page.likes if (like.song.song, like.added_at) not in known.items()]
        new = [like for like in changed if like.song.song not in known and _is_new(like.added_at, since)]
        await songs.save(tx, (like.song for like in page.likes), now)
        await songs.like(tx, account.member, [like for like in changed if like not in new], now)
        await songs.like(tx, account.member, new, now, fresh=True)
        await songs.keep_newest(tx, account.member, limits.SONGS)


def _new_since(account: Account, known: Mapping[str, datetime | None]) -> datetime | None:
    """Return since when what is liked is new; None at the first look, when nothing is.

    By Spotify's own dates where they are behind our clock: ahead of it, we would take new likes for old ones.
    """
    if account.synced_at is None:
        return None
    return min(account.synced_at, max(filter(None, known.values()), default=account.synced_at)) - NEW


def _is_new(added_at: datetime | None, since: datetime | None) -> bool:
    """Whether a like waits for the watch: not what was there at the first look, nor what a short list had lost."""
    return since is not None and (added_at is None or added_at > since)


async def gone(likes: Likes, account: Account, missing: Collection[str], known: int) -> set[str]:
    """Return which of the missing songs aren't liked any more, as Spotify says of each; none of a large loss at first.

    known: songs in the library. Stops asking at the first batch that is still liked: then the list was short.
    """
    if len(missing) > min(LARGE, known // 2) and account.doubted_at is None:
        return set()
    confirmed, ordered = set[str](), sorted(missing)
    for at in range(0, len(ordered), BATCH):
        batch = ordered[at : at + BATCH]
        still = await likes.saved(batch)
        confirmed.update(each for each in batch if each not in still)
        if still:
            break
    return confirmed


async def settle(
    store: Store, account: Account, found: LibraryLook, lost: Collection[str], now: datetime, *, doubtful: bool
) -> None:
    """Let go of what is lost, and note what the next look goes by. A doubt makes it read everything, once."""
    for piece in chunks(lost):
        async with store.writing() as tx:
            await songs.unlike(tx, account.member, piece)
    async with store.writing() as tx:
        doubted_at = now if doubtful and account.doubted_at is None else None
        holes = None if found.total is None else found.total - await songs.count(tx, account.member)
        holes = None if doubted_at or found.moved or (holes or 0) < 0 else holes  # more than there is cannot be
        values = {"synced_at": now, "total": found.total, "holes": holes, "doubted_at": doubted_at}
        await members.change_account(tx, account.member, **values)
