"""`evaluate-feed`: whether a feed that learns from likes and skips shows more that a person likes."""

import argparse
import json

from training.feeding import evaluate, report
from training.files import make_ready
from training.people import read_people


def evaluate_feed_command(options: argparse.Namespace) -> int:
    """Print the share of liked cards with and without learning, and by chance."""
    make_ready(None, options.json)
    found = {"command": options.command, **evaluate(read_people(options.data), options.seed)}
    print(report(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0
