"""Picture: the model's accuracy by playlist, drawn for a phone.

Paired bars (precision and recall) with their counts; with three playlists or more, a confusion matrix as well. A dark
card suits both Discord's dark and light themes. Hatching, not only colour, tells the bars apart.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import font_manager, ft2font
from matplotlib.axes import Axes
from matplotlib.figure import Figure

CARD, INK, QUIET = "#2b2d31", "#f2f3f5", "#b5bac1"
PRECISION, RECALL = "#5eb1ef", "#f5a524"  # safe for every kind of colour blindness
WIDTH, DPI = 6.0, 150  # inches: 900 pixels, twice a phone's width
CONFUSION_FROM, CONFUSION_TO = 3, 15  # classes; with more, the names no longer fit
LONG, SHORT = 22, 14  # letters of a name that fit beside a row, and below a column


@dataclass(frozen=True)
class Picture:
    """A PNG and its alt text."""

    png: bytes
    alt: str


def draw(scores: Mapping[str, Any], names: Mapping[str, str]) -> Picture:
    """Return the picture of a cross-validation's figures; names: by class."""
    drawable = {key: _drawable(names.get(key, "none of them"), key) for key in scores["classes"]}
    confusion = scores["confusion"] if CONFUSION_FROM <= len(drawable) <= CONFUSION_TO else None
    bars = 0.62 * len(drawable) + 1.3
    heights = [bars, 0.42 * len(drawable) + 2.0] if confusion else [bars]
    figure = Figure(figsize=(WIDTH, sum(heights)), dpi=DPI, facecolor=CARD, layout="constrained")
    axes = np.atleast_1d(figure.subplots(len(heights), height_ratios=heights))
    _bars(axes[0], list(scores["classes"].values()), list(drawable.values()), scores["tested"])
    if confusion:
        _confusion(axes[1], np.array(confusion), list(drawable.values()))
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=CARD, metadata={"Software": None})
    return Picture(out.getvalue(), alt_text(scores, names))


def alt_text(scores: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return the finding: overall, the best and the weakest playlist."""
    tried = {names.get(key, "none of them"): entry for key, entry in scores["classes"].items() if entry["asked"]}
    if not tried:
        return "Too few labels to say how right I am."
    told = f"Tested on {scores['tested']} labelled songs that it had not seen."
    ranked = sorted(tried, key=lambda name: (-tried[name]["precision"], -tried[name]["of"], name))
    sentences = [told, f"Surest: {_said(ranked[0], tried[ranked[0]])}."]
    return " ".join([*sentences, f"Weakest: {_said(ranked[-1], tried[ranked[-1]])}."] if len(ranked) > 1 else sentences)


def _said(name: str, entry: Mapping[str, Any]) -> str:
    return (
        f"{name}, right {entry['right']} of {entry['asked']} times, finding {entry['right']} of its {entry['of']} songs"
    )


def _bars(axes: Axes, entries: Sequence[Mapping[str, Any]], names: Sequence[str], tested: int) -> None:
    at = np.arange(len(entries), dtype=float)
    precision = axes.barh(at - 0.19, [entry["precision"] for entry in entries], 0.36, color=PRECISION)
    recall = axes.barh(
        at + 0.19, [entry["recall"] for entry in entries], 0.36, color=RECALL, hatch="//", edgecolor=CARD
    )
    for row, entry in zip(at, entries, strict=True):
        _count(axes, entry["precision"], row - 0.19, f"{entry['right']} of {entry['asked']} said")
        _count(axes, entry["recall"], row + 0.19, f"{entry['right']} of {entry['of']} there")
    axes.set_yticks(at, names, parse_math=False)
    axes.set_xlim(0, 1.34)
    axes.set_xticks([0, 0.5, 1], ["0", "half", "all"])
    axes.invert_yaxis()
    axes.set_title(f"Right on {tested} songs I had not seen", color=INK, loc="left", fontsize=13)
    axes.legend(
        [precision, recall],
        ["right when I say so", "found of what is there"],
        loc="upper center",
        bbox_to_anchor=(0.45, -0.12 - 0.1 / len(entries)),
        ncols=2,
        frameon=False,
        labelcolor=INK,
    )
    _quiet(axes)


def _count(axes: Axes, width: float, row: float, text: str) -> None:
    axes.text(width + 0.015, row, text, va="center", color=QUIET, fontsize=9)


def _confusion(axes: Axes, counts: "np.ndarray[Any, Any]", names: Sequence[str]) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for row, column in np.argwhere(counts > 0):
        ink = "#111214" if shares[row, column] > 0.6 else INK
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=ink, fontsize=10)
    at = np.arange(len(names))
    axes.set_yticks(at, names, parse_math=False)
    short = [name if len(name) <= SHORT else f"{name[: SHORT - 1]}…" for name in names]
    axes.set_xticks(at, short, rotation=35, ha="right", rotation_mode="anchor", parse_math=False)
    axes.set_title("Where its songs (rows) were put (columns)", color=INK, loc="left", fontsize=13)
    _quiet(axes)


def _quiet(axes: Axes) -> None:
    axes.set_facecolor(CARD)
    axes.tick_params(colors=INK, length=0, labelsize=10)
    axes.spines[:].set_visible(False)


def _drawable(name: str, key: str) -> str:
    """Return the name without characters the font lacks (emoji, most scripts); a number if nothing is left."""
    glyphs = ft2font.FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap()
    kept = " ".join("".join(letter for letter in name if ord(letter) in glyphs).split())
    return f"{kept[: LONG - 1]}…" if len(kept) > LONG else kept or f"playlist {key}"
