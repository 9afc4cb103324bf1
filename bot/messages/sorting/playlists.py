"""What members read about the playlists they sort into, and their rules. Pure: values in, Markdown out."""

from collections.abc import Sequence

from bot.core.records import Layer, Playlist
from bot.flows.sorting.labelling.standing import Standing
from bot.flows.sorting.playlists import LayerView, Odd
from bot.messages import N_, _, formatting, listed, number, plural

NO_PLAYLISTS = N_("I don't keep any playlists for you. `/playlists add` takes one, or makes a new one.")
EMPTY_LAYER = N_("- no playlists; `/playlists add` adds one")
LEARN_IS_OFF = N_(
    "Off, which is the default: Spotify's terms are strict about what may enter a model, so I learn from your taps. If "
    "you switch it on, the songs in your playlists count as labels; nothing else from Spotify does."
)
LEARN_TERMS = N_(
    "Spotify's terms limit what a model may learn from. If you say yes, I learn which of your playlists each song is "
    "in, and nothing else from Spotify."
)
ONLY_YOUR_ANSWERS = N_("Only your answers, then. `/playlists settings learn:True` changes that.")
OTHERS_ARE_ON = N_(
    "I'm reading your other playlists to learn which songs you put together. I never change them. "
    "`/playlists settings others:False` stops it, and I forget what I read."
)
NO_OTHERS_YET = N_("I may learn from your other playlists, but I haven't read any yet.")
HOW_OTHERS_STOP = N_("`/playlists settings others:False` stops it.")
OTHERS_ARE_OFF = N_("I no longer keep anything from your other playlists.")
OTHERS_ARE_OFF_TRAINING = N_(
    "I no longer keep anything from your other playlists, and I'm learning again without them."
)
NONE_WRONG = N_("{name}: I add songs without asking; you allow no wrong songs.")
ASKS_AND_NONE_WRONG = N_("{name}: I ask before I add a song; you allow no wrong songs.")
DOUBLES_ALLOWED = N_("The same recording may go in again as another release.")
LEARNING = N_("I'm learning from them; try `/sort` in a few seconds.")
ONE_MOMENT = N_("One moment.")
NOTHING_ODD = N_("None of your playlists holds a recording twice, or a song that can't be played.")
AS_LAST_SEEN = N_("-# As I last saw them on Spotify. I change nothing here: remove what you don't want there.")
LAYER_ROOM, ODD_ROOM = 1500, 3000  # characters
MOST_PLACES = 20  # of one line


def kept(names: Sequence[str]) -> str:
    return _("I now keep {names} for you.", names=listed(f"**{formatting.escape(name)}**" for name in names))


def removed(playlist: Playlist) -> str:
    name = formatting.playlist_name(playlist)
    if playlist.is_local:
        return _("I've stopped keeping {name} and no longer sort into it. Its labels stay here.", name=name)
    return _("I've stopped keeping {name}. It stays on Spotify as it is; its labels stay here.", name=name)


def rules(playlist: Playlist) -> str:
    name = formatting.playlist_name(playlist)
    if not playlist.mistakes:
        said = _(NONE_WRONG if playlist.automatic else ASKS_AND_NONE_WRONG, name=name)
    elif playlist.automatic:
        said = plural(
            "{name}: I add songs without asking; up to {count} wrong song in 20 is fine.",
            "{name}: I add songs without asking; up to {count} wrong songs in 20 are fine.",
            playlist.mistakes,
            name=name,
        )
    else:
        said = plural(
            "{name}: I ask before I add a song; up to {count} wrong song in 20 is fine.",
            "{name}: I ask before I add a song; up to {count} wrong songs in 20 are fine.",
            playlist.mistakes,
            name=name,
        )
    return f"{said} {_(DOUBLES_ALLOWED)}" if playlist.doubles else said


def own_rule(playlist: Playlist, certainty: str) -> str:
    """The member's own rule that has a song asked about, though its guess is a likely one; empty if it's unsure."""
    if certainty not in ("sure", "likely"):
        return ""
    if not playlist.automatic:
        return _("you said to ask first")
    if not playlist.mistakes:
        return _("you allow no wrong songs")
    if certainty == "sure":
        return plural("you allow {count} wrong song in 20", "you allow {count} wrong songs in 20", playlist.mistakes)
    return ""


