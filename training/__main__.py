"""`python -m training`: the commands that train, try and measure models. `problems` lists the exit codes."""

import argparse
import errno
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path

from bot import modes
from bot.cli.command_line import add_command, carry_out
from bot.core.features import RefusedProvenance
from bot.core.sorting.decide import OUT_OF
from bot.errors import CratekeeperError, SettingsError
from training.problems import InputProblem

PROG = "python -m training"
NO_MEMORY = "it needs more memory than it may take"
MODULES = {  # the module of each command in `training.commands`, loaded on demand: each needs different libraries
    "fit": "fit",
    "predict": "use",
    "next": "use",
    "inspect": "use",
    "pretrain": "pretrain",
    "convert-dbpedia": "pretrain",
    "evaluate": "evaluate",
    "evaluate-audio": "hearing",
    "fit-tempo": "hearing",
    "play-charts": "hearing",
    "fit-key": "hearing",
    "build-musicnn": "hearing",
    "build-words": "words",
    "evaluate-highlights": "hearing",
    "evaluate-neighbours": "measures",
    "evaluate-feed": "measures",
    "evaluate-match": "measures",
}
MEASURES = (
    ("evaluate-neighbours", "measure whether held-out songs of real playlists are recommended"),
    ("evaluate-feed", "measure whether a feed that learns shows more liked songs"),
    ("evaluate-match", "compare matches within one person's songs and between two people"),
)


def start(arguments: Sequence[str], prog: str = PROG) -> int:
    """Run one command as a program of its own, with the settings of `.env` and the environment."""
    if "--listen" in arguments:  # the bot's own training is given what it needs, and no secret
        return main(arguments, os.environ, prog)
    from bot.environment import environment  # it loads aiohttp, as below

    try:
        settings = environment()
    except SettingsError as problem:
        print(f"training: {problem}", file=sys.stderr)
        return InputProblem.code
    return main(arguments, settings, prog)


def main(arguments: Sequence[str], env: Mapping[str, str] = os.environ, prog: str = PROG) -> int:
    """Run one command; errors are one line on stderr. env: where the bot's database and models are."""
    parser = build_parser(prog)
    options = parser.parse_args(arguments)
    options.env = env
    options.command = shlex.join([*PROG.split(), *arguments])
    if options.verb == "fit" and (problem := _unclear(options)):
        parser.error(problem)
    try:
        return carry_out(lambda: _command(options.verb)(options))
    except (CratekeeperError, RefusedProvenance) as problem:
        print(f"training: {problem}", file=sys.stderr)
        return getattr(problem, "code", 1)
    except MemoryError:
        print(f"training: {NO_MEMORY}", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"training: {NO_MEMORY if problem.errno == errno.ENOMEM else _in_words(problem)}", file=sys.stderr)
        return 1


def _in_words(problem: OSError) -> str:
    from bot.cli.trouble import words  # it loads aiohttp, which a training has no use for

    return words(problem, "or name another folder")


def _command(verb: str) -> Callable[[argparse.Namespace], int]:
    module = import_module(f"training.commands.{MODULES[verb]}")
    command: Callable[[argparse.Namespace], int] = getattr(module, f"{verb.replace('-', '_')}_command")
    return command


def _unclear(options: argparse.Namespace) -> str | None:
    """Return what's wrong with the options of `fit`."""
    files = [options.library, options.labels, options.out]
    if options.listen:
        others = any([*files, options.member, options.layer, options.prior])
        return "fit --listen is told on standard input what to train" if others else None
    if options.layer is not None and options.prior:
        return "fit uses the prior in DATA_DIR for a layer from the database; `pretrain` puts it there"
    if options.layer is None:
        return None if all(files) else "fit needs --library, --labels and --out, or --member and --layer"
    if any(files) or not (options.member or "").isdecimal():
        return "fit needs --member, a number, with --layer, and no files"
    return None


