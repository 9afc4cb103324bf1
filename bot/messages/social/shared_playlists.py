"""Shared playlists, as the members who keep them see them. Names are mentions that ping nobody."""

from bot.core import limits
from bot.core.markup import escape, timestamp
from bot.core.records import Song
from bot.core.social import shared_playlists as rules
from bot.core.social.shared_playlists import Brought, Shared, SongState
from bot.core.sorting.writing.journal import TRIES, Refused
from bot.flows.social.shared.playlists import LONGEST_NAME, SharedView
from bot.messages import N_, _, formatting, plural

NONE_YET = N_("There's no shared playlist here yet. `/shared new` starts one.")
NAMED = N_(
    "From now on, members who keep this playlist see your name beside the songs you add. `/shared leave` removes it."
)
JOINED = N_(
    "You're in. `/shared show` has the songs, and `/shared add` adds one; your name is shown beside what you add."
)
NO_LIKES = N_("You have no likes left to choose from here. `/shared add` finds any song in the catalogue, too.")
SOMEONE_WHO_LEFT = N_("someone who left")


def named(shared: Shared) -> str:
    return f"**{escape(shared.name, LONGEST_NAME)}**"


def how_it_works() -> str:
    return _(
        "A song is dropped when at least {voters} members vote drop, and more than vote keep. Your votes can drop "
        "{drops} songs a day, and the last {staying} always stay. Add up to {adds} songs a day; from {shared_from} "
        "songs on, at most half may be yours. You can remove your own song within a day, or while nobody else votes "
        "keep.",
        voters=rules.AT_LEAST,
        drops=rules.DROPS_A_DAY,
        staying=rules.STAYING,
        adds=limits.SHARED_ADDS_A_DAY,
        shared_from=rules.SHARE_FROM,
    )


def listed(shared: Shared, member: int, server: int | None) -> str:
    """One line of the list: the name, whose it is, who hosts it."""
    return f"- {named(shared)} · {_whose(shared, server)} · {_hosted(shared, member)}"


def _whose(shared: Shared, server: int | None) -> str:
    if shared.server is None:
        return _("a group's")
    return _("this server's") if shared.server == server else _("another server's")


def _hosted(shared: Shared, member: int) -> str:
    if shared.ended_at is not None:
        return _("ended {when}", when=timestamp(shared.ended_at, "R"))
    if shared.host is None:
        return _("nobody hosts it")
    return _("you host it") if shared.host == member else _("hosted")


def invitation(shared: Shared) -> str:
    return _(
        "A shared playlist: {name}. Join to see its songs and who added them, add your own, and vote. Your name is "
        "shown beside what you add, to those who joined.",
        name=named(shared),
    )


def choosing(shared: Shared) -> str:
    return _("Which song should go into {name}? `/shared add` finds all the others.", name=named(shared))


def added(shared: Shared, song: Song) -> str:
    name, title = named(shared), formatting.song_name(song)
    if shared.ref is None:
        return _("{song} is in {name}. It's on record; nothing has been written yet.", song=title, name=name)
    if not rules.writable(song.song, shared.ref):
        return _("{song} is in {name}. Spotify doesn't have that file, so I won't write it.", song=title, name=name)
    return _("{song} is in {name}. I'll write it to the host's playlist.", song=title, name=name)


def heading(view: SharedView) -> str:
    """The name and how many songs, dropped ones too."""
    dropped = len(view.record) - len(view.standing)
    facts = [named(view.shared), plural("{count} song", "{count} songs", len(view.standing))]
    facts += [plural("{count} dropped", "{count} dropped", dropped)] if dropped else []
    return " · ".join(facts)


def state(view: SharedView) -> str:
    """Who hosts it, and what waits to be written."""
    shared = view.shared
    if shared.ended_at is not None:
        ended = timestamp(shared.ended_at, "R")
        return _("Ended {when}. It goes on as soon as someone hosts it with `/shared host`.", when=ended)
    if shared.host is None:
        return _("Nobody hosts it, so it isn't written anywhere. `/shared host` changes that.")
    hosted = _("Hosted by {name}.", name=member_name(shared.host, view.named))
    return f"{hosted} {_written(view)}"


