"""`evaluate-match`: what the number of a match says of two halves of one person, and of two persons."""

import argparse
import json

from training.files import make_ready
from training.match import evaluate, report
from training.people import read_people


def evaluate_match_command(options: argparse.Namespace) -> int:
    """Print the number of every pair, by likes."""
    make_ready(None, options.json)
    found = {"command": options.command, **evaluate(read_people(options.data), options.seed)}
    print(report(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0