def build_parser(prog: str = PROG) -> argparse.ArgumentParser:
    """Return the parser for all commands."""
    parser = argparse.ArgumentParser(prog=prog, description="Train, use and measure models from files.")
    parser.set_defaults(sets=[], several=False, everything=False)
    verbs = parser.add_subparsers(required=True, dest="verb", metavar="command")
    _add_fit(add_command(verbs, "fit", "train models from CSV files, or one layer from the bot's database"))
    _add_predict(add_command(verbs, "predict", "score a library with the models in a folder"))
    _add_next(add_command(verbs, "next", "say which songs to ask about next"))
    inspect = add_command(verbs, "inspect", "check a model's file and print its metadata")
    inspect.add_argument("model", type=Path, help="the model's ONNX file")
    _add_pretrain(add_command(verbs, "pretrain", "learn embeddings of artists from people's playlists"))
    _add_convert_dbpedia(
        add_command(verbs, "convert-dbpedia", "make a table of artists, for `pretrain`, from DBpedia's files")
    )
    _add_evaluate(add_command(verbs, "evaluate", "measure learning from few labels on people's playlists"))
    _add_evaluate_audio(add_command(verbs, "evaluate-audio", "measure tempo, key and features on known recordings"))
    _add_fit_tempo(add_command(verbs, "fit-tempo", "learn the weights for tempo from generated grooves"))
    _add_play_charts(add_command(verbs, "play-charts", "play CoCoPops' charts with sound fonts, to learn keys from"))
    fit_key = add_command(verbs, "fit-key", "learn the weights for keys from recordings whose key is known")
    fit_key.add_argument("data", type=Path, nargs="+", help="folder of recordings with truth.csv: file, key, mode")
    _add_build_musicnn(add_command(verbs, "build-musicnn", "build musicnn.onnx from the musicnn package's wheel"))
    _add_build_words(add_command(verbs, "build-words", "build words.npz from wordllama's wheel"))
    _add_evaluate_highlights(add_command(verbs, "evaluate-highlights", "measure highlights on songs with a known form"))
    for name, what in MEASURES:
        _add_measure(add_command(verbs, name, what))
    return parser


def _add_fit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--library", type=Path, help="CSV of songs, with any numbers and sets as columns")
    parser.add_argument("--labels", type=Path, help="CSV: member, layer, playlist, track_id, verdict (yes, no, none)")
    parser.add_argument("--out", type=Path, help="folder for the models")
    parser.add_argument(
        "--member", help="with --layer, whose layer in the bot's database; otherwise, use only this member's labels"
    )
    parser.add_argument("--layer", type=int, help="a layer in the database that DATABASE_URL and DATA_DIR name")
    parser.add_argument(
        "--listen", action="store_true", help="train the database's layers named on standard input: MEMBER LAYER"
    )
    parser.add_argument("--json", action="store_true", help="print the results as JSON, one line per model")
    parser.add_argument("--memory", type=int, help="the most memory to take, in bytes (default: no limit)")
    _add_rules(parser)
    _add_prior(parser, "--out")


def _add_predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--models", type=Path, required=True, help="folder that `fit` wrote")
    parser.add_argument("--library", type=Path, required=True, help="CSV of songs, as for `fit`")
    parser.add_argument("--out", type=Path, required=True, help="CSV to write")
    parser.add_argument("--mistakes", type=_mistakes, default=2, help="acceptable wrong songs in 20 (default 2)")
    parser.add_argument("--sets", nargs="+", default=[], help="set columns besides genres, artists and album")
    _add_prior(parser, "--models")


def _add_next(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--models", type=Path, required=True, help="folder that `fit` wrote; may be empty")
    parser.add_argument("--library", type=Path, required=True, help="CSV of songs, as for `fit`")
    parser.add_argument("--labels", type=Path, required=True, help="CSV of labels, as for `fit`")
    parser.add_argument("-n", "--count", type=_count, default=5, help="how many songs (default 5)")
    _add_rules(parser)
    _add_prior(parser, "--models")


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, nargs="+", help="CSVs with a playlist column, one person's library each")
    parser.add_argument("--corpus", type=Path, nargs="+", default=[], help="playlists that are only used for the prior")
    parser.add_argument("--prior", type=Path, help="a prior to use, such as the included one, instead of learning any")
    parser.add_argument("--likes", type=Path, nargs="+", default=[], help="CSVs with a column target, like or liked")
    parser.add_argument("--ks", type=_count, nargs="+", default=[3, 5, 10], help="playlists per member")
    parser.add_argument("--ns", type=_count, nargs="+", default=[1, 2, 5, 10, 20], help="labels per playlist")
    parser.add_argument("--draws", type=_count, default=15, help="members to simulate, for each size and person")
    parser.add_argument("--asking-draws", type=_natural, default=5, help="how many with five playlists get asked")
    parser.add_argument("--bulk-draws", type=_natural, default=5, help="how many of those answer about artists at once")
    parser.add_argument(
        "--evidence-draws",
        type=_natural,
        default=0,
        help="how many of those try what labels of each source are worth",
    )
    parser.add_argument(
        "--jobs", type=_count, default=os.cpu_count() or 1, help="processes; the figures don't depend on it"
    )
    parser.add_argument("--seed", type=_natural, default=0, help="random seed")
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--report", type=Path, help="folder for the tables (measured.md) and pictures (SVG)")


