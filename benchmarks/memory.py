"""Memory: what each served member costs when thousands are, in one process. `python -m benchmarks.memory`.

Makes that many model files of different digests, then serves them in turn, twice, from a fresh process that never
imports scikit-learn. Growth is of the process's own pages, from before the first model to after the last. The last
rows say what one open model takes and what opening costs, as songs that an open one scores meanwhile.
"""

import gc
import hashlib
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.libraries import labelled, library
from benchmarks.measure import Row, apart, in_turns, own_bytes, show
from bot.adapters.scorer import Scorer, open_model, read_model
from bot.core.features import SongFeatures

MEMBERS, ROUNDS = (1_000, 10_000), 2
SONGS, LABELS = 2_000, 200
OPEN = 100  # models held open to see what one takes
WORKER = "worker"


def main() -> None:
    """Make the files, then measure each size in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), max(MEMBERS))
        rows = [row for members in MEMBERS for row in _apart(Path(folder), members)]
        show(rows + _apart(Path(folder), 0))


def make(folder: Path, members: int) -> None:
    """Write models that differ in when they were made, each under its digest."""
    import onnx

    from training.model.export import KEY, to_file
    from training.model.fit import fit

    model = onnx.load_from_string(to_file(fit(labelled(library(SONGS), LABELS)), {"member": f"{0:08}"}))
    content = model.SerializeToString()
    (held,) = (prop.value.encode() for prop in model.metadata_props if prop.key == KEY)
    at = content.index(held) + held.index(b'"member": "') + len(b'"member": "')
    for member in range(members):
        changed = content[:at] + f"{member:08}".encode() + content[at + 8 :]
        (folder / f"{hashlib.sha256(changed).hexdigest()}.onnx").write_bytes(changed)


def _apart(folder: Path, members: int) -> list[Row]:
    rows: list[Row] = json.loads(apart("-m", "benchmarks.memory", WORKER, str(folder), str(members)))
    return rows


def served(folder: Path, members: int) -> list[Row]:
    """Return what `members` cost who are served in turn, each its one song."""
    (song,), digests = library(1).values(), sorted(path.stem for path in folder.glob("*.onnx"))[:members]
    warm_up(folder, digests[0], song)
    before, scorer = own_bytes(), Scorer(folder)
    for digest in digests * ROUNDS:
        scorer.load(digest).score([song])
    gc.collect()
    grown = own_bytes() - before
    return [
        {"what": f"bytes a served member, {members:,} of them", "measured": grown / members},
        {"what": f"bytes in all, {members:,} members", "measured": float(grown)},
    ]


def opened(folder: Path) -> list[Row]:
    """Return what a model takes that is open, and what opening it costs."""
    (song,), digests = library(1).values(), sorted(path.stem for path in folder.glob("*.onnx"))[:OPEN]
    warm_up(folder, digests[0], song)
    before = own_bytes()
    models = [read_model(folder, digest) for digest in digests]
    bytes_each, model = (own_bytes() - before) / OPEN, models[0]
    content = (folder / f"{model.digest}.onnx").read_bytes()
    cold, unchecked, hot = in_turns(
        lambda: read_model(folder, model.digest),
        lambda: open_model(model.digest, content),
        lambda: model.score([song]),
    )
    size = len(content)
    return [
        {"what": "bytes of a file", "measured": float(size)},
        {"what": "bytes of an open model", "measured": bytes_each},
        {"what": "of a byte of its file", "measured": bytes_each / size},
        {"what": "µs to open a file, checked", "measured": 1e6 * cold},
        {"what": "of the same unchecked", "measured": cold / unchecked},
        {"what": "songs that an open model scores meanwhile", "measured": cold / hot},
    ]


def warm_up(folder: Path, digest: str, song: SongFeatures) -> None:
    """Let the libraries allocate what they keep once for all."""
    for _ in range(3):
        read_model(folder, digest).score([song])
    gc.collect()


def worker(arguments: Sequence[str]) -> None:
    """Measure here and print it; members 0: one open model."""
    folder, members = Path(arguments[0]), int(arguments[1])
    print(json.dumps(served(folder, members) if members else opened(folder)))
    if any(name.split(".")[0] == "sklearn" for name in sys.modules):
        raise SystemExit("scikit-learn was imported: these are not the bytes of a process that serves")


if __name__ == "__main__":
    worker(sys.argv[2:]) if sys.argv[1:2] == [WORKER] else main()
