"""`evaluate-neighbours`, `evaluate-feed`, `evaluate-match`: recommendations tested on real playlists."""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from training.evaluation.people import Person, read_people
from training.evaluation.studies import feed, neighbours, taste_match
from training.files import make_ready, write_text

Evaluate = Callable[[Sequence[Person], int], dict[str, Any]]
Report = Callable[[Mapping[str, Any]], str]


def evaluate_neighbours_command(options: argparse.Namespace) -> int:
    """Print the hit rate and precision of recommendations, compared with plain neighbours and chance."""
    return _measure(options, neighbours.evaluate, neighbours.report)


def evaluate_feed_command(options: argparse.Namespace) -> int:
    """Print the share of liked cards with and without learning, and by chance."""
    return _measure(options, feed.evaluate, feed.report)


def evaluate_match_command(options: argparse.Namespace) -> int:
    """Print every pair's score, by number of likes."""
    return _measure(options, taste_match.evaluate, taste_match.report)


def _measure(options: argparse.Namespace, evaluate: Evaluate, report: Report) -> int:
    make_ready(None, options.json)
    results = {"command": options.command, **evaluate(read_people(options.data), options.seed)}
    print(report(results))
    if options.json:
        write_text(options.json, json.dumps(results, indent=1, ensure_ascii=False))
    return 0
