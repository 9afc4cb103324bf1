"""Profiles: what somebody shows, one's own with what others see of it, the page to choose, and whom one follows."""

import io
from collections.abc import Sequence

import discord

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.core.markup import timestamp
from bot.flows.social.follow import Passed
from bot.flows.social.profile import MOST_PLAYLISTS, Mine, ProfileView, Sized
from bot.flows.social.taste_map import TasteMap
from bot.messages import formatting

SHOWS_NOTHING = "They show nothing here."
OTHERS_SEE = "**This is what others see**"
YOU_SHOW_NOTHING = "You show nothing: that is how it begins. `/profile edit` is where you choose."
HIDDEN = "You are hidden: nobody sees any of this until `/hide off`."
TO_WHOM = (
    "You choose what others see when they ask for your profile with `/profile show`. Only members of a server that you "
    "are in can ask, and each sees it alone."
)
ABOUT_PLAYLISTS = (
    f"**Playlists**: name and size of up to {MOST_PLAYLISTS} that I keep for you. Choose none to show none."
)
NO_PLAYLISTS = "**Playlists**: I keep none for you; `/playlists add` takes one."
MAP_ON = "**Taste map**: shown. Your liked songs as points, without their names; playlists that you show in colour."
MAP_OFF = "**Taste map**: off. It shows your liked songs as points, without their names, and playlists that you show."
REPOSTS_ON = "**Reposts**: shown, in the server where you made them. Whoever sees them may follow you."
REPOSTS_OFF = "**Reposts**: off, so nobody can follow you. Shown, they are seen in the server where you made them."
ENDS_FOLLOWING = "Switched off, nobody follows you any more."
NOBODY_FOLLOWED = "You follow nobody. `/follow` takes a member who shows what they repost."
NOTHING_NEW = "Nobody you follow has passed anything on here yet."
NONE_YET = "Nothing yet."
PASSED_ON_ELSEWHERE = "What you pass on is seen in the server where you did."
MOST_FOLLOWED = 12  # in a list, each with a button: Discord takes 40 components
ROOM = 1500  # characters of a list


def of_other(shown: ProfileView, drawn: TasteMap | None, note: str = "") -> Page:
    """Somebody's profile, for whoever looks."""
    if shown.empty:
        return Page(SHOWS_NOTHING)
    files = [_file(drawn)] if drawn else []
    return Page(f"**What <@{shown.member}> shows**", *_parts(shown, drawn, note), files=files)


def own(found: Mine, drawn: TasteMap | None, *, in_server: bool, note: str = "") -> Page:
    """One's own profile: what others see, and what they do not."""
    edit = layout.button("Choose what is shown", ids.of("profileedit"), layout.PRIMARY)
    post = layout.button("Post it here", ids.of("profilepost")) if in_server and not found.shown.empty else None
    files = [_file(drawn)] if drawn else []
    parts = _parts(found.shown, drawn, note)
    return Page(_head(found), *parts, layout.small(_about(found)), layout.row(edit, post), files=files)


def _head(found: Mine) -> str:
    if found.hidden:
        return HIDDEN
    return YOU_SHOW_NOTHING if found.shown.empty else OTHERS_SEE


def posted(member: int) -> Page:
    """A door in a channel: whoever presses sees the profile as it is then, and so it is gone when its owner hides."""
    return Page(f"<@{member}> shows what they listen to.", layout.row(layout.button("Look", ids.of("profilelook"))))


def edit(found: Mine) -> Page:
    chosen = found.chosen
    playlists = layout.menu(
        ids.of("profilelists"),
        "Playlists that are shown: none",
        [_option(each, chosen.playlists) for each in found.kept],
        least=0,
        most=MOST_PLAYLISTS,
    )
    return Page(
        HIDDEN if found.hidden else None,
        TO_WHOM,
        ABOUT_PLAYLISTS if found.kept else NO_PLAYLISTS,
        playlists if found.kept else None,
        MAP_ON if chosen.map else MAP_OFF,
        layout.row(_switch("map", on=chosen.map)),
        f"{REPOSTS_ON} {ENDS_FOLLOWING}" if chosen.reposts else REPOSTS_OFF,
        layout.row(_switch("reposts", on=chosen.reposts)),
        layout.row(layout.button("See it as others do", ids.of("profileshow"))),
    )


