"""Formatting: songs, numbers and lists as a member reads them. Pure; names are escaped by `core.markup`."""

import re
from collections.abc import Iterable, Mapping, Sequence

from bot.core.markup import LONGEST_TITLE as LONGEST_TITLE
from bot.core.markup import clip as clip
from bot.core.markup import escape as escape
from bot.core.markup import plain as plain
from bot.core.records import Playlist, Song
from bot.core.sorting import forecast
from bot.core.sorting.decide import certainty
from bot.flows.library.feature_lookup import Progress
from bot.flows.sorting.label import Guess, Tally
from bot.flows.sorting.sort import Receipt
from bot.flows.sorting.why import Explanation

SAFE_URL = re.compile(r"https?://[^\s()<>]+")
LONGEST_NAME = 40  # characters of a playlist's name
MOST_NAMED = 12  # playlists in a headline
WORTH_SAYING = 0.15  # probability of a second guess
TEN = 10  # labels, of which a forecast speaks
CERTAINTY = {"told": "your word", "sure": "sure", "likely": "likely", "unsure": "unsure"}
GUESS = {"sure": "almost surely", "likely": "probably", "unsure": "perhaps"}


def linked(song: Song, longest: int = LONGEST_TITLE) -> str:
    """The title, linked to where it came from."""
    title, url = escape(song.title, longest), song.page or ""
    return f"[{title}]({url})" if SAFE_URL.fullmatch(url) else title


def song_name(song: Song, longest: int = LONGEST_TITLE) -> str:
    """Title and artists in one line."""
    artists = escape(", ".join(song.artists), longest) if song.artists else ""
    return f"{linked(song, longest)} – {artists}" if artists else linked(song, longest)


def playlist_name(playlist: Playlist) -> str:
    return f"{playlist.emoji} **{escape(playlist.name, LONGEST_NAME)}**"


def listed(names: Iterable[str], last: str = "and") -> str:
    """Join names as prose does: "A, B and C"."""
    found = list(names)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} {last} {found[-1]}" if found else ""


def count(number: int, one: str, many: str = "") -> str:
    """Say a number with its noun: "1 song", "1,240 songs"."""
    return f"{number:,} {one if abs(number) == 1 else many or one + 's'}"


def does(number: int, one: str, many: str) -> str:
    """Say what a number of things does: "1 stays", "12 stay"."""
    return f"{number:,} {one if number == 1 else many}"


def rate(right: int, of: int) -> str:
    """Say how often something was right: "8 times in 10" from ten on, "3 times in 4" below."""
    if of < 10:
        return f"{right} times in {of}"
    return f"{tenths(right / of)} times in 10"


def tenths(share: float) -> int:
    """A share in tenths; ten of ten only where it is all, and none only where it is nothing."""
    return round(10 * share) if share in (0, 1) else min(9, max(1, round(10 * share)))


def percent(probability: float) -> str:
    """Say a probability; nothing is ever certain, and nothing impossible."""
    return f"{min(99, max(1, round(100 * probability)))} %"


def guesses(found: Sequence[Guess]) -> str:
    """The guess in words: "probably **Late night**, 74 %; or Run"; there is at least one."""
    best, others = found[0], [_name(each) for each in found[1:3] if each.probability >= WORTH_SAYING]
    said = f"{GUESS[certainty(best.probability)]} **{_name(best)}**, {percent(best.probability)}"
    return f"{said}; or {listed(others, 'or')}" if others else said


def _name(guess: Guess) -> str:
    return escape(guess.playlist.name, LONGEST_NAME)


def near(reason: Explanation | None) -> str:
    """The reason in words: "near *Song A* and *Song B*"."""
    if reason is None or not reason.near:
        return ""
    return "near " + listed(f"*{escape(each.title, LONGEST_NAME)}*" for each in reason.near)


def tally(found: Tally, names: Mapping[int, str]) -> str:
    """What the labels have come to, and what the next ones bring."""
    parts = [count(found.labels, "label")]
    scores = [
        f"{escape(names[key], LONGEST_NAME)} {right}/{of}"
        for key, (right, of) in found.scores.items()
        if key in names and of
    ]
    if scores:
        parts.append(f"{', '.join(scores[:4])} right on songs you labelled that I had not seen")
    nearest = found.nearest(names.keys())
    if nearest:
        parts.append(to_settle(escape(names[nearest[0]], LONGEST_NAME), nearest[1]))
    parts.append(_next_training(found))
    return " · ".join(parts)


