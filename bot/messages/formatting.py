"""Formatting: songs, numbers and lists as a member reads them. Pure; names are escaped by `core.markup`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.core.markup import LONGEST_TITLE as LONGEST_TITLE
from bot.core.markup import clip as clip
from bot.core.markup import escape as escape
from bot.core.markup import plain as plain
from bot.core.records import Playlist, Song
from bot.core.sorting.decide import certainty
from bot.core.sorting.expectation import TEN, Expectation
from bot.core.sorting.expectation import tenths as tenths
from bot.flows.library.feature_lookup import Progress
from bot.flows.sorting.labelling.label import Guess, Tally
from bot.flows.sorting.why import Explanation
from bot.flows.sorting.writing.sort import Receipt
from bot.messages import N_, _, language, number, plural

SAFE_URL = re.compile(r"https?://[^\s()<>]+")
LONGEST_NAME = 40  # characters of a playlist's name
LONGEST_IN_LINE = 50  # of a title, and of its artists, in a list
MOST_NAMED = 12  # playlists in a headline
MOST_SCORES = 4  # playlists in a line
WORTH_SAYING = 0.15  # probability of a second guess
MORE_LABELS = 10  # that a forecast is about
CERTAINTY = {"told": N_("you said so"), "sure": N_("sure"), "likely": N_("likely"), "unsure": N_("unsure")}
SOMEONE = N_("someone")
SONG_GONE = N_("a song that's gone")
IF_ALL_BELONG = N_(
    "That's if each of them belongs in one of your playlists. If some belong in none, fewer are right: answer a few "
    "cards with **None of them**, and I'll learn to leave such songs out."
)
GUESS = {
    "sure": N_("almost certainly **{name}**, {percent}"),
    "likely": N_("probably **{name}**, {percent}"),
    "unsure": N_("perhaps **{name}**, {percent}"),
}
MORE_LINES = N_("… and {count} more")


def linked(song: Song, longest: int = LONGEST_TITLE) -> str:
    """The title, linked to where it came from."""
    title, url = escape(song.title, longest), song.page or ""
    return f"[{title}]({url})" if SAFE_URL.fullmatch(url) else title


def song_name(song: Song, longest: int = LONGEST_TITLE) -> str:
    """Title and artists in one line."""
    artists = escape(", ".join(song.artists), longest) if song.artists else ""
    return f"{linked(song, longest)} – {artists}" if artists else linked(song, longest)


def titles(songs: Iterable[Song], longest: int = LONGEST_NAME) -> str:
    """Some songs by their titles alone: "*Song A* and *Song B*"."""
    return language.listed(f"*{escape(song.title, longest)}*" for song in songs)


def playlist_name(playlist: Playlist) -> str:
    return f"{playlist.emoji} **{escape(playlist.name, LONGEST_NAME)}**"


def first(names: Sequence[str], total: int) -> str:
    """The first of so many names, and how many more there are."""
    rest = total - len(names)
    return language.listed([*names, plural("{count} more", "{count} more", rest)] if rest else names)


def songs(count: int) -> str:
    return plural("{count} song", "{count} songs", count)


def days(count: int) -> str:
    return plural("{count} day", "{count} days", count)


def labels(count: int) -> str:
    return plural("{count} label", "{count} labels", count)


def told_of(what: str, said: str) -> str:
    """Say something of something: "Late night: …"; French has a space before the colon."""
    return _("{what}: {said}", what=what, said=said)


def moment(when: datetime) -> str:
    """A moment where Discord shows no timestamps: "29 November 2026, 06:20 UTC"."""
    return f"{language.date(when)}, {when:%H:%M} UTC"


def rate(right: int, of: int) -> str:
    """Say how often something was right: "8 in 10" from ten on, "3 in 4" below."""
    if of < TEN:
        return _("{right} in {of}", right=right, of=of)
    return _("{right} in {of}", right=tenths(right / of), of=TEN)


def can_place(expected: Expectation, *, knows_none: bool) -> str:
    """How many songs would be placed, and how many of exactly those are expected to be right."""
    said = plural(
        "I can place {count} song, and expect {rate} of such songs to be right.",
        "I can place {count} songs, and expect {rate} to be right.",
        expected.songs,
        rate=in_ten(expected),
    )
    return said if knows_none else f"{said} {_(IF_ALL_BELONG)}"


def in_ten(expected: Expectation) -> str:
    """How many songs of ten are expected to be right: "about 9 in 10", or "8 or 9 in 10"."""
    if expected.least == expected.most:
        return _("about {right} in 10", right=expected.most)
    return _("{least} or {most} in 10", least=expected.least, most=expected.most)


def percent(probability: float) -> str:
    """Say a probability; nothing is ever certain, and nothing impossible."""
    return _("{percent}%", percent=min(99, max(1, round(100 * probability))))


def guesses(best_first: Sequence[Guess]) -> str:
    """The guesses in words: "probably **Late night**, 74%; or Run"; there is at least one."""
    best = best_first[0]
    said = _(GUESS[certainty(best.probability)], name=_name(best), percent=percent(best.probability))
    others = [_name(guess) for guess in best_first[1:3] if guess.probability >= WORTH_SAYING]
    return _("{guess}; or {others}", guess=said, others=language.listed(others, either=True)) if others else said


def my_guess(probability: float) -> str:
    """The mark of the likeliest playlist in a list that keeps its order."""
    return _("My guess, {percent}", percent=percent(probability))


def _name(guess: Guess) -> str:
    return escape(guess.playlist.name, LONGEST_NAME)


def near(reason: Explanation | None) -> str:
    """The reason in words: "near *Song A* and *Song B*"."""
    return _("near {songs}", songs=titles(reason.near)) if reason is not None and reason.near else ""


def tally(result: Tally) -> str:
    """How many labels there are, and how many the next training needs."""
    return f"{labels(result.labels)} · {_next_training(result)}"


def _next_training(result: Tally) -> str:
    more = result.until_training
    if result.training:
        return _("I'm learning from them")
    if not more:
        return _("enough to learn from")
    if result.scores or result.tried:
        return plural("{count} more answer until I learn again", "{count} more answers until I learn again", more)
    return plural("{count} more answer until I learn", "{count} more answers until I learn", more)


def scores(result: Tally, names: Mapping[int, str]) -> str:
    """How often each playlist was right: "Late night 9/10, Run 7/10 right on labels I hadn't seen", or nothing."""
    tested = [
        f"{escape(names[playlist], LONGEST_NAME)} {right}/{of}"
        for playlist, (right, of) in result.scores.items()
        if playlist in names and of
    ]
    return _("{scores} right on labels I hadn't seen", scores=", ".join(tested[:MOST_SCORES])) if tested else ""


def hope(tally: Tally) -> str:
    """What the next ten labels will probably gain; empty if that would round to nothing."""
    share, scores = tally.share_after(MORE_LABELS), list(tally.scores.values())
    if share is None:
        return ""
    expected, now = int(10 * share), sum(right for right, _of in scores) / sum(of for _right, of in scores)
    return (
        _("With ten more labels I expect to get {right} in 10 right.", right=expected) if expected > tenths(now) else ""
    )


def overall(scores: Iterable[tuple[int, int]]) -> str:
    """How often a model was right on the whole, with what the number means; empty if nothing was tested."""
    tested = list(scores)
    right, of = sum(score[0] for score in tested), sum(score[1] for score in tested)
    if not of:
        return ""
    return plural(
        "On {count} answer of yours that I hadn't seen, I got {rate} right.",
        "On {count} answers of yours that I hadn't seen, I got {rate} right.",
        of,
        rate=rate(right, of),
    )


def changes(receipt: Receipt) -> str:
    """What a write changed, per playlist: "Late night +3 · Run +1"."""
    counts = receipt.per_playlist()
    said = [f"**{escape(name, LONGEST_NAME)}** {_in_and_out(*changed)}" for name, *changed in counts[:MOST_NAMED]]
    rest = len(counts) - MOST_NAMED
    more = [plural("and {count} more playlist", "and {count} more playlists", rest)] if rest > 0 else []
    return " · ".join([*said, *more])


def _in_and_out(added: int, removed: int) -> str:
    return " ".join([*([f"+{number(added)}"] if added else []), *([f"−{number(removed)}"] if removed else [])])


def lines(texts: Sequence[str], room: int) -> str:
    """As many whole lines as fit into `room` characters; the last says how many did not."""
    shown: list[str] = []
    left = room - 30
    for index, line in enumerate(texts):
        left -= len(line) + 1
        if left < 0:
            return "\n".join([*shown, _(MORE_LINES, count=len(texts) - index)])
        shown.append(line)
    return "\n".join(shown)


SOURCES = {
    "prior": N_("other people's playlists"),
    "wikipedia": "Wikipedia",
    "csv": N_("your own file"),
    "upload": N_("the file you sent"),
    "audio": N_("the music folder"),
    "deezer": N_("a Deezer preview"),
    "musicbrainz": "MusicBrainz",
    "listenbrainz": "ListenBrainz",
    "acousticbrainz": "AcousticBrainz",
    "reccobeats": "ReccoBeats",
}
ASKED = {**SOURCES, "deezer": "Deezer"}


# of what is heard (bot.audio.analysis.features), told by a prior or in every table, by the columns about it
ASPECTS = {
    N_("tempo"): {"tempo", "tempo_confidence", "tempo_folded"},
    N_("rhythm"): {"onset_rate", "pulse"},
    N_("key"): {"key_cos", "key_sin", "key_confidence", "tuning"},
    N_("loudness"): {"loudness", "loudness_range", "level", "level_spread", "crest"},
    N_("fades"): {"fade_in", "fade_out"},
    N_("timbre"): {"brightness", "brightness_spread", "bandwidth", "roll_off", "flatness", "zero_crossings"}
    | {"harmonic_share", "low_share", "high_share"},
    N_("the kind of sound"): {"musicnn"},
    N_("duration"): {"duration"},
    N_("mode"): {"mode"},
    N_("related artists"): {"company"},
    N_("artists"): {"artists"},
    N_("album"): {"album"},
    N_("title"): {"title"},
    N_("year"): {"year"},
    N_("genres"): {"genres"},
    N_("tags"): {"tags"},
}


def brought(source: str) -> str:
    """Where a value came from, in a member's words; an operator's file goes by its own name."""
    kind, _colon, name = source.partition(":")
    if kind == "operator" and name:
        return _("the operator's file “{name}”", name=name)
    return _(SOURCES.get(kind, source))


def aspect(name: str) -> str:
    """Return what a person calls what a number is about; a column of somebody's table keeps its name."""
    return next((_(plain) for plain, names in ASPECTS.items() if name in names), name)


def heard(by_source: Mapping[str, int]) -> str:
    """How many songs each source has features for."""
    said = [
        _("{count} from {source}", count=songs, source=escape(brought(source))) for source, songs in by_source.items()
    ]
    return clip(_("What I go by: {features}.", features=", ".join(said)), 400)


def hearing(progress: Progress) -> str:
    return plural(
        "I've asked {source} about {done} of {count} song.",
        "I've asked {source} about {done} of {count} songs.",
        progress.total,
        source=_(ASKED[progress.source]),
        done=progress.done,
    )