def _written(view: SharedView) -> str:
    ref = view.shared.ref
    if ref is None:
        return _("Not written yet.")
    waiting, since = rules.waiting(view.record, ref), rules.waiting_since(view.record, ref)
    if since is not None:
        return plural(
            "{count} change is waiting to be written; it came {when}.",
            "{count} changes are waiting to be written; the first came {when}.",
            len(waiting),
            when=timestamp(since, "R"),
        )
    if any(brought.stands and not rules.writable(brought.song, ref) for brought in view.record):
        return _("Everything is written except the files Spotify doesn't have.")
    if refused := sum(brought.state == SongState.REFUSED for brought in view.record):
        return plural(
            "{count} change couldn't be written: the song says why.",
            "{count} changes couldn't be written: each song says why.",
            refused,
        )
    return _("Everything is written.")


def member_name(member: int | None, visible: frozenset[int]) -> str:
    """A mention; of those who hide or have left, no name."""
    if member is None:
        return _(SOMEONE_WHO_LEFT)
    return f"<@{member}>" if member in visible else _(formatting.SOMEONE)


def line(view: SharedView, place: int) -> str:
    """A song's title; a dropped one is struck out."""
    brought = view.record[place]
    song = view.songs.get(brought.song)
    title = formatting.clip(formatting.song_name(song, 80), 380) if song else _(formatting.SONG_GONE)
    return f"{place + 1}. {title}" if brought.stands else f"{place + 1}. ~~{title}~~"


def facts(view: SharedView, brought: Brought) -> str:
    """Who added a song and when, its votes, and what keeps it from being written."""
    keep, drop = rules.counted(view.votes, brought.song)
    said = [member_name(brought.brought_by, view.named), timestamp(brought.at, "d")]
    said += [_("{keep} keep, {drop} drop", keep=keep, drop=drop)] if keep or drop else []
    said += [_("dropped {when}", when=timestamp(brought.dropped_at, "R"))] if brought.dropped_at else []
    if brought.stands and not rules.writable(brought.song, view.shared.ref):
        said.append(_("a file Spotify doesn't have"))
    if brought.stands and brought.state == SongState.SAME:
        said.append(_("already there as another release"))
    if brought.state == SongState.REFUSED:
        said.append(_refused(brought))
    if brought.stands and brought.state == SongState.TAKEN:
        said.append(_("removed by the host"))
    return " · ".join(said)


def _refused(brought: Brought) -> str:
    """Why Spotify didn't do it. The host's *Write it* tries again if that may help."""
    if not brought.stands:
        return _("still there: Spotify didn't remove it in {tries} tries; `/shared host` tries again", tries=TRIES)
    if brought.problem == Refused.UNKNOWN:
        return _("not written: Spotify doesn't know it any more")
    if brought.problem == Refused.FULL:
        return _("not written: the playlist is full; `/shared host` tries again")
    return _("not written: Spotify didn't take it in {tries} tries; `/shared host` tries again", tries=TRIES)


def outcome(before: Brought, after: Brought, *, spent: bool) -> str:
    """What a vote came to."""
    if before.stands != after.stands:
        return _("It's back in.") if after.stands else _("It's out, but stays on record.")
    if not spent:
        return _("Your vote counts.")
    return _(
        "Your votes dropped {drops} songs in 24 hours, so this one doesn't count yet. Press again when the first of "
        "those is a day old.",
        drops=rules.DROPS_A_DAY,
    )


def left(shared: Shared) -> str:
    return _("Your name is gone from {name}. What you added and voted stays, without it.", name=named(shared))


def as_file(shared: Shared) -> str:
    return _("{name} as a CSV file, without names.", name=named(shared))
