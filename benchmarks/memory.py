"""Memory: the cost per member when one process serves thousands. `python -m benchmarks.memory`.

Writes that many distinct model files, then serves each of them twice, one after another, from a fresh process that
never imports scikit-learn. Growth counts the process's private pages, from before the first model to after the last.
The last rows give the memory of one open model, and the cost of opening it as the number of songs that an open model
scores in that time.
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
from bot.adapters.artefacts import Folder
from bot.adapters.scorer import Scorer, open_model, read_model
from bot.core.features import SongFeatures

MEMBERS, ROUNDS = (1_000, 10_000), 2
SONGS, LABELS = 2_000, 200
OPEN = 100  # models kept open to measure the memory of one
WORKER = "worker"


def main() -> None:
    """Write the files, then measure each size in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), max(MEMBERS))
        rows = [row for members in MEMBERS for row in _apart(Path(folder), members)]
        show(rows + _apart(Path(folder), 0))


def make(folder: Path, members: int) -> None:
    """Write models that differ only in their metadata's member, each named by its digest."""
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
    """Return the memory for serving `members` members in turn, one song each."""
    (song,), digests = library(1).values(), sorted(path.stem for path in folder.glob("*.onnx"))[:members]
    warm_up(folder, digests[0], song)
    before, scorer = own_bytes(), Scorer(Folder(folder))
    for digest in digests * ROUNDS:
        scorer.load(digest).score([song])
    gc.collect()
    grown = own_bytes() - before
    return [
        {"what": f"bytes per member, {members:,} members", "measured": grown / members},
        {"what": f"bytes in all, {members:,} members", "measured": float(grown)},
    ]


def opened(folder: Path) -> list[Row]:
    """Return the memory of an open model, and the time it takes to open one."""
    (song,), digests = library(1).values(), sorted(path.stem for path in folder.glob("*.onnx"))[:OPEN]
    warm_up(folder, digests[0], song)
    before = own_bytes()
    models = [read_model(Folder(folder), digest) for digest in digests]
    bytes_each, model = (own_bytes() - before) / OPEN, models[0]
    content = (folder / f"{model.digest}.onnx").read_bytes()
    cold, unchecked, hot = in_turns(
        lambda: read_model(Folder(folder), model.digest),
        lambda: open_model(model.digest, content),
        lambda: model.score([song]),
    )
    size = len(content)
    return [
        {"what": "bytes of a model file", "measured": float(size)},
        {"what": "bytes of an open model", "measured": bytes_each},
        {"what": "open model, relative to its file", "measured": bytes_each / size},
        {"what": "µs to open a file, checked", "measured": 1e6 * cold},
        {"what": "opening it, relative to opening it unchecked", "measured": cold / unchecked},
        {"what": "songs that an open model scores in that time", "measured": cold / hot},
    ]


def warm_up(folder: Path, digest: str, song: SongFeatures) -> None:
    """Let the libraries make their one-off allocations."""
    for _ in range(3):
        read_model(Folder(folder), digest).score([song])
    gc.collect()


def worker(arguments: Sequence[str]) -> None:
    """Measure in this process and print the rows; with 0 members, measure one open model."""
    folder, members = Path(arguments[0]), int(arguments[1])
    print(json.dumps(served(folder, members) if members else opened(folder)))
    if any(name.split(".")[0] == "sklearn" for name in sys.modules):
        raise SystemExit("scikit-learn was imported: this isn't the memory of the serving process")


if __name__ == "__main__":
    worker(sys.argv[2:]) if sys.argv[1:2] == [WORKER] else main()