def _next_training(found: Tally) -> str:
    if found.training:
        return "I'm learning from them"
    if not found.until_training:
        return "enough to learn from"
    gain = "I learn again" if found.scores else "I try again" if found.tried else "I make my first guess"
    return f"{found.until_training} more and {gain}"


def to_settle(name: str, labels: int) -> str:
    """What a playlist still needs; a forecast, and said as one."""
    return f"about {forecast.about(labels)} more for {name} and it should be right 8 times in 10"


def hope(tally: Tally) -> str:
    """What the next ten labels are likely to buy; empty where that would round to nothing."""
    share, now = tally.share_after(TEN), list(tally.scores.values())
    if share is None:
        return ""
    right, of = sum(each[0] for each in now), sum(each[1] for each in now)
    expected = int(10 * share)
    return f"Ten more labels and I expect to be right {expected} times in 10." if expected > tenths(right / of) else ""


def overall(scores: Iterable[tuple[int, int]]) -> str:
    """How often a model was right on the whole, with what the number means; empty where nothing was tested."""
    found = list(scores)
    right, of = sum(each[0] for each in found), sum(each[1] for each in found)
    return f"right {rate(right, of)} on {count(of, 'answer')} of yours that I had not seen" if of else ""


def changes(receipt: Receipt) -> str:
    """What a write changed, per playlist: "Late night +3 · Run +1"."""
    counts = receipt.per_playlist()
    said = [f"**{escape(name, LONGEST_NAME)}** {_in_and_out(*songs)}" for name, *songs in counts[:MOST_NAMED]]
    more = [f"and {len(counts) - MOST_NAMED} more playlists"] if len(counts) > MOST_NAMED else []
    return " · ".join([*said, *more])


def _in_and_out(added: int, removed: int) -> str:
    return " ".join([*([f"+{added:,}"] if added else []), *([f"−{removed:,}"] if removed else [])])


def lines(found: Sequence[str], room: int) -> str:
    """As many whole lines as fit into `room` characters; the last says how many did not."""
    shown: list[str] = []
    left = room - 30
    for index, line in enumerate(found):
        left -= len(line) + 1
        if left < 0:
            return "\n".join([*shown, f"… and {len(found) - index} more"])
        shown.append(line)
    return "\n".join(shown)


SOURCES = {
    "prior": "other people's playlists",
    "csv": "your own file",
    "upload": "the file you sent",
    "audio": "the music folder here",
    "deezer": "a preview at Deezer",
    "musicbrainz": "MusicBrainz",
    "listenbrainz": "ListenBrainz",
    "acousticbrainz": "AcousticBrainz",
    "reccobeats": "ReccoBeats",
}
ASKED = {**SOURCES, "audio": "the music folder", "deezer": "Deezer"}


ASPECTS = {  # of what is heard (bot.audio.analysis.features), by the numbers and vectors about it
    "tempo": {"tempo", "tempo_confidence", "tempo_folded"},
    "rhythm": {"onset_rate", "pulse"},
    "key": {"key_cos", "key_sin", "key_confidence", "tuning"},
    "loudness": {"loudness", "loudness_range", "level", "level_spread", "crest"},
    "fades": {"fade_in", "fade_out"},
    "timbre": {"brightness", "brightness_spread", "bandwidth", "roll_off", "flatness", "zero_crossings"}
    | {"harmonic_share", "low_share", "high_share"},
    "the kind of sound": {"musicnn"},
}


def brought(source: str) -> str:
    """Who brought a value, in a member's words; a file of the operator's goes by its own name as well."""
    kind, _, name = source.partition(":")
    if kind == "operator" and name:
        return f"the file {name} of whoever runs this bot"
    return SOURCES.get(kind, source)


def aspect(name: str) -> str:
    """Return what a person calls what a number is about; a column of somebody's table keeps its name."""
    return next((plain for plain, names in ASPECTS.items() if name in names), name)


def heard(by_source: Mapping[str, int]) -> str:
    """Of how many songs each source says something."""
    said = [f"{songs:,} from {escape(brought(source))}" for source, songs in by_source.items()]
    return clip(f"What I go by: {', '.join(said)}.", 400)


def hearing(found: Progress) -> str:
    return f"I have asked {ASKED[found.source]} about {found.done:,} of {count(found.total, 'song')}."
