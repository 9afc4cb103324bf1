"""The figures of `evaluate-audio` as Markdown tables."""

from collections.abc import Mapping
from typing import Any

from training.evaluation.report import NOTHING, number, span, titled

Figures = Mapping[str, Any]
MEASURES = (("acc1", "tempo Acc1"), ("acc2", "tempo Acc2"), ("key", "key, MIREX weighted"))


def report(found: Figures) -> str:
    """Return every table."""
    parts = [
        _scores(found),
        _confidence(found["confidence"]),
        _loudness(found["loudness"]),
        _probe(found["probe"]),
        _few(found["few"]),
    ]
    return "\n\n".join(part for part in parts if part)


def _scores(found: Figures) -> str:
    rows = [
        [each["slice"], each["of"], *(_cell(each.get(measure)) for measure, _ in MEASURES)] for each in found["figures"]
    ]
    title = "Tempo within 4 % and key, by recordings (95 % over songs; number of recordings)"
    return titled(title, ["recordings", "heard by", *(name for _, name in MEASURES)], rows)


def _confidence(found: Figures) -> str:
    rows = [
        [what, str(third["n"]), number(third["confidence"]), number(third["score"])]
        for what, thirds in found.items()
        for third in thirds
    ]
    return titled("Confidence, and how right it was, by thirds", ["of", "recordings", "confidence", "score"], rows)


def _loudness(found: Figures) -> str:
    rows = [[str(found["n"]), f"{found['median']:.3f}", f"{found['worst']:.3f}"]] if found else []
    return titled("Loudness against pyloudnorm, dB", ["recordings", "median", "worst"], rows)


def _probe(found: Figures) -> str:
    if not found:
        return ""
    rows = [
        [name, f"{number(each['accuracy']['mean'])} {span(each['accuracy']['persons'])}", number(each["macro_f1"])]
        for name, each in found["sets"].items()
    ]
    classes = ", ".join(f"{name} {count}" for name, count in found["classes"].items())
    return titled(
        f"Linear probe on unseen songs: {classes}", ["features", "accuracy (95 % over songs)", "macro-F1"], rows
    )


def _few(found: Figures) -> str:
    ns: Figures = next(iter(found.values()), {})
    rows = [
        [
            name,
            *(
                f"{number(each['mean'])} {span(each['persons'])}" if each["persons"] else NOTHING
                for each in by_n.values()
            ),
        ]
        for name, by_n in found.items()
    ]
    title = "The product's own learning, n labels a kind: accuracy on other songs (95 % over draws)"
    return titled(title, ["features", *(f"n={n}" for n in ns)], rows)


def _cell(figure: Figures | None) -> str:
    return NOTHING if figure is None else f"{number(figure['mean'])} {span(figure['persons'])} n={figure['n']}"