def layers(views: Sequence[LayerView]) -> str:
    if not any(view.playlists for view in views):
        return _(NO_PLAYLISTS)
    return "\n\n".join(_layer(view) for view in views)


def _layer(view: LayerView) -> str:
    lines = [f"- {rules(playlist)} {formatting.songs(size)}." for playlist, size in view.playlists]
    return f"{layer(view.layer)}\n{formatting.lines(lines, LAYER_ROOM) or _(EMPTY_LAYER)}"


def layer(known: Layer) -> str:
    several = _("several playlists per song") if known.several else _("one playlist per song")
    rest = _("every song is placed") if known.everything else _("songs may stay out")
    name = f"**{formatting.escape(known.name)}**"
    return _("{layer} – {several}; {rest}", layer=name, several=several, rest=rest)


def learning_from_playlists(labels: int, *, trains: bool) -> str:
    said = plural(
        "The songs in your playlists count now: that's {count} label. Your taps still win.",
        "The songs in your playlists count now: that's {count} labels. Your taps still win.",
        labels,
    )
    return f"{said} {_(LEARNING)}" if trains else said


def learning_from_others(playlists: int) -> str:
    said = plural(
        "I also learn from {count} of your other playlists.",
        "I also learn from {count} of your other playlists.",
        playlists,
    )
    return f"{said if playlists else _(NO_OTHERS_YET)} {_(HOW_OTHERS_STOP)}"


def may_i_learn(standing: Standing) -> str:
    """Whether the songs that are in the playlists already may count; only liked ones can."""
    held = _held(standing)
    if standing.reading or standing.liked == standing.songs:
        return plural(
            "{held} May I learn from it?",
            "{held} May I learn from them?",
            standing.songs,
            held=held,
        )
    return plural(
        "{held} You like {count} of them: may I learn from that one?",
        "{held} You like {count} of them: may I learn from those?",
        standing.liked,
        held=held,
    )


def _held(standing: Standing) -> str:
    if len(standing.playlists) == 1:
        name = f"**{formatting.escape(standing.playlists[0].name)}**"
        return plural(
            "{count} song is in {name} already.", "{count} songs are in {name} already.", standing.songs, name=name
        )
    return plural(
        "{count} song is in your playlists already.", "{count} songs are in your playlists already.", standing.songs
    )


def learning_too(labels: int, playlists: int) -> str:
    """What playlists brought that were added to a layer which learns from such songs already."""
    if playlists == 1:
        return plural("Its {count} song counts as a label too.", "Its {count} songs count as labels too.", labels)
    return plural("Their {count} song counts as a label too.", "Their {count} songs count as labels too.", labels)


def too_few_standing(labels: int, missing: int) -> str:
    have = plural("That's {count} label so far.", "That's {count} labels so far.", labels)
    need = plural(
        "I need {count} more before I can learn: from another playlist with songs you like, or from your answers.",
        "I need {count} more before I can learn: from another playlist with songs you like, or from your answers.",
        missing,
    )
    return f"{have} {need}"


def odd(playlists: Sequence[Odd]) -> str:
    """Recordings that are in a playlist more than once, and songs that can't be played."""
    lines = [line for playlist in playlists for line in _odd(playlist)]
    return f"{formatting.lines(lines, ODD_ROOM)}\n{_(AS_LAST_SEEN)}" if lines else _(NOTHING_ODD)


def _odd(odd: Odd) -> list[str]:
    name = formatting.playlist_name(odd.playlist)
    doubled = [
        _(
            "- {name} has {title} at positions {places}",
            title=formatting.escape(title, 60),
            places=_places(places),
            name=name,
        )
        for title, places in odd.doubles
    ]
    silent = [
        _(
            "- {name} has {title} at position {place}, but it can't be played",
            title=formatting.escape(title, 60),
            place=at + 1,
            name=name,
        )
        for title, at in odd.unplayable
    ]
    return doubled + silent + ([_empty(name, odd.empty)] if odd.empty else [])


def _empty(name: str, places: Sequence[int]) -> str:
    return plural(
        "- {name} has no song at position {places}: Spotify took it down, or it's an episode or a file of yours",
        "- {name} has no songs at positions {places}: Spotify took them down, or they're episodes or files of yours",
        len(places),
        name=name,
        places=_places(places),
    )


def _places(places: Sequence[int]) -> str:
    return formatting.first([number(at + 1) for at in places[:MOST_PLACES]], len(places))
