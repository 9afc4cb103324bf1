"""`evaluate`: simulates members with real libraries, and reports how accurate models with few labels are."""

import argparse
import json
from pathlib import Path

from training.commands.models import chosen_prior
from training.evaluation.curves import draw_all
from training.evaluation.evaluate import Material, Protocol, evaluate
from training.evaluation.people import read_people
from training.evaluation.report import report
from training.evaluation.studies.likes import read_all_likes
from training.files import make_ready, write_text


def evaluate_command(options: argparse.Namespace) -> int:
    """Simulate members with real libraries, and report how accurate models with few labels are."""
    ks, ns = tuple(sorted(set(options.ks))), tuple(sorted(set(options.ns)))
    studies = (options.asking_draws, options.bulk_draws, options.evidence_draws)
    protocol = Protocol(ks, ns, options.draws, *studies, seed=options.seed)
    everybody = read_people([*options.data, *options.corpus])
    people, corpora = everybody[: len(options.data)], everybody[len(options.data) :]
    prior = chosen_prior(options.prior, Path(), options.env) if options.prior else None
    material = Material(people, corpora, read_all_likes(options.likes), prior)
    make_ready(options.report, options.json)
    results = {"command": options.command, **evaluate(material, protocol, options.jobs)}
    print(report(results))
    if options.json:
        write_text(options.json, json.dumps(results, indent=1, ensure_ascii=False))
    if options.report:
        write_text(options.report / "measured.md", f"{report(results)}\n")
        draw_all(results, options.report)
    return 0
