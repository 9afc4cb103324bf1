"""What Spotify does with a plan."""

from collections.abc import Sequence

from bot.core.sorting.writing.plan import Plan, runs


def carry_out(todo: Plan, current: Sequence[str]) -> list[str]:
    """Return `current` after Spotify carried out the plan: every occurrence removed, then inserts, then appends."""
    after = [song for song in current if song not in todo.remove]
    for position, songs in runs(todo.insert):
        after[position:position] = songs
    return after + list(todo.append)
