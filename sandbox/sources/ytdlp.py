"""A stand-in for the program yt-dlp: the part of its command line that searches, and what it prints.

`installed` puts it into a folder as a program, next to what it finds (`videos.json`, what YouTube knows about each).
`asked.jsonl` gets a line with the arguments of each run, and `environment` the names of the variables it could have
read. The file `fault` makes it fail, by a word:

garbage     print something that isn't JSON
flood       print forever
exit        exit with code 1 and say nothing
gate        wait for a byte at the pipe `gate`, then go on
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FIELDS = re.compile(r"%\(\.\{([\w,]+)\}\)j")
LENGTH = re.compile(r"duration>=\?(\d+) & duration<=\?(\d+)")
SEARCH = re.compile(r"ytsearch(\d+):(.*)")


def installed(folder: Path, videos: Sequence[Mapping[str, Any]]) -> Path:
    """Return the path of a program that finds these videos, best first, whatever the search."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "videos.json").write_text(json.dumps(videos))
    os.mkfifo(folder / "gate")
    program = folder / "yt-dlp"
    program.write_text(f"#!{sys.executable} -I\n{Path(__file__).read_text()}")
    program.chmod(0o700)
    return program


def asked(folder: Path) -> list[list[str]]:
    """Return the arguments of each run, in order."""
    log = folder / "asked.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def main(arguments: Sequence[str], here: Path) -> int:
    with (here / "asked.jsonl").open("a") as log:
        log.write(json.dumps(arguments) + "\n")
    (here / "environment").write_text("\n".join(sorted(os.environ)))
    options = _options().parse_args(arguments)
    fault = here / "fault"
    return _fail(fault.read_text(), here) or _search(options, here) if fault.exists() else _search(options, here)


def _options() -> argparse.ArgumentParser:
    """Define the options in use; like the real program, it exits with code 2 for any other."""
    parser = argparse.ArgumentParser("yt-dlp", allow_abbrev=False)
    switches = ("ignore-config", "no-cache-dir", "no-warnings", "no-progress", "skip-download")
    for switch in (*switches, "ignore-no-formats-error"):
        parser.add_argument(f"--{switch}", action="store_true", required=True)
    for option in ("socket-timeout", "extractor-retries"):
        parser.add_argument(f"--{option}", type=float)
    parser.add_argument("--match-filters", required=True)
    parser.add_argument("--print", required=True)
    parser.add_argument("url")
    return parser


def _search(options: argparse.Namespace, here: Path) -> int:
    fields, filters = FIELDS.fullmatch(options.print), LENGTH.fullmatch(options.match_filters)
    search = SEARCH.fullmatch(options.url)
    if not fields or not filters or not search:
        return 2
    shortest, longest = map(int, filters.groups())
    for video in json.loads((here / "videos.json").read_text())[: int(search[1])]:
        length = video.get("duration")
        if not isinstance(length, int | float) or shortest <= length <= longest:
            print(json.dumps({name: video[name] for name in fields[1].split(",") if name in video}))
    return 0


def _fail(fault: str, here: Path) -> int:
    if fault == "gate":
        with (here / "gate").open("rb", buffering=0) as gate:
            gate.read(1)
        return 0
    if fault == "flood":
        while True:
            print("{" + "x" * 100_000)
    if fault == "garbage":
        print("<html>Before you continue to YouTube")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).parent))
