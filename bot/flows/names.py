"""Names: what members call things: layers, playlists, tokens, a round's theme."""

from bot.errors import BadLength


def on_one_line(text: str, longest: int) -> str:
    """Return a name with single spaces. Raises BadLength if it's empty, or longer than `longest` characters."""
    name = " ".join(text.split())
    if not 1 <= len(name) <= longest:
        raise BadLength(longest)
    return name
