"""`python -m training`: the commands that make, try and measure models. Exit codes are in `problems`."""

import argparse
import errno
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot import modes
from bot.core.features import RefusedProvenance
from bot.errors import CratekeeperError
from training.commands.evaluate import evaluate_command
from training.commands.fit import fit_command
from training.commands.hearing import (
    build_musicnn_command,
    evaluate_audio_command,
    evaluate_peaks_command,
    fit_tempo_command,
)
from training.commands.measures import (
    evaluate_feed_command,
    evaluate_match_command,
    evaluate_neighbours_command,
)
from training.commands.pretrain import pretrain_command
from training.commands.use import inspect_command, next_command, predict_command

PROG = "python -m training"
MEASURES = (
    (
        "evaluate-neighbours",
        "hold songs of real playlists out, and see which are found again",
        evaluate_neighbours_command,
    ),
    ("evaluate-feed", "see whether a feed that learns shows more that is liked", evaluate_feed_command),
    ("evaluate-match", "hold a match of one person's halves beside two persons", evaluate_match_command),
)


def main(arguments: Sequence[str], env: Mapping[str, str] = os.environ, prog: str = PROG) -> int:
    """Run one command; errors are one line on stderr. env: says where the bot's database and models are."""
    parser = build_parser(prog)
    options = parser.parse_args(arguments)
    options.env = env
    options.command = shlex.join([*PROG.split(), *arguments])
    if options.run is fit_command and (problem := _unclear(options)):
        parser.error(problem)
    try:
        code: int = options.run(options)
    except (CratekeeperError, RefusedProvenance) as problem:
        print(f"training: {problem}", file=sys.stderr)
        return getattr(problem, "code", 1)
    except (MemoryError, OSError) as problem:
        if isinstance(problem, OSError) and problem.errno != errno.ENOMEM:
            raise
        print("training: it needs more memory than it may take", file=sys.stderr)
        return 1
    return code


def _unclear(options: argparse.Namespace) -> str | None:
    """Return what is wrong with the options of `fit`."""
    files = [options.library, options.labels, options.out]
    if options.layer is not None and options.prior:
        return "fit from the database takes the prior of DATA_DIR; `pretrain` puts it there"
    if options.layer is None:
        return None if all(files) else "fit wants --library, --labels and --out, or --member and --layer"
    return None if options.member and not any(files) else "fit wants --member beside --layer, and no files"


def build_parser(prog: str = PROG) -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(prog=prog, description="Train, try and use models, offline.")
    parser.set_defaults(sets=[], several=False, everything=False)
    verbs = parser.add_subparsers(required=True, metavar="command")
    _add_fit(verbs.add_parser("fit", help="train models from CSV files, or one layer from the bot's database"))
    _add_predict(verbs.add_parser("predict", help="score a library with the models of a folder"))
    _add_next(verbs.add_parser("next", help="say which songs to ask about next"))
    inspect = verbs.add_parser("inspect", help="check a model's file and print what it says of itself")
    inspect.add_argument("model", type=Path, help="the model's ONNX file")
    inspect.set_defaults(run=inspect_command)
    _add_pretrain(verbs.add_parser("pretrain", help="learn from many people's playlists which artists keep company"))
    _add_evaluate(verbs.add_parser("evaluate", help="measure models of few labels on real people's playlists"))
    _add_evaluate_audio(verbs.add_parser("evaluate-audio", help="measure what is heard in recordings of known truth"))
    _add_fit_tempo(verbs.add_parser("fit-tempo", help="learn from generated grooves how tempo is weighed"))
    _add_build_musicnn(verbs.add_parser("build-musicnn", help="make models/musicnn.onnx from the package's wheel"))
    _add_evaluate_peaks(verbs.add_parser("evaluate-peaks", help="measure highlights on songs whose form is known"))
    for name, what, run in MEASURES:
        _add_measure(verbs.add_parser(name, help=what), run)
    return parser


def _add_fit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--library", type=Path, help="CSV of songs, with any numbers and sets as columns")
    parser.add_argument("--labels", type=Path, help="CSV: member, layer, playlist, track_id, verdict (yes, no, none)")
    parser.add_argument("--out", type=Path, help="folder for the models")
    parser.add_argument(
        "--member", help="with --layer: whose layer in the bot's database; else: only this one's labels"
    )
    parser.add_argument("--layer", type=int, help="a layer in the database that DATABASE_URL and DATA_DIR name")
    parser.add_argument("--json", action="store_true", help="say what happened as JSON, a line a model")
    parser.add_argument("--memory", type=int, help="bytes that it may take at most; without a limit if left out")
    _add_rules(parser)
    _add_prior(parser, "--out")
    parser.set_defaults(run=fit_command)


