"""Styles of the sandbox's songs: each a centre in the space of `DIALS`, and the words that go with it.

They overlap on purpose: nobody's playlists are cleanly separated. The names are those members give to playlists.
"""

from dataclasses import dataclass

DIALS = (
    "tempo", "minor", "swing", "drums", "bass", "density", "brightness", "drive", "softness", "register", "air", "lift",
    "level",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """`dials` is the centre, each from 0 to 1; `year` is when most songs of the style came out."""

    name: str
    words: tuple[str, ...]
    year: int
    dials: tuple[float, ...]


STYLES = (
    Style(
        "Late night", ("lanternwave", "dusk soul", "slowglass", "tape jazz"), 2016,
        (0.25, 0.80, 0.35, 0.35, 0.75, 0.35, 0.25, 0.10, 0.70, 0.40, 0.45, 0.30, 0.45),
    ),
    Style(
        "Run", ("voltage pop", "sprint house", "neon drive"), 2019,
        (0.80, 0.45, 0.10, 0.90, 0.80, 0.75, 0.75, 0.40, 0.20, 0.60, 0.15, 0.55, 0.90),
    ),
    Style(
        "Sunday", ("kettle folk", "tape jazz", "porch pop"), 2011,
        (0.38, 0.20, 0.45, 0.35, 0.45, 0.45, 0.40, 0.08, 0.40, 0.55, 0.35, 0.30, 0.50),
    ),
    Style(
        "Focus", ("slowglass", "drift", "loop music"), 2018,
        (0.40, 0.50, 0.15, 0.20, 0.45, 0.55, 0.35, 0.08, 0.75, 0.50, 0.30, 0.15, 0.35),
    ),
    Style(
        "Loud", ("rustwire", "garage drone", "fuzz"), 2005,
        (0.65, 0.60, 0.08, 0.85, 0.70, 0.60, 0.60, 0.80, 0.15, 0.45, 0.40, 0.55, 0.95),
    ),
    Style(
        "Kitchen", ("brass ferry", "porch pop", "voltage pop"), 2014,
        (0.55, 0.20, 0.60, 0.70, 0.65, 0.65, 0.60, 0.20, 0.20, 0.65, 0.12, 0.40, 0.75),
    ),
    Style(
        "Road", ("mile rock", "porch pop", "fuzz"), 2008,
        (0.52, 0.35, 0.15, 0.65, 0.55, 0.50, 0.50, 0.42, 0.30, 0.50, 0.25, 0.60, 0.75),
    ),
    Style(
        "Haze", ("drift", "garage drone", "lanternwave"), 2013,
        (0.32, 0.55, 0.15, 0.45, 0.50, 0.35, 0.52, 0.55, 0.75, 0.60, 0.70, 0.45, 0.62),
    ),
)  # fmt: skip
