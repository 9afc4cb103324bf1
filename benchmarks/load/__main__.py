"""Run every deployment with the same members, and show what each did with them."""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.load import run, tables
from benchmarks.load.deployment import DEPLOYMENTS, Deployment
from benchmarks.load.run import Load
from benchmarks.measure import show


def main() -> None:
    load, deployments, report = parsed(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        measured = [
            asyncio.run(run.measured(Path(folder) / str(at), each, load)) for at, each in enumerate(deployments)
        ]
    tables_ = [[columns(*each) for each in zip(deployments, measured, strict=True)] for columns in tables.ALL]
    for rows in tables_:
        show(rows, [])
        print()
    if report:
        report.write_text(json.dumps(tables_, indent=1), encoding="utf-8")


def parsed(arguments: Sequence[str]) -> tuple[Load, list[Deployment], Path | None]:
    """Return the load, who has to bear it, and the file for the tables, if any."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load")
    parser.add_argument("--members", type=int, default=200)
    parser.add_argument("--servers", type=int, default=4)
    parser.add_argument("--actions", type=int, default=12, help="of each member")
    parser.add_argument("--rate", type=float, default=4, help="actions a second, of all members together")
    parser.add_argument("--only", default="", help='such as "sqlite" or "postgresql, 4"')
    parser.add_argument("--json", type=Path)
    said = parser.parse_args(arguments)
    chosen = [each for each in DEPLOYMENTS if each.name.startswith(said.only)]
    return Load(said.members, said.servers, said.actions, said.rate), chosen, said.json


if __name__ == "__main__":
    main()
