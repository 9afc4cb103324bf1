"""Training: the time and memory of one member's training, in a process of its own. `python -m benchmarks.training`.

For comparison, scikit-learn fits one plain regression to the same labelled rows in the same process.
"""

import json
import sys
from collections.abc import Sequence

import numpy as np

from benchmarks.libraries import labelled, library
from benchmarks.measure import Row, apart, in_turns, peak_bytes, seconds, show

LIBRARIES, LABELS = (2_000, 10_000), (20, 200, 1_000)
WORKER = "worker"


def main() -> None:
    """Measure each size in a fresh process."""
    show([_apart(songs, labels) for songs in LIBRARIES for labels in LABELS])


def _apart(songs: int, labels: int) -> Row:
    row: Row = json.loads(apart("-m", "benchmarks.training", WORKER, str(songs), str(labels)))
    return row


def worker(arguments: Sequence[str]) -> None:
    """Train in this process, from features to an exported file, and print time and memory."""
    from sklearn.linear_model import LogisticRegression

    from training.model.export import check_parity, to_file
    from training.model.fit import fit

    training = labelled(library(int(arguments[0])), int(arguments[1]))
    began = peak_bytes()
    fitted = fit(training)
    fit_peak, examples = peak_bytes(), fitted.examples
    fitting = seconds(lambda: fit(training))
    exporting = seconds(lambda: check_parity(fitted, to_file(fitted, {}), list(training.songs.values())))
    rows = fitted.schema.vectors([training.songs[song] for song in examples.songs])
    names = np.argmax(examples.truth, axis=1)
    (plain,) = in_turns(lambda: LogisticRegression(max_iter=500).fit(rows, names))
    figures = {
        "songs": len(training.songs),
        "labels": len(examples.songs),
        "fit s": fitting,
        "plain regression s": plain,
        "times a plain regression": fitting / plain,
        "export and parity s": exporting,
        "peak MB before fitting": began / 2**20,
        "peak MB while fitting": fit_peak / 2**20,
        "overall peak MB": peak_bytes() / 2**20,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    worker(sys.argv[2:]) if sys.argv[1:2] == [WORKER] else main()
