"""Report: the figures as Markdown tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from training.evaluation.baselines import FRESH, PRIOR

Figures = Mapping[str, Any]
Records = Sequence[Mapping[str, Any]]

NOTHING = "–"
DETAILS = (  # of our own models: measure, and its title
    ("accuracy", "accuracy"),
    ("macro_f1", "macro-F1"),
    ("added", "share added at target 90 %"),
    ("precision", "right among added"),
    ("asked", "share asked"),
    ("refused", "refused by the gate"),
    ("none_auroc", "AUROC of none of them"),
    ("none_added", "none of them, yet added"),
    ("none_precision", "right among added, where songs may belong in none"),
)


def report(results: Figures) -> str:
    """Return every table."""
    records: Records = results["figures"]
    own = [name for name in (PRIOR, FRESH) if any(record["contender"] == name for record in records)]
    parts = [_drawn(results), _accuracy(records), *(_details(records, name) for name in own), _gains(results["gains"])]
    parts.append(_named(records))
    parts += [_slices(records, name, by) for by in ("k", "person") for name in own]
    parts += [_expectations(results["expectations"], name) for name in own]
    parts += [_none(records), _asking(results["asking"]), _bulk(results["bulk"])]
    parts += [_evidence(results["evidence"]), _likes(results["likes"])]
    return "\n\n".join(part for part in parts if part)


def _drawn(results: Figures) -> str:
    ks = [str(k) for k in results["protocol"]["ks"]]
    rows = [
        [name, *(str(counts.get(k, 0)) for k in ks), number(results["in_two"][name])]
        for name, counts in results["drawn"].items()
    ]
    heads = ["person", *(f"k={k}" for k in ks), "songs in two playlists"]
    return titled("Members drawn, by person and k playlists", heads, rows)


def _accuracy(records: Records) -> str:
    """Return the mean over all members, with the interval over members, for each contender."""
    names = dict.fromkeys(record["contender"] for record in _overall(records))
    rows = [[name, *(_cell(_at(records, name, n), "accuracy") for n in _ns(records))] for name in names]
    return titled("Accuracy by n labels per playlist (95 % over members)", _heads("model", records), rows)


def _details(records: Records, name: str) -> str:
    """Return all measures of one contender: over members, then the interval over people."""
    rows = []
    for measure, title in DETAILS:
        each_n = [_at(records, name, n) for n in _ns(records)]
        rows.append([title, *(_cell(record, measure) for record in each_n)])
        rows.append(["  over people", *(span((record.get(measure) or {}).get("persons")) for record in each_n)])
    rows.append(["calibration error", *(number(_at(records, name, n).get("calibration_error")) for n in _ns(records))])
    return titled(f"Of “{name}”", _heads("measure", records), rows)


def _slices(records: Records, name: str, by: str) -> str:
    values = dict.fromkeys(record[by] for record in records if record[by] is not None)
    shown = (("accuracy", ""), ("added", ", added"), ("precision", ", right among added"))
    rows = [
        [f"{value}{title}", *(_cell(_at(records, name, n, **{by: value}), measure) for n in _ns(records))]
        for value in values
        for measure, title in shown
    ]
    return titled(f"Of “{name}”, by {by}", _heads(by, records), rows)


def _gains(records: Records) -> str:
    ns, pairs = (
        sorted({record["n"] for record in records}),
        dict.fromkeys((record["of"], record["over"]) for record in records),
    )
    held = {(record["of"], record["over"], record["n"]): record for record in records}
    rows = [[f"{a} over {b}", *(_signed(held.get((a, b, n))) for n in ns)] for a, b in pairs]
    title = "Points of accuracy won on the same members (95 % over members; over people)"
    return titled(title, ["", *(f"n={n}" for n in ns)], rows)


EXPECTED = (
    ("expected", "expected to be right"),
    ("right", "right"),
    ("held", "“about k in 10” held, nothing subtracted"),
    ("held_elsewhere", "held, with what others suggest"),
)


def _expectations(records: Records, name: str) -> str:
    """Return how often what's said of the added songs came true, for people it wasn't chosen on."""
    own = [record for record in records if record["contender"] == name]
    if not own:
        return ""
    rows = [[title, *(number(record[measure]) for record in own)] for measure, title in EXPECTED]
    rows.append(["members with added songs", *(str(record["members"]) for record in own)])
    margins = ", ".join(number(margin) for margin in own[0]["margins"])
    heads = ["measure", *(f"n={record['n']}" for record in own)]
    return titled(f"What's said of the added songs, of “{name}” (others suggest subtracting {margins})", heads, rows)


def _none(records: Records) -> str:
    names = dict.fromkeys(record["contender"] for record in _overall(records) if "none_auroc" in record)
    rows = [[name, *(_cell(_at(records, name, n), "none_auroc") for n in _ns(records))] for name in names]
    return titled("AUROC of “none of them”, 2n of its songs labelled", _heads("model", records), rows)


def _named(records: Records) -> str:
    names = dict.fromkeys(record["contender"] for record in _overall(records))
    rows = [[name, *(_cell(_at(records, name, n), "named") for n in _ns(records))] for name in names]
    return titled("Accuracy on songs that share a word with a playlist's name", _heads("model", records), rows)


def _asking(asking: Figures) -> str:
    points = (5, 10, 20, 40, 80)
    goals = list(next(iter(asking.values()))["labels_needed"]) if asking else []
    rows = [
        [way, str(figures["members"])]
        + [_cell(figures["accuracy"], at) for at in points]
        + [
            NOTHING if figures["labels_needed"][goal] is None else f"{figures['labels_needed'][goal]:.1f}"
            for goal in goals
        ]
        for way, figures in asking.items()
    ]
    heads = ["questions", "members", *(f"{at} labels" for at in points), *(f"labels for {number(g)}" for g in goals)]
    return titled("Accuracy by labels in all, k=5, songs chosen or at random", heads, rows)


def _bulk(records: Records) -> str:
    names = dict.fromkeys(record["contender"] for record in _overall(records))
    shown = (("accuracy", "accuracy"), ("added", "added"), ("precision", "right among added"))
    rows = [
        [f"{name}: {title}", *(_cell(_at(records, name, n), measure) for n in _ns(records))]
        for measure, title in shown
        for name in names
    ]
    return titled("Half of n opinions about an artist's songs, k=5", _heads("labels", records), rows)


def _evidence(records: Records) -> str:
    """Return what each weight won over weight 1, over people, and what went in with it."""
    weights = list(records[0]["weights"]) if records else []
    rows = []
    for record in records:
        tried = [*record["weights"].values(), record["nested"]]
        chosen = " or ".join(f"{weight:g}" for weight in sorted(set(record["chosen"])))
        name = f"{record['source']}, n={record['n']}, {record['labels']:.0f} labels"
        rows.append([name, *(_won(figures["accuracy won"]) for figures in tried), chosen])
        for measure, title in (("precision", "  right among added"), ("added", "  added")):
            rows.append([title, *(number(figures[measure]["mean"]) for figures in tried), ""])
    heads = [
        "labels beside 5 n taps",
        *(f"weight {weight:g}" for weight in weights),
        "chosen on the other half",
        "which",
    ]
    return titled("Points of accuracy won over weight 1, by source of labels, k=5 (95 % over people)", heads, rows)


def _won(gain: Figures) -> str:
    low, high = gain["persons"]
    return f"{100 * gain['mean']:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def _likes(likes: Figures) -> str:
    rows = [
        [person, str(figures["songs"]), way, name, number(accuracy), number(figures["commonest"])]
        for person, figures in likes.items()
        for way, by_name in figures["accuracy"].items()
        for name, accuracy in by_name.items()
    ]
    heads = ["likes", "songs", "folds", "model", "accuracy", "always the most common"]
    return titled("Likes and dislikes, five folds", heads, rows)


def _overall(records: Records) -> Records:
    return [record for record in records if record["k"] is None and record["person"] is None]


def _ns(records: Records) -> list[int]:
    return sorted({record["n"] for record in records})


def _at(records: Records, name: str, n: int, k: int | None = None, person: str | None = None) -> Figures:
    wanted = (name, n, k, person)
    matching = (
        record for record in records if (record["contender"], record["n"], record["k"], record["person"]) == wanted
    )
    return next(matching, {})


def _heads(first: str, records: Records) -> list[str]:
    return [first, *(f"n={n}" for n in _ns(records))]


def _cell(record: Mapping[Any, Any], measure: Any) -> str:
    figure = record.get(measure)
    return f"{number(figure['mean'])} {span(figure['members'])}" if figure and figure["members"] else NOTHING


def span(interval: Sequence[float] | None) -> str:
    return f"({number(interval[0])}–{number(interval[1])})" if interval else NOTHING


def _signed(gain: Figures | None) -> str:
    if gain is None:
        return NOTHING
    spans = "; ".join(f"{100 * low:+.1f} to {100 * high:+.1f}" for low, high in (gain["members"], gain["persons"]))
    return f"{100 * gain['mean']:+.1f} ({spans})"


def number(share: float | None) -> str:
    """Return three digits without the leading zero."""
    return NOTHING if share is None else f"{share:.3f}".removeprefix("0") if share >= 0 else f"{share:.3f}"


def titled(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return f"### {title}\n\n{table(heads, rows)}" if rows else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns."""
    lines = [list(heads), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    first, *rest = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    return "\n".join([first, "|" + "|".join("-" * (width + 2) for width in widths) + "|", *rest])
