"""Curves: the figures as SVG: accuracy by labels and by questions, and calibration.

One dark card, like the bot's pictures, suits both dark and light pages. Line styles and markers, not only colours,
distinguish the models.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.evaluation.baselines import FRESH, PRIOR
from training.evaluation.studies.asking import GOALS
from training.model.card.picture import CARD, INK, QUIET

matplotlib.rcParams["svg.hashsalt"] = "cratekeeper"  # the same figures give the same file

SIZE = (8.0, 5.0)  # inches
COLOURS = ("#5eb1ef", "#f5a524", "#8ce99a", "#ff8787", "#d0bfff", "#ffe066", "#ced4da", "#63e6be")
MARKS = ("o", "s", "^", "v", "D", "P", "X", "*")
LINES = ("-", "-", "--", "--", "-.", ":", ":", "--")

Records = Sequence[Mapping[str, Any]]


def draw_all(results: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write every picture with enough figures; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    overall = [record for record in results["figures"] if record["k"] is None and record["person"] is None]
    pictures: dict[str, Callable[[Axes], None]] = {"learning-curves.svg": lambda axes: _learning(axes, overall)}
    pictures["reliability.svg"] = lambda axes: _reliability(axes, overall)
    if results["asking"]:
        pictures["asking.svg"] = lambda axes: _asking(axes, results["asking"])
    return [_draw(folder / name, fill) for name, fill in pictures.items()]


def _draw(path: Path, fill: Callable[[Axes], None]) -> Path:
    figure = Figure(figsize=SIZE, facecolor=CARD, layout="constrained")
    axes = figure.subplots()
    fill(axes)
    _dress(axes)
    figure.savefig(path, format="svg", facecolor=CARD, metadata={"Date": None})
    return path


def _dress(axes: Axes) -> None:
    axes.set_facecolor(CARD)
    axes.grid(color=QUIET, alpha=0.15)
    axes.tick_params(colors=INK, length=0)
    axes.spines[:].set_visible(False)
    for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
        text.set_color(INK)
    axes.legend(frameon=False, labelcolor=INK, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))


def _styles() -> Iterator[dict[str, Any]]:
    for colour, mark, line in zip(COLOURS, MARKS, LINES, strict=True):
        yield {"color": colour, "marker": mark, "linestyle": line, "markersize": 5}


def _learning(axes: Axes, overall: Records) -> None:
    ns = sorted({record["n"] for record in overall})
    for name, style in zip(dict.fromkeys(record["contender"] for record in overall), _styles(), strict=False):
        held = {record["n"]: record["accuracy"] for record in overall if record["contender"] == name}
        _banded(axes, name, held, style)
    axes.set_xscale("log")
    axes.set_xticks(ns, [str(n) for n in ns])
    axes.minorticks_off()
    axes.set(
        xlabel="labels per playlist",
        ylabel="right on songs it had not seen",
        title="Accuracy by labels (bands: 95 % over members)",
    )


def _asking(axes: Axes, asking: Mapping[str, Any]) -> None:
    for (name, figures), style in zip(asking.items(), _styles(), strict=False):
        _banded(axes, name, figures["accuracy"], style)
    for goal in GOALS:
        axes.axhline(goal, color=QUIET, linewidth=0.8, linestyle=":")
    axes.set(
        xlabel="labels in all, five playlists",
        ylabel="right on songs it had not seen",
        title="Accuracy by questions (bands: 95 % over members)",
    )


def _banded(axes: Axes, name: str, held: Mapping[int, Mapping[str, Any]], style: Mapping[str, Any]) -> None:
    """Draw means as a line and their interval over members as a band."""
    at = sorted(held)
    low, high = ([held[x]["members"][bound] for x in at] for bound in (0, 1))
    axes.fill_between(at, low, high, color=style["color"], alpha=0.15, linewidth=0)
    axes.plot(at, [held[x]["mean"] for x in at], label=name, **style)


def _reliability(axes: Axes, overall: Records) -> None:
    """Draw the calibration of our own model: the one with a prior, if there is one."""
    own = next(name for name in (PRIOR, FRESH) if any(record["contender"] == name for record in overall))
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8, linestyle=":", label="as said")
    for record, style in zip([record for record in overall if record["contender"] == own], _styles(), strict=False):
        bins = record["bins"]
        axes.plot([b["confidence"] for b in bins], [b["right"] for b in bins], label=f"n={record['n']}", **style)
    axes.set(
        xlabel="probability of the best guess",
        ylabel="share right",
        title=f"Whether “{own}” is right as often as it says",
    )
