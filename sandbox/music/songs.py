"""Songs: generated ones, drawn from a seed, played by `synth`, analysed by `bot.audio`.

Only the sandbox knows the truth (which style a song was drawn from); the bot gets the catalogue's data and, as a CSV
file, features computed from the audio.
"""

import inspect
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import soundfile

from bot.audio.analysis import features as hearing
from bot.audio.files.sound import Sound as Recording
from sandbox.music import synth
from sandbox.music.names import artist_name, title
from sandbox.music.styles import DIALS, STYLES, Style
from sandbox.music.synth import RATE, Sound
from sandbox.spotify.model import Track, spotify_id

SPREAD = 0.08  # standard deviation of a song's dials around its style, as a share of their range
LEANING = 0.04  # likewise, for an artist's own sound
BLEND = 0.45  # maximum share of an artist's other style in a song
TWO = 0.38  # from this share of another style, a song belongs to both
WORDLESS = 0.3  # share of artists without tags
WORKERS = 2  # songs heard at once

Features = dict[str, float]


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist leaning towards one style, and perhaps another."""

    name: str
    styles: tuple[Style, ...]
    leaning: tuple[float, ...]  # added to the dials
    words: tuple[str, ...]
    albums: tuple[tuple[str, int], ...]  # title, year


@dataclass(frozen=True, slots=True)
class Song:
    """A song with its truth: `styles` are the names of the styles it belongs to, the strongest first."""

    id: str
    title: str
    artist: str
    album: str
    year: int
    isrc: str
    words: tuple[str, ...]
    explicit: bool
    styles: tuple[str, ...]
    sound: Sound

    @property
    def track(self) -> Track:
        """Return the song as the catalogue has it."""
        length = round(self.sound.seconds * 1000)
        return Track(self.id, self.title, (self.artist,), self.album, str(self.year), length, self.isrc, self.explicit)


# ---------------------------------------------------------------- drawing songs
def songs(seed: int = 0, count: int = 400) -> tuple[Song, ...]:
    """Draw `count` songs, about as many in each style, three to nine per artist."""
    rng = np.random.default_rng([seed, count])
    made: list[Song] = []
    titles: set[str] = set()
    artists: set[str] = set()
    while len(made) < count:
        artist = _artist(rng, STYLES[len(artists) % len(STYLES)], artists)
        for _ in range(min(int(rng.integers(3, 10)), count - len(made))):
            made.append(_song(rng, artist, seed, len(made), titles))
    return tuple(made)


def _artist(rng: np.random.Generator, style: Style, taken: set[str]) -> Artist:
    name = _fresh(artist_name, rng, taken)
    other = STYLES[rng.integers(len(STYLES))]
    styles = (style, other) if other is not style else (style,)
    words = () if rng.random() < WORDLESS else _words(rng, styles)
    start = int(np.clip(rng.normal(style.year, 6), 1968, 2025))
    albums = tuple((title(rng), min(2026, start + 3 * number)) for number in range(rng.integers(1, 4)))
    return Artist(name, styles, tuple(rng.normal(0, LEANING, len(DIALS))), words, albums)


def _words(rng: np.random.Generator, styles: Sequence[Style]) -> tuple[str, ...]:
    """Return a tag for the first style, perhaps one for the other, and sometimes one that fits neither."""
    chosen = [styles[0]]
    if rng.random() < 0.5:
        chosen.append(styles[-1])
    if rng.random() < 0.3:
        chosen.append(STYLES[rng.integers(len(STYLES))])
    return tuple(dict.fromkeys(str(rng.choice(style.words)) for style in chosen))


def _song(rng: np.random.Generator, artist: Artist, seed: int, number: int, titles: set[str]) -> Song:
    share = float(rng.uniform(0, BLEND)) if len(artist.styles) == 2 else 0.0
    album, year = artist.albums[rng.integers(len(artist.albums))]
    return Song(
        id=spotify_id(seed, "song", number),
        title=_fresh(title, rng, titles),
        artist=artist.name,
        album=album,
        year=year,
        isrc=f"ZZCRT{year % 100:02d}{number:05d}",
        words=artist.words,
        explicit=bool(rng.random() < 0.08),
        styles=tuple(style.name for style in artist.styles[: 2 if share > TWO else 1]),
        sound=_sound(rng, _dials(rng, artist, share), seed * 100_000 + number),
    )


def _dials(rng: np.random.Generator, artist: Artist, share: float) -> dict[str, float]:
    """Draw a point near the artist's style, moved by `share` towards their other one."""
    centre = (1 - share) * np.array(artist.styles[0].dials) + share * np.array(artist.styles[-1].dials)
    point = np.clip(centre + artist.leaning + rng.normal(0, SPREAD, len(DIALS)), 0, 1)
    return dict(zip(DIALS, point.tolist(), strict=True))