def _option(sized: Sized, chosen: Sequence[int]) -> layout.Option:
    playlist, songs = sized
    shown = playlist.playlist in chosen
    return layout.option(
        playlist.name, playlist.playlist, formatting.count(songs, "song"), emoji=playlist.emoji, chosen=shown
    )


def _switch(part: str, *, on: bool) -> layout.Tap:
    """A button that says what it does, so that pressing it twice does the same as pressing it once."""
    what = "my taste map" if part == "map" else "what I repost"
    if on:
        return layout.button(f"Hide {what}", ids.of("profilehide", part))
    return layout.button(f"Show {what}", ids.of("profileopen", part), layout.GREEN)


def _parts(shown: ProfileView, drawn: TasteMap | None, note: str) -> list[Item | str]:
    found: list[Item | str] = []
    if shown.playlists:
        found.append(formatting.lines([_sized(each) for each in shown.playlists], ROOM))
    if shown.map:
        found.append(_picture(drawn) if drawn else layout.small(note))
        if drawn and drawn.finding:
            found.append(layout.small(formatting.escape(drawn.finding, 400)))
    if shown.shows_reposts:
        said = formatting.lines([_passed(each) for each in shown.reposts], ROOM) or NONE_YET
        found.append(f"**Passed on here**\n{said}" if shown.server else PASSED_ON_ELSEWHERE)
    return found


def _sized(sized: Sized) -> str:
    playlist, songs = sized
    return f"{formatting.playlist_name(playlist)}, {formatting.count(songs, 'song')}"


def _picture(drawn: TasteMap) -> Item:
    alt = f"Taste map of {formatting.count(drawn.songs, 'liked song')}. {drawn.finding}"
    return layout.picture("attachment://taste.png", alt)


def _file(drawn: TasteMap) -> discord.File:
    return discord.File(io.BytesIO(drawn.png), "taste.png")


def _passed(passed: Passed) -> str:
    found = passed.reposted
    where = f"https://discord.com/channels/{found.server}/{found.channel}/{found.message}"
    return f"- {formatting.song_name(passed.song, 80)} · [{timestamp(found.at, 'R')}]({where})"


def _about(found: Mine) -> str:
    chosen = found.chosen
    parts = {"playlists": chosen.playlists, "taste map": chosen.map, "reposts": chosen.reposts}
    off = [name for name, on in parts.items() if not on]
    said = [f"Off: {formatting.listed(off)}."] if off else []
    said += [f"{formatting.does(found.followers, 'member follows', 'members follow')} you."] if chosen.reposts else []
    return "\n".join(said) or "Nothing is off."


def followed(member: int) -> Page:
    return Page(
        f"You follow <@{member}>: what they pass on in this server is in `/following new`. They learn how many follow "
        "them, not who.",
        layout.row(layout.button("Unfollow", ids.of("unfollow", member))),
    )


def unfollowed(member: int, *, had: bool) -> str:
    return f"You follow <@{member}> no more." if had else f"You did not follow <@{member}>."


def following(members: Sequence[int], note: str = "") -> Page:
    """Whom one follows, each with a button to end it; `note` says what the last press did."""
    if not members:
        return Page(note, NOBODY_FOLLOWED)
    shown = [_beside(f"<@{each}>", "Unfollow", ids.of("unfollow", each)) for each in members[:MOST_FOLLOWED]]
    left = len(members) - len(shown)
    more = layout.small(f"and {left:,} more; `/unfollow` ends any of them") if left else ""
    return Page(note, f"**You follow {formatting.count(len(members), 'member')}**", *shown, more)


def _beside(text: str, label: str, what: ids.Id) -> Item:
    return discord.ui.Section(layout.text(text), accessory=layout.button(label, what))


def news(found: Sequence[Passed]) -> Page:
    """What those one follows passed on in a server, the newest first."""
    if not found:
        return Page(NOTHING_NEW)
    lines = [f"{_passed(each)} · <@{each.reposted.member}>" for each in found]
    return Page("**Passed on here by those you follow**", formatting.lines(lines, 3800))
