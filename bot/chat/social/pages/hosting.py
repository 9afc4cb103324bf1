"""A shared playlist as who hosts it sees it: what a write would do, what it did, and the ways out."""

from collections.abc import Mapping
from typing import Any

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.chat.social.pages.shared_playlists import RULES, add, named
from bot.core.social.shared_playlists import Shared
from bot.flows.social.hosting import DryRun
from bot.flows.social.shared_playlists import LONGEST_NAME
from bot.messages import formatting

BEING_WRITTEN = "I write it now. `/shared show` says how far it is."
GOES_ON = (
    "From now on I write what the list comes to. `/shared host` shows the next write; `/shared end` can take all of it "
    "back."
)
NOT_NOW = "Nothing was written."


def began(shared: Shared, found: DryRun) -> Page:
    """A playlist that was just begun; nothing is written yet."""
    invite = layout.button("Invite", ids.of("shinvite", shared.shared)) if shared.server is None else None
    said = f"{named(shared)} is there, and you host it. {_plan(found)}"
    return Page(said, layout.small(RULES), layout.row(_write(shared), add(shared), invite))


def hosting(found: DryRun, member: int) -> Page:
    """What hosting would write, or for the host what comes next, with the way out."""
    shared = found.shared
    down = layout.button("Lay it down", ids.of("shdown", shared.shared)) if shared.host == member else None
    other = down or layout.button("Not now", ids.of("shnot"))
    said = f"You host {named(shared)}." if down else f"Nobody hosts {named(shared)}; you can."
    return Page(f"{said} {_plan(found)}", layout.row(_write(shared), other))


def _plan(found: DryRun) -> str:
    """The dry run in words."""
    changes = _changes(found)
    if found.shared.ref is None:
        said = f"Nothing is written yet: **Write it** makes a playlist of that name {_where(found.shelved)}"
        said += f", {changes}, and from then on" if changes else ". From then on"
        said += " I write what the list comes to."
    else:
        said = f"The next write {changes}." if changes else "There is nothing to write."
    if found.unwritable:
        said += (
            f" {formatting.does(found.unwritable, 'song is a file', 'songs are files')} that Spotify does not have: "
        )
        said += "on record, and not written."
    return f"{said} Only what I put in ever comes out again; what you change by hand stays."


def _changes(found: DryRun) -> str:
    put_in = [f"puts in {formatting.count(found.put_in, 'song')}"] if found.put_in else []
    take_out = [f"takes out {formatting.count(found.take_out, 'song')}"] if found.take_out else []
    return formatting.listed([*put_in, *take_out])


def _where(shelved: bool) -> str:
    return "among those that I keep for you" if shelved else "in your account"


def _write(shared: Shared) -> Item:
    return layout.button("Write it", ids.of("shwrite", shared.shared), layout.PRIMARY)


def ending(shared: Shared) -> Page:
    """The two ways to end it; the second takes back what was written."""
    said = f"Once it has ended, I no longer write {named(shared)}, and nobody adds or votes; its record can be read. "
    leave = layout.button("End it", ids.of("shend", shared.shared), layout.RED)
    if shared.ref is None:
        return Page(f"{said}Nothing was written so far.", layout.row(leave))
    back = layout.button("End it, take out what I wrote", ids.of("shback", shared.shared))
    return Page(f"{said}The playlist in your account is yours.", layout.row(leave, back))


def removing(shared: Shared) -> Page:
    """For those who run the server, of what somebody else hosts."""
    said = (
        f"You may manage this server, so you can delete {named(shared)}: its songs, votes and names are gone then. "
        "What was written into its host's account stays theirs."
    )
    return Page(said, layout.row(layout.button("Delete it", ids.of("shremove", shared.shared), layout.RED)))


def laid_down(shared: Shared) -> str:
    return f"You no longer host {named(shared)}. What was written is yours; whoever likes takes it with /shared host."


def ended(shared: Shared, *, taking_back: bool) -> str:
    rest = "I take out what I wrote." if taking_back else "What was written is yours."
    return f"{named(shared)} has ended. {rest}"


def removed(shared: Shared) -> str:
    return f"{named(shared)} is deleted."


def written(body: Mapping[str, Any]) -> str:
    """The host's receipt."""
    name = f"**{formatting.escape(str(body['name']), LONGEST_NAME)}**"
    put_in, taken_out = int(body["put_in"]), int(body["taken_out"])
    if body["ended"]:
        return f"{name} has ended: {formatting.does(taken_out, 'song was', 'songs were')} taken out of it again."
    there = f"{name} is {_where(bool(body['shelved']))}: {formatting.does(put_in, 'song was', 'songs were')} put in."
    return f"{there} {GOES_ON}"


def host_left(body: Mapping[str, Any]) -> str:
    name = f"**{formatting.escape(str(body['name']), LONGEST_NAME)}**"
    return f"You or I have left the server of {name}, so you no longer host it. What I wrote so far is yours."


def lost(body: Mapping[str, Any]) -> str:
    name = f"**{formatting.escape(str(body['name']), LONGEST_NAME)}**"
    return f"{name} is gone from your account, so you no longer host it. /shared host makes a new one."