def _add_pretrain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, nargs="*", help="playlists you may use: CSVs with a playlist column")
    parser.add_argument(
        "--members", action="store_true", help="add members in the bot's database who opted in to teach"
    )
    parser.add_argument("--dbpedia", type=Path, help="a table of artists that convert-dbpedia made")
    parser.add_argument("--out", type=Path, help="file to write (default: where the bot of DATA_DIR looks for it)")
    parser.add_argument("--check", action="store_true", help="measure it on held-out people; don't write a harmful one")
    parser.add_argument("--jobs", type=_count, default=os.cpu_count() or 1, help="processes for --check")


def _add_convert_dbpedia(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dumps", type=Path, nargs="+", help="files of triples (.ttl, .nt, .bz2): objects and types")
    parser.add_argument("--out", type=Path, required=True, help="table to write (.csv.gz)")


def _add_evaluate_audio(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, nargs="+", help="folder of recordings with truth.csv: file, bpm, key, mode")
    parser.add_argument("--seed", type=_natural, default=0, help="random seed")
    parser.add_argument("--json", type=Path, help="file for all figures")


def _add_fit_tempo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--each", type=_count, default=60, help="grooves of each style (default 60)")


def _add_play_charts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, help="folder for the recordings and truth.csv")
    parser.add_argument("--charts", type=Path, nargs="+", required=True, help="folders of CoCoPops, in this order")
    parser.add_argument("--fonts", type=Path, nargs="+", required=True, help="sound fonts (.sf2), which take turns")


def _add_build_musicnn(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("wheel", type=Path, help="musicnn-0.1.0-py3-none-any.whl; pip download --no-deps gets it")
    parser.add_argument("out", type=Path, help="file to write")


def _add_build_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("wheel", type=Path, help="a wheel of wordllama 0.4.0; pip download --no-deps gets it")
    parser.add_argument("out", type=Path, help="file to write")


def _add_evaluate_highlights(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folders", type=Path, nargs="+", help="folder of songs with sections.csv: file, kind, start, end"
    )
    parser.add_argument("--highlight", default="chorus", help="the kind of section that counts as a highlight")
    parser.add_argument("--seed", type=_natural, default=0, help="random seed")


def _add_measure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, nargs="+", help="CSVs with a playlist column, one person's library each")
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--seed", type=_natural, default=0, help="random seed")


def _add_prior(parser: argparse.ArgumentParser, folder: str) -> None:
    parser.add_argument(
        "--prior", type=Path, help=f"file that `pretrain` wrote (default: prior.npz in {folder}, if any)"
    )


def _natural(text: str) -> int:
    if (number := int(text)) < 0:
        raise argparse.ArgumentTypeError("not below 0")
    return number


def _mistakes(text: str) -> float:
    if not 0 <= (number := float(text)) <= OUT_OF:
        raise argparse.ArgumentTypeError(f"from 0 to {OUT_OF}")
    return number


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--several", action="store_true", help="a song may be in several playlists of a layer")
    parser.add_argument("--everything", action="store_true", help="every song goes into some playlist")
    parser.add_argument("--sets", nargs="+", default=[], help="set columns besides genres, artists and album")


if __name__ == "__main__":
    os.umask(modes.UMASK)
    sys.exit(start(sys.argv[1:]))
