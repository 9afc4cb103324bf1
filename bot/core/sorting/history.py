"""History: what changed between two readings of a playlist, and what it held before. Pure."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.core.records import Item
from bot.core.sorting.writing.writes import Action

Token = tuple[str | None, int]  # a song and which of its places it is


class By(StrEnum):
    """Who changed a playlist."""

    US = "us"
    HAND = "hand"  # the member, somebody else with access, or another app
    SPOTIFY = "spotify"  # it took a song down, or brought it back


@dataclass(frozen=True, slots=True)
class Edit:
    """One place that was added or removed. A song that was only moved has two edits.

    position: in the playlist before (removed) or after (added). song: None for a place without one. change: the line of
    our journal that did it.
    """

    action: Action
    position: int
    song: str | None
    isrc: str | None = None
    naming: str | None = None
    duration_ms: int | None = None
    by: By = By.HAND
    change: int | None = None


Tally = Mapping[tuple[Action, By], int]  # how many songs were added and removed by whom


def difference(before: Sequence[Item], after: Sequence[Item]) -> list[Edit]:
    """Return the fewest edits that turn `before` into `after`; `earlier` reverses them."""
    old, new = _tokens(before), _tokens(after)
    stay = _in_order(old, new)
    gone = [_edit(Action.REMOVE, at, before[at]) for at, token in enumerate(old) if token not in stay]
    return gone + [_edit(Action.ADD, at, after[at]) for at, token in enumerate(new) if token not in stay]


def earlier(after: Sequence[Item], edits: Collection[Edit]) -> list[Item]:
    """Return what the playlist held before these edits."""
    added = {edit.position for edit in edits if edit.action == Action.ADD}
    items = [item for at, item in enumerate(after) if at not in added]
    removed = [edit for edit in edits if edit.action == Action.REMOVE]
    for edit in sorted(removed, key=lambda edit: edit.position):
        items.insert(edit.position, Item(edit.song, None, edit.isrc, edit.naming, edit.duration_ms))
    return items


def attributed(
    edits: Iterable[Edit], lines: Mapping[tuple[str, str], int], lately: Collection[str], blank: Collection[str]
) -> list[Edit]:
    """Return the edits with who made them.

    lines: our journal's lines that explain an edit and haven't explained one before, by song and action. lately: songs
    we sent so recently that reading them may still go back and forth. blank: songs that Spotify took down or brought
    back.
    """
    return [_by(edit, lines, lately, blank) for edit in edits]


def _by(edit: Edit, lines: Mapping[tuple[str, str], int], lately: Collection[str], blank: Collection[str]) -> Edit:
    if edit.song is None or edit.song in blank:
        return replace(edit, by=By.SPOTIFY)
    change = lines.get((edit.song, edit.action))
    return replace(edit, by=By.US if change is not None or edit.song in lately else By.HAND, change=change)


def _edit(action: Action, position: int, item: Item) -> Edit:
    return Edit(action, position, item.song, item.isrc, item.naming, item.duration_ms)


def _tokens(items: Sequence[Item]) -> list[Token]:
    seen = Counter[str | None]()
    tokens: list[Token] = []
    for item in items:
        seen[item.song] += 1
        tokens.append((item.song, seen[item.song]))
    return tokens


def _in_order(old: Sequence[Token], new: Sequence[Token]) -> frozenset[Token]:
    """Return the most tokens that stand in both in the same order (the longest increasing subsequence)."""
    place = {token: at for at, token in enumerate(old)}
    both = [token for token in new if token in place]
    ends, tails, before = list[int](), list[Token](), dict[Token, Token | None]()
    for token in both:
        at = bisect_left(ends, place[token])
        before[token] = tails[at - 1] if at else None
        ends[at : at + 1], tails[at : at + 1] = [place[token]], [token]
    stay, token_ = set[Token](), tails[-1] if tails else None
    while token_ is not None:
        stay.add(token_)
        token_ = before[token_]
    return frozenset(stay)
