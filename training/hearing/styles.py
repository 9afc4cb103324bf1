"""Styles of generated grooves: who plays what when, in each genre's usual patterns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """`step` and `length` count steps of the bar, `pitch` semitones as in MIDI."""

    step: float
    pitch: int
    length: float
    level: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar to accompany: the steps the kick plays, the chord, and what was drawn for the whole groove."""

    steps: int
    kicks: tuple[int, ...]
    chord: tuple[int, int, int]
    bass: int
    variant: int
    strokes: tuple[int, ...]


Player = Callable[[Bar], Iterator[Note]]


# ---------------------------------------------------------------- accompaniments
def arpeggio(bar: Bar) -> Iterator[Note]:
    """Broken chords in eighths or sixteenths over a held bass."""
    order = (0, 1, 2, 1) if bar.variant % 3 else (0, 2, 1, 2)
    stride = 1 + bar.variant % 2 if bar.steps == 16 else 2
    for at, step in enumerate(range(0, bar.steps, stride)):
        yield Note(step, bar.chord[order[at % 4]], 1.5 * stride, 0.25)
    yield Note(0, bar.bass, 0.9 * bar.steps, 0.35)


def strum(bar: Bar) -> Iterator[Note]:
    """Guitar strokes, the same in every bar, and a bass twice a bar."""
    for step in bar.strokes:
        yield from (Note(step + 0.06 * string, pitch, 2.5, 0.22) for string, pitch in enumerate(bar.chord))
    yield from (Note(step, bar.bass, 6, 0.4) for step in (0, bar.steps // 2))


def stabs(bar: Bar) -> Iterator[Note]:
    """Short chords off the beat, or in the groove's own rhythm; the bass off the beat or in eighths."""
    for step in range(2, bar.steps, 4) if bar.variant % 2 else bar.strokes:
        yield from (Note(step, pitch + 12, 1.2, 0.18) for pitch in bar.chord)
    first, stride = (2, 4) if bar.variant % 3 else (0, 2)
    yield from (Note(step, bar.bass, 1.5, 0.4) for step in range(first, bar.steps, stride))


def ostinato(bar: Bar) -> Iterator[Note]:
    """A sequencer's bass in eighths or sixteenths below a held chord."""
    for step in range(0, bar.steps, 2 - bar.variant % 2):
        yield Note(step, bar.bass + (12 if step % 4 == 2 else 0), 0.9, 0.3)
    yield from (Note(0, pitch, bar.steps - 1, 0.12) for pitch in bar.chord)


def riff(bar: Bar) -> Iterator[Note]:
    """Power chords in eighths, gallops or sixteenths."""
    kept = ((0, 2), (0, 2, 3), (0, 1, 2, 3))[bar.variant % 3]
    for step in (step for step in range(bar.steps) if step % 4 in kept):
        level = 0.3 if step % 4 == 0 else 0.24
        yield from (Note(step, bar.bass + above, 1.5, level) for above in (0, 12, 19))


def eighths(bar: Bar) -> Iterator[Note]:
    """Power chords in eighths."""
    for step in range(0, bar.steps, 2):
        yield from (Note(step, bar.bass + above, 2, 0.3 if step % 4 == 0 else 0.24) for above in (0, 12, 19))


def pad(bar: Bar) -> Iterator[Note]:
    """A held chord, the bass with the kick."""
    yield from (Note(0, pitch, bar.steps - 1, 0.2) for pitch in bar.chord)
    yield from (Note(step, bar.bass, 4, 0.45) for step in bar.kicks)


def walk(bar: Bar) -> Iterator[Note]:
    """A walking bass through the chord, on every beat, and a chord now and then."""
    tones = (0, bar.chord[1] - bar.chord[0], bar.chord[2] - bar.chord[0], 9)
    yield from (Note(4 * beat, bar.bass + tones[beat], 4, 0.45) for beat in range(bar.steps // 4))
    for step in bar.strokes:
        yield from (Note(step, pitch, 2, 0.15) for pitch in bar.chord)


# ---------------------------------------------------------------- the styles
@dataclass(frozen=True, slots=True)
class Style:
    """`kicks`, `snares` and `hats` are bar patterns to draw from: one character per step, x for a stroke."""

    name: str
    tempi: tuple[float, float]  # beats a minute, from and to
    player: Player
    kicks: tuple[str, ...] = ("",)
    snares: tuple[str, ...] = ("",)
    hats: tuple[str, ...] = ("",)
    swing: float = 0.0  # delay of a beat's second eighth, as a share of a step
    steps: int = 16  # per bar
    beat: int = 4  # steps per beat


BEATS, EIGHTHS, ALL, OFF = "x..." * 4, "x.x." * 4, "x" * 16, "..x." * 4
BACK = "....x.......x..."
STYLES = (
    Style("ballad", (50, 82), arpeggio, ("x.......x", "x.....x.x", "x.........x"), (BACK,), (EIGHTHS, ALL, ALL, "")),
    Style("piano", (50, 115), arpeggio),
    Style("folk", (72, 140), strum),
    Style("pop", (84, 132), strum, ("x.......x", "x.......x.x", "x.....x.x", "x..x....x..x"), (BACK,), (EIGHTHS, ALL)),
    Style("rock", (105, 155), eighths, ("x.......x", "x.......x.x", "x.x.....x.x"), (BACK,), (EIGHTHS, EIGHTHS, BEATS)),
    Style("punk", (158, 222), eighths, ("x.......x", "x.....x.x", "x.......x.x"), (BACK,), (EIGHTHS, BEATS, BEATS)),
    Style("metal", (150, 220), riff, (EIGHTHS, ALL, "x.xxx.x.x.xxx.x", "x.x...x.x.x...x"), (BACK,), (BEATS, EIGHTHS)),
    Style("blast", (160, 225), riff, (EIGHTHS, BEATS), (OFF, BEATS), (BEATS, EIGHTHS)),
    Style("house", (116, 134), stabs, (BEATS,), (BACK, ""), (OFF, ALL, EIGHTHS)),
    Style("techno", (126, 150), ostinato, (BEATS,), (BACK, ""), (OFF, ALL)),
    Style("electro", (118, 178), ostinato, (BEATS, "x.......x"), (BACK,), (ALL, EIGHTHS, OFF)),
    Style("disco", (108, 128), strum, (BEATS,), (BACK,), (ALL, OFF)),
    Style("upbeat", (130, 190), stabs, (BEATS, "x.......x"), (BACK, OFF), (OFF, EIGHTHS, ALL)),
    Style(
        "breaks",
        (158, 180),
        pad,
        ("x.........x", "x....x....x", "x.x.......x"),
        (BACK, "....x..x.x..x"),
        (EIGHTHS, ALL),
    ),
    Style("hiphop", (72, 102), pad, ("x......x..x", "x..x....x.x", "x.x......xx"), (BACK,), (EIGHTHS, ALL), swing=0.2),
    Style("bossa", (105, 160), strum, ("x.....x.x.....x",), ("x.....x.....x", "...x..x...x.x"), (EIGHTHS, ALL)),
    Style("shuffle", (85, 140), strum, ("x.......x", "x.....x.x"), (BACK,), (EIGHTHS,), swing=0.66),
    Style("swing", (110, 230), walk, ("x.......x", ""), (BACK, ""), ("x...x.x.x...x.x", BEATS), swing=0.66),
    Style("waltz", (80, 190), arpeggio, ("x",), ("....x...x", ""), ("x...x...x", "x.x.x.x.x.x", ""), steps=12),
    Style("slow six", (50, 80), arpeggio, ("x",), ("......x",), ("x" * 12,), steps=12, beat=6),
)
