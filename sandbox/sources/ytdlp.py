"""A stand-in for the program yt-dlp: the part of its command line that searches, and what it prints.

`installed` puts it into a folder as a program. Beside it lies what it finds (`videos.json`, a list of what YouTube
knows of each), in `asked.jsonl` a line of its arguments for each time it was run, and in `environment` the names of
what it could have read there. What goes wrong is a file as well, `fault`, with a word in it:

garbage     print something that is no JSON
flood       print and never end
exit        end with code 1 and say nothing
gate        wait at the pipe `gate` for a byte, then carry on
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
    """Return the path of a program that finds these videos, best first, whatever is searched for."""
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
    """The options that are used; like the real one it ends with code 2 at any other."""
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
