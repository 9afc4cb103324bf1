"""Mutants: breaks each promise on purpose, in a copy of the project, and checks that the promise's own tests fail.

Run it with `make mutants`; arguments choose among the mutants: promises (`p13`) or words of what is broken.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory

from bot.environment import passed_on
from tests.mutants.mutant import Mutant, occurrences
from tests.mutants.table import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 2  # copies of the project; a test's processes fill more than one core
LONGEST = 600  # seconds for a mutant's tests
FAILED = re.compile(r"^FAILED (\S+?::\w+)(?:\[.*?\])?(?: - (.*))?$", re.MULTILINE)
LONGEST_REASON = 60  # characters
UNNOTICED = "**not noticed**"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant: the first test that failed because of it, and how; or why none did."""

    mutant: Mutant
    test: str
    reason: str
    seconds: float

    @property
    def row(self) -> str:
        by = f"`{self.test.removeprefix('tests/')}`" if self.test else UNNOTICED
        reason = self.reason.replace("|", "/")[:LONGEST_REASON]
        return f"| {self.mutant.broken} | P{self.mutant.promise} | {by} | {reason} | {self.seconds:.0f} s |"


def main(words: Sequence[str]) -> int:
    """Try the chosen mutants, print a row for each as it ends; return 1 if any wasn't noticed."""
    chosen = [mutant for mutant in MUTANTS if not words or any(mutant.is_meant_by(word) for word in words)]
    if missing := [mutant for mutant in chosen if not all(occurrences(ROOT, edit) == 1 for edit in mutant.edits)]:
        print(*(f"{mutant.broken}: its text isn't there exactly once any more" for mutant in missing), sep="\n")
        return 1
    print("| mutant | promise | noticed by | how | time |\n|---|---|---|---|---|", flush=True)
    verdicts = tried(chosen)
    unnoticed = sum(not verdict.test for verdict in verdicts)
    print(f"\n{len(verdicts)} mutants, {unnoticed} not noticed")
    return 1 if unnoticed or not verdicts else 0


def tried(mutants: Sequence[Mutant]) -> list[Verdict]:
    with TemporaryDirectory(prefix="mutants-") as folder, ThreadPoolExecutor(AT_ONCE) as threads:
        free: Queue[Path] = Queue()
        for number in range(min(AT_ONCE, len(mutants))):
            free.put(copy_of_the_project(Path(folder) / str(number) / ROOT.name))

        def attempt(mutant: Mutant) -> Verdict:
            tree = free.get()
            try:
                verdict = judged(tree, mutant)
            finally:
                free.put(tree)
            print(verdict.row, flush=True)
            return verdict

        return list(threads.map(attempt, mutants))


def copy_of_the_project(tree: Path) -> Path:
    """Copy what git knows or would add, as it is in the working folder; that folder is never changed."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, env=passed_on(os.environ), capture_output=True, text=True, check=True)
    for name in filter(None, names.stdout.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    shared = ROOT.parent / "shared"
    if shared.is_dir() and not tree.with_name("shared").exists():
        tree.with_name("shared").symlink_to(shared)
    return tree


def judged(tree: Path, mutant: Mutant) -> Verdict:
    """Break the copy, run the promise's tests, mend the copy; the test that failed must pass then."""
    began = time.monotonic()
    with broken(tree, mutant):
        test, reason = first_failure(tree, mutant)
    if test and pytest(tree, test).returncode != 0:
        test, reason = "", f"{test} fails without it, too"
    return Verdict(mutant, test, reason, time.monotonic() - began)


@contextmanager
def broken(tree: Path, mutant: Mutant) -> Iterator[None]:
    """Break the copy meanwhile. Files get their old times back, by which Python knows that it has compiled them."""
    paths = list(dict.fromkeys(tree / edit.file for edit in mutant.edits))
    whole = [(path, path.read_bytes(), path.stat().st_mtime_ns) for path in paths]
    for edit in mutant.edits:
        path = tree / edit.file
        path.write_text(path.read_text().replace(edit.text, edit.instead))
    try:
        yield
    finally:
        for path, content, time_ns in whole:
            path.write_bytes(content)
            os.utime(path, ns=(time_ns, time_ns))


def first_failure(tree: Path, mutant: Mutant) -> tuple[str, str]:
    """Return the first of the promise's tests that fails and how; or "" and why there is none.

    A test whose fixtures fail says nothing about the promise.
    """
    for tests in mutant.tests:
        try:
            run = pytest(tree, f"tests/{tests}", "-k", f"p{mutant.promise:02d}_")
        except subprocess.TimeoutExpired:
            return "", f"no end within {LONGEST} s"
        if failed := FAILED.search(run.stdout):
            return failed[1], failed[2] or ""
        if run.returncode != 0:
            return "", f"pytest ended with {run.returncode}: {(run.stdout.strip().splitlines() or ['no word'])[-1]}"
    return "", ""


def pytest(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run tests in a copy until the first fails."""
    command = [sys.executable, "-m", "pytest", "-x", "-rf", "--tb=line", "-p", "no:cacheprovider", *arguments]
    env = {**passed_on(os.environ), "HOME": str(Path.home()), "COLUMNS": "400"}  # room for why a test failed
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, timeout=LONGEST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
