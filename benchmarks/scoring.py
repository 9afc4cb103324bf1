"""Scoring: the ONNX file that serves, compared with the scikit-learn pipeline it was made from.
`python -m benchmarks.scoring`.

Ratios say how many times longer scikit-learn's `predict_proba` takes for the same vectors, in interleaved runs.
"""

from collections.abc import Sequence

from benchmarks.libraries import labelled, library
from benchmarks.measure import Row, in_turns, show
from bot.adapters.scorer import ROWS, OpenModel, open_model
from bot.core.features import SongFeatures
from training.model.export import to_file
from training.model.fit import Fitted, fit

SONGS, LABELS = 10_000, 200


def main() -> None:
    """Measure one song and a whole library, with one playlist per song and with several."""
    songs = library(SONGS)
    show([row for several in (False, True) for row in measure(fit(labelled(songs, LABELS, several=several)), songs)])


def measure(fitted: Fitted, songs: dict[str, SongFeatures]) -> list[Row]:
    """Return a row for one song and a row for all of them."""
    model = open_model("", to_file(fitted, {}))
    return [_row(fitted, model, list(songs.values())[:count]) for count in (1, len(songs))]


def _row(fitted: Fitted, model: OpenModel, songs: Sequence[SongFeatures]) -> Row:
    vectors = fitted.schema.vectors(songs)
    parts = [vectors[at : at + ROWS] for at in range(0, len(vectors), ROWS)]
    ours, theirs, whole = in_turns(
        lambda: [model.run(part) for part in parts],
        lambda: fitted.pipeline.predict_proba(vectors),
        lambda: model.score(songs),
    )
    return {
        "songs": len(songs),
        "playlists per song": "one" if fitted.examples.exclusive else "several",
        "model µs": 1e6 * ours,
        "scikit-learn µs": 1e6 * theirs,
        "times faster": theirs / ours,
        "features to scores µs": 1e6 * whole,
    }


if __name__ == "__main__":
    main()