def _add_predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--models", type=Path, required=True, help="folder that `fit` wrote")
    parser.add_argument("--library", type=Path, required=True, help="CSV of songs, as for `fit`")
    parser.add_argument("--out", type=Path, required=True, help="CSV to write")
    parser.add_argument("--mistakes", type=float, default=2, help="bearable mistakes in 20 (default 2)")
    parser.add_argument("--sets", nargs="+", default=[], help="columns that hold sets, beside genres, artists, album")
    _add_prior(parser, "--models")
    parser.set_defaults(run=predict_command)


def _add_next(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--models", type=Path, required=True, help="folder that `fit` wrote; may be empty")
    parser.add_argument("--library", type=Path, required=True, help="CSV of songs, as for `fit`")
    parser.add_argument("--labels", type=Path, required=True, help="CSV of labels, as for `fit`")
    parser.add_argument("-n", "--count", type=int, default=5, help="how many songs (default 5)")
    _add_rules(parser)
    _add_prior(parser, "--models")
    parser.set_defaults(run=next_command)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, nargs="+", help="one person's library each: CSV with a playlist column")
    parser.add_argument("--corpus", type=Path, nargs="+", default=[], help="playlists that only teach the prior")
    parser.add_argument("--likes", type=Path, nargs="+", default=[], help="CSV with a column target, like or liked")
    parser.add_argument("--ks", type=_count, nargs="+", default=[3, 5, 10], help="sizes: playlists of a member")
    parser.add_argument("--ns", type=_count, nargs="+", default=[1, 2, 5, 10, 20], help="labels a playlist")
    parser.add_argument("--draws", type=_count, default=15, help="members drawn of each size from each person")
    parser.add_argument("--asking-draws", type=int, default=5, help="of those of five playlists, how many are asked")
    parser.add_argument("--jobs", type=_count, default=os.cpu_count() or 1, help="processes; the figures do not change")
    parser.add_argument("--seed", type=int, default=0, help="seed for whatever is drawn")
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--report", type=Path, help="folder for the tables (measured.md) and pictures (SVG)")
    parser.set_defaults(run=evaluate_command)


def _add_pretrain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, nargs="*", help="playlists that you may use: CSV with a playlist column")
    parser.add_argument("--members", action="store_true", help="and members of the bot's database who let theirs teach")
    parser.add_argument("--out", type=Path, help="file to write (default: where the bot of DATA_DIR looks for it)")
    parser.add_argument("--check", action="store_true", help="measure it first on people left out; harm is not written")
    parser.add_argument("--jobs", type=_count, default=os.cpu_count() or 1, help="processes of --check")
    parser.set_defaults(run=pretrain_command)


def _add_evaluate_audio(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, nargs="+", help="folder of recordings with truth.csv: file, bpm, key, mode")
    parser.add_argument("--seed", type=int, default=0, help="seed for whatever is drawn")
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.set_defaults(run=evaluate_audio_command)


def _add_fit_tempo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--each", type=_count, default=60, help="grooves of each style (default 60)")
    parser.set_defaults(run=fit_tempo_command)


def _add_build_musicnn(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("wheel", type=Path, help="musicnn-0.1.0-py3-none-any.whl; pip download --no-deps gets it")
    parser.add_argument("out", type=Path, help="file to write")
    parser.set_defaults(run=build_musicnn_command)


def _add_evaluate_peaks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", type=Path, nargs="+", help="songs with sections.csv: file, kind, start, end")
    parser.add_argument("--highlight", default="chorus", help="the kind of section that is one")
    parser.add_argument("--seed", type=int, default=0, help="of the intervals")
    parser.set_defaults(run=evaluate_peaks_command)


def _add_measure(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    parser.add_argument("data", type=Path, nargs="+", help="a person's library each: CSV with a playlist column")
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--seed", type=int, default=0, help="of whatever is drawn")
    parser.set_defaults(run=run)


def _add_prior(parser: argparse.ArgumentParser, folder: str) -> None:
    parser.add_argument(
        "--prior", type=Path, help=f"file that `pretrain` wrote (default: prior.npz in {folder}, if any)"
    )


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("at least 1 is wanted")
    return number


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--several", action="store_true", help="a song may be in several playlists of a layer")
    parser.add_argument("--everything", action="store_true", help="every song has a place; nothing is left")
    parser.add_argument("--sets", nargs="+", default=[], help="columns that hold sets, beside genres, artists, album")


if __name__ == "__main__":
    os.umask(modes.UMASK)
    sys.exit(main(sys.argv[1:]))