def sound_of(rng: np.random.Generator, style: Style, seed: int) -> Sound:
    """Draw a sound near the centre of `style`, by no particular artist."""
    point = np.clip(np.array(style.dials) + rng.normal(0, SPREAD, len(DIALS)), 0, 1)
    return _sound(rng, dict(zip(DIALS, point.tolist(), strict=True)), seed)


def _sound(rng: np.random.Generator, dials: dict[str, float], seed: int) -> Sound:
    """Turn dials from 0 to 1 into beats a minute, decibels and so on."""
    rest = {name: dials[name] for name in DIALS if name not in {"tempo", "minor", "lift", "level"}}
    return Sound(
        seed=seed,
        tempo=round(62 * 2.7 ** dials["tempo"], 1),
        key=int(rng.integers(12)),
        minor=bool(rng.random() < dials["minor"]),
        lift=8 * dials["lift"],
        level=-16 + 15.5 * dials["level"],
        **rest,
    )


def _fresh(draw: Callable[[np.random.Generator], str], rng: np.random.Generator, taken: set[str]) -> str:
    """Draw until the name is unused."""
    while (name := draw(rng)) in taken:
        continue
    taken.add(name)
    return name


# ---------------------------------------------------------------- sound and features
def render(song: Song) -> synth.Samples:
    """Play the song: shape (samples, 2) at RATE."""
    return synth.render(song.sound)


def write_audio(song: Song, path: Path) -> None:
    """Write the song as OGG Vorbis or FLAC, depending on the extension of `path`."""
    soundfile.write(path, render(song), RATE)


def hear(sound: Sound) -> Features:
    """Return the numbers that the bot computes from the rendered `sound`."""
    heard = hearing.analyse(Recording(synth.render(sound).T, RATE))
    return {name: round(value, 5) for name, value in heard.numbers.items()}


def hear_all(
    songs: Sequence[Song], cache: Path, *, progress: Callable[[int], None] = lambda _: None
) -> dict[str, Features]:
    """Return every song's features by id; cached in the folder `cache` until songs, synth or feature set change.

    Without the cache, some 45 ms per song and core; `progress` is called with the number of songs done.
    """
    kept = cache / f"features-{fingerprint(songs)}.json"
    if kept.exists():
        return dict(json.loads(kept.read_text()))
    heard: dict[str, Features] = {}
    with ThreadPoolExecutor(WORKERS) as pool:  # numpy releases the interpreter lock
        for song, numbers in zip(songs, pool.map(hear, (song.sound for song in songs)), strict=True):
            heard[song.id] = numbers
            progress(len(heard))
    cache.mkdir(parents=True, exist_ok=True)
    draft = kept.with_suffix(".draft")
    draft.write_text(json.dumps(heard))
    draft.replace(kept)
    return heard


def fingerprint(songs: Sequence[Song]) -> str:
    """Return a hash that changes whenever the features of `songs` may."""
    return sha256((repr(songs) + inspect.getsource(synth) + hearing.VERSION).encode()).hexdigest()[:16]
