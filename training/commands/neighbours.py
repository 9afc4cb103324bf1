"""`evaluate-neighbours`: hold songs of real playlists out, and see how many "more like this" finds again."""

import argparse
import json

from training.files import make_ready
from training.neighbours import evaluate, report
from training.people import read_people


def evaluate_neighbours_command(options: argparse.Namespace) -> int:
    """Print hit rate and precision of what is recommended beside plain neighbours and chance."""
    make_ready(None, options.json)
    found = {"command": options.command, **evaluate(read_people(options.data), options.seed)}
    print(report(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0
