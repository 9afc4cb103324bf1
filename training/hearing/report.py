"""Report: the figures of `evaluate-audio` as Markdown tables."""

from collections.abc import Mapping
from typing import Any

from training.evaluation.report import NOTHING, number, span, titled

Figures = Mapping[str, Any]
MEASURES = (("acc1", "tempo Acc1"), ("acc2", "tempo Acc2"), ("key", "key, MIREX weighted"))


def report(results: Figures) -> str:
    """Return every table."""
    parts = [
        _scores(results),
        _confidence(results["confidence"]),
        _loudness(results["loudness"]),
        _probe(results["probe"]),
        _few(results["few"]),
    ]
    return "\n\n".join(part for part in parts if part)


def _scores(results: Figures) -> str:
    rows = [
        [record["slice"], record["of"], *(_cell(record.get(measure)) for measure, _ in MEASURES)]
        for record in results["figures"]
    ]
    title = "Tempo within 4 % and key, by recordings (95 % over songs; number of recordings)"
    return titled(title, ["recordings", "heard by", *(name for _, name in MEASURES)], rows)


def _confidence(confidence: Figures) -> str:
    rows = [
        [what, str(third["n"]), *(number(third[column]) for column in ("confidence", "right", "score"))]
        for what, thirds in confidence.items()
        for third in thirds
    ]
    title = "Confidence, and how right it was, by thirds (score: Acc2, MIREX)"
    return titled(title, ["of", "recordings", "confidence", "right", "score"], rows)


def _loudness(loudness: Figures) -> str:
    rows = [[str(loudness["n"]), f"{loudness['median']:.3f}", f"{loudness['worst']:.3f}"]] if loudness else []
    return titled("Loudness against pyloudnorm, dB", ["recordings", "median", "worst"], rows)


def _probe(results: Figures) -> str:
    if not results:
        return ""
    rows = [
        [
            name,
            f"{number(figures['accuracy']['mean'])} {span(figures['accuracy']['persons'])}",
            number(figures["macro_f1"]),
        ]
        for name, figures in results["sets"].items()
    ]
    classes = ", ".join(f"{name} {count}" for name, count in results["classes"].items())
    return titled(
        f"Linear probe on unseen songs: {classes}", ["features", "accuracy (95 % over songs)", "macro-F1"], rows
    )


def _few(results: Figures) -> str:
    ns: Figures = next(iter(results.values()), {})
    rows = [
        [
            name,
            *(
                f"{number(figures['mean'])} {span(figures['persons'])}" if figures["persons"] else NOTHING
                for figures in by_n.values()
            ),
        ]
        for name, by_n in results.items()
    ]
    title = "The product's own learning, n labels a kind: accuracy on other songs (95 % over draws)"
    return titled(title, ["features", *(f"n={n}" for n in ns)], rows)


def _cell(figure: Figures | None) -> str:
    return NOTHING if figure is None else f"{number(figure['mean'])} {span(figure['persons'])} n={figure['n']}"
