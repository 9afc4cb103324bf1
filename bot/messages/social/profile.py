"""Profiles and follows: what a member shows, what they see of others, and whom they follow."""

from bot.core.markup import timestamp
from bot.core.social.records import Profile, Reposted
from bot.core.social.taste_map import Finding
from bot.flows.social.follow import RepostedSong
from bot.flows.social.profile import MOST_PLAYLISTS, Mine, Sized
from bot.flows.social.taste_map import TasteMap
from bot.messages import N_, _, formatting, listed, plural

SHOWS_NOTHING = N_("They don't show anything here.")
OTHERS_SEE = N_("**This is what others see**")
YOU_SHOW_NOTHING = N_("You don't show anything; that's how everyone starts. `/profile edit` lets you choose.")
HIDDEN = N_("You're hidden: nobody sees any of this until you press **Show me again**.")
TO_WHOM = N_(
    "Choose what others see when they ask for your profile with `/profile show`. Only members of a server you're in "
    "can ask, and only whoever asks sees the answer."
)
NO_PLAYLISTS = N_("**Playlists**: I don't keep any for you; `/playlists add` adds one.")
MAP_ON = N_("**Taste map**: shown. Your liked songs as dots without names; the playlists you show are in colour.")
MAP_OFF = N_("**Taste map**: off. It shows your liked songs as dots without names, and the playlists you show.")
REPOSTS_ON = N_(
    "**Reposts**: shown, in the server you made them in. Whoever sees them can follow you. If you switch them off, "
    "nobody follows you any more."
)
REPOSTS_OFF = N_(
    "**Reposts**: off, so nobody can follow you. If you show them, they're seen in the server you made them in."
)
NOBODY_FOLLOWED = N_("You don't follow anyone. `/follow add` takes a member who shows what they repost.")
NOTHING_NEW = N_("Nobody you follow has reposted anything here yet.")
REPOSTED_HERE = N_("**Reposted here**")
REPOSTED_BY_FOLLOWED = N_("**Reposted here by members you follow**")
NONE_YET = N_("Nothing yet.")
REPOSTED_ELSEWHERE = N_("Your reposts are seen in the server you made them in.")
NO_SOUNDS = N_("The taste map has to wait until I know how more songs sound.")


def of_member(member: int) -> str:
    return _("**What <@{member}> shows**", member=str(member))


def posted(member: int) -> str:
    return _("<@{member}> shows what they listen to.", member=str(member))


def about_playlists() -> str:
    return _(
        "**Playlists**: names and sizes of up to {most} that I keep for you. Choose none to show none.",
        most=MOST_PLAYLISTS,
    )


def sized(playlist: Sized) -> str:
    kept, songs = playlist
    return plural("{name}, {count} song", "{name}, {count} songs", songs, name=formatting.playlist_name(kept))


def alt(taste_map: TasteMap) -> str:
    """The map, for those who can't see it."""
    said = plural("Taste map of {count} liked song.", "Taste map of {count} liked songs.", taste_map.songs)
    return f"{said} {finding(taste_map.finding)}".strip()


def finding(shown: Finding) -> str:
    """What the map shows; empty if that's nothing to speak of. Names aren't escaped."""
    said = []
    if shown.apart:
        said.append(_("{one} and {other} lie farthest apart.", one=shown.apart[0], other=shown.apart[1]))
    if shown.closest:
        said.append(_("{one} and {other} lie closest together.", one=shown.closest[0], other=shown.closest[1]))
    if shown.latest:
        said.append(_latest(shown))
    return " ".join(said)


def _latest(shown: Finding) -> str:
    if shown.home is not None:
        return plural(
            "Of the latest {latest} likes, {count} lies nearest to {home}.",
            "Of the latest {latest} likes, {count} lie nearest to {home}.",
            shown.near,
            latest=shown.latest,
            home=shown.home,
        )
    if shown.together:
        return _("The latest {latest} likes lie close together.", latest=shown.latest)
    return _("The latest {latest} likes lie all over it.", latest=shown.latest)


def reposted(repost: RepostedSong) -> str:
    """A song with a link to the message it was reposted in."""
    return (
        f"- {formatting.song_name(repost.song, 80)} · [{timestamp(repost.reposted.at, 'R')}]({_link(repost.reposted)})"
    )


def news(repost: RepostedSong) -> str:
    return f"{reposted(repost)} · <@{repost.reposted.member}>"


def _link(repost: Reposted) -> str:
    return f"https://discord.com/channels/{repost.server}/{repost.channel}/{repost.message}"


def about(mine: Mine) -> str:
    """What isn't shown, and how many follow."""
    off, said = _off(mine.chosen), []
    if off:
        said.append(_("Off: {parts}.", parts=listed(off)))
    if mine.chosen.reposts:
        said.append(plural("{count} member follows you.", "{count} members follow you.", mine.followers))
    return "\n".join(said) or _("Nothing is off.")


def _off(chosen: Profile) -> list[str]:
    parts = {_("playlists"): chosen.playlists, _("taste map"): chosen.map, _("reposts"): chosen.reposts}
    return [name for name, shown in parts.items() if not shown]


def following(count: int) -> str:
    return plural("**You follow {count} member**", "**You follow {count} members**", count)


def more_followed(count: int) -> str:
    return _("and {count} more; `/follow remove` ends any of them", count=count)


def followed(member: int) -> str:
    return _(
        "You follow <@{member}> now. `/follow news` shows what they repost in a server; they see how many follow "
        "them, not who.",
        member=str(member),
    )


def unfollowed(member: int, *, had: bool) -> str:
    if had:
        return _("You don't follow <@{member}> any more.", member=str(member))
    return _("You didn't follow <@{member}>.", member=str(member))
