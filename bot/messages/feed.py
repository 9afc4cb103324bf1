"""Feed: what the bot says. Pure: values in, Markdown out. Dry, warm, no exclamation marks."""

from collections.abc import Sequence

from bot.core.records import Member, Song
from bot.errors import feed as errors
from bot.messages import N_, _, formatting
from bot.messages.wording import Wordings

JOINED_HIDDEN = N_(
    "You're in and find what others share. But you're hidden, so nobody finds what you like: `/hide off` ends that."
)
JOINED_EMPTY = N_("You are in and find what others share. You share nothing yet: I know no songs of yours.")
JOINED_BY_FILE = N_(
    "You are in and find what others share. Songs of your file can be found by the others, without your name, where "
    "Spotify or the music folder here knows them, too. `/feed leave` takes yours out again."
)
JOINED = N_(
    "You are in. Songs you like can be found by the others who joined, without your name; and you find theirs. "
    "`/feed leave` takes yours out again."
)
LEFT = N_(
    "You are out. What only you liked is gone from the catalogue; you see the operator's own music, and nobody's likes."
)
NOTHING_NEAR = N_("I find nothing near it that you do not know already.")
NOTHING_NEAR_THOSE = N_("I find nothing near those that you do not know already.")
NOTHING_FOR_YOU = N_("I find nothing near what you like that you do not know already.")
NO_WAY = N_("I find no song on the way.")
BACK_IN = N_("Taken back: it may come up again.")
NO_NUMBERS = N_("Nothing is known of how it sounds.")


def songs_near(like: Sequence[Song], unlike: Sequence[Song] = ()) -> str:
    """What a list of songs is near to; without any, it is what the member likes."""
    if not like:
        return "**Near what you like**"
    near = f"**Like {formatting.listed(formatting.escape(each.title, 60) for each in like)}**"
    return (
        f"{near}, not like {formatting.listed(formatting.escape(each.title, 60) for each in unlike)}"
        if unlike
        else near
    )


def nothing_near(like: Sequence[Song]) -> str:
    if not like:
        return _(NOTHING_FOR_YOU)
    return _(NOTHING_NEAR) if len(like) == 1 else _(NOTHING_NEAR_THOSE)


def joined(member: Member | None) -> str:
    """What joining the feed comes to, for a member with that kind of library."""
    if member is None or member.source is None:
        return _(JOINED_EMPTY)
    if member.hidden:
        return _(JOINED_HIDDEN)
    return _(JOINED_BY_FILE) if member.source == "file" else _(JOINED)


ERRORS: Wordings = {
    errors.NotInCatalogue: N_(
        "That song isn't in the catalogue you see. `/feed join` adds what others share to the operator's music."
    ),
    errors.OnlyYours: N_("I only know that song from your own file, so I can't show it to others."),
    errors.NotOnSpotify: N_(
        "That song is a file of whoever runs this bot. It isn't on Spotify, so your playlists can't hold it."
    ),
    errors.GoneFromSpotify: N_(
        "Spotify no longer has that song, so neither your likes nor your playlists can hold it."
    ),
    errors.AllShown: N_(
        "That's everything for now. What you skipped comes back in a month, and new songs as soon as there are any."
    ),
    errors.NothingLeftOver: N_("Nothing is left of those songs once you subtract the others."),
    errors.UnknownSong: N_("That song is neither in your library nor in the catalogue."),
    errors.UnknownSound: N_("I know too little about that song to say what sounds like it."),
}
