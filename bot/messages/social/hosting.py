"""A shared playlist as its host sees it: what a write would do, what it did, and how to stop."""

from collections.abc import Mapping
from typing import Any

from bot.core.markup import escape
from bot.core.social.shared_playlists import Shared
from bot.flows.social.shared.hosting import DryRun
from bot.flows.social.shared.playlists import LONGEST_NAME
from bot.messages import N_, _, plural
from bot.messages import listed as joined
from bot.messages.social.shared_playlists import named

BEING_WRITTEN = N_("I'm writing it now. `/shared show` says how far I am.")
NOT_NOW = N_("Nothing was written.")


def began(planned: DryRun) -> str:
    begun = _("{name} is there, and you host it.", name=named(planned.shared))
    return f"{begun} {_plan(planned)}"


def hosting(planned: DryRun, *, hosts: bool) -> str:
    """What comes next, for the host; for another, what hosting it would write."""
    name = named(planned.shared)
    said = _("You host {name}.", name=name) if hosts else _("Nobody hosts {name}; you can.", name=name)
    return f"{said} {_plan(planned)}"


def _plan(planned: DryRun) -> str:
    said = [_next_write(planned)]
    if planned.unwritable:
        said.append(
            plural(
                "{count} song is a file Spotify doesn't have: it's on record, but isn't written.",
                "{count} songs are files Spotify doesn't have: they're on record, but aren't written.",
                planned.unwritable,
            )
        )
    said.append(_("I only ever remove what I added; what you change by hand stays."))
    return " ".join(said)


def _next_write(planned: DryRun) -> str:
    changes = _changes(planned)
    if planned.shared.ref is not None:
        return _("The next write {changes}.", changes=changes) if changes else _("There's nothing to write.")
    where = _("among those I keep for you") if planned.shelved else _("in your account")
    if not changes:
        return _(
            "Nothing is written yet: **Write it** makes a playlist of that name {where}, and from then on I keep it "
            "up to date.",
            where=where,
        )
    return _(
        "Nothing is written yet: **Write it** makes a playlist of that name {where}, {changes}, and from then on I "
        "keep it up to date.",
        where=where,
        changes=changes,
    )


def _changes(planned: DryRun) -> str:
    adds = [plural("adds {count} song", "adds {count} songs", planned.put_in)] if planned.put_in else []
    removes = [plural("removes {count} song", "removes {count} songs", planned.take_out)] if planned.take_out else []
    return joined([*adds, *removes])


def ending(shared: Shared) -> str:
    name = named(shared)
    if shared.ref is None:
        return _(
            "Once {name} has ended, nobody adds or votes, but its record can still be read. Nothing has been written "
            "so far.",
            name=name,
        )
    return _(
        "Once {name} has ended, I stop writing it and nobody adds or votes, but its record can still be read. The "
        "playlist in your account is yours.",
        name=name,
    )


def removing(shared: Shared) -> str:
    return _(
        "You can manage this server, so you can delete {name} with its songs, votes and names. What was written to its "
        "host's account stays theirs.",
        name=named(shared),
    )


def stopped(shared: Shared) -> str:
    return _(
        "You no longer host {name}. What I wrote is yours; anyone can take it over with `/shared host`.",
        name=named(shared),
    )


def ended(shared: Shared, *, removing: bool) -> str:
    if removing:
        return _("{name} has ended. I'm removing what I wrote.", name=named(shared))
    return _("{name} has ended. What I wrote is yours.", name=named(shared))


def removed(shared: Shared) -> str:
    return _("{name} is deleted.", name=named(shared))


def written(body: Mapping[str, Any]) -> str:
    """The host's receipt, from the data of a notice."""
    name, put_in, taken_out = _name(body), int(body["put_in"]), int(body["taken_out"])
    if body["ended"]:
        return plural(
            "{name} has ended: I removed {count} song I'd added.",
            "{name} has ended: I removed {count} songs I'd added.",
            taken_out,
            name=name,
        )
    goes_on = _(
        "From now on I keep it up to date. `/shared host` shows the next write; `/shared end` can remove everything I "
        "added."
    )
    if body["shelved"]:
        made = plural(
            "{name} is among those I keep for you, with {count} song.",
            "{name} is among those I keep for you, with {count} songs.",
            put_in,
            name=name,
        )
    else:
        made = plural(
            "{name} is in your account, with {count} song.",
            "{name} is in your account, with {count} songs.",
            put_in,
            name=name,
        )
    return f"{made} {goes_on}"


def host_left(body: Mapping[str, Any]) -> str:
    return _(
        "You or I have left the server of {name}, so you no longer host it. What I wrote so far is yours.",
        name=_name(body),
    )


def lost(body: Mapping[str, Any]) -> str:
    return _(
        "{name} is gone from your account, so you no longer host it. `/shared host` makes a new one.", name=_name(body)
    )


def _name(body: Mapping[str, Any]) -> str:
    return f"**{escape(str(body['name']), LONGEST_NAME)}**"
