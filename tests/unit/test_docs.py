"""The documentation is correct: its settings, commands, promises and links match the code."""

import dataclasses
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bot.config import Settings
from docs import reference

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("*.md")), *sorted((ROOT / "models").glob("*.md"))]
README_LINES = 150
LINK = re.compile(r"""\]\(([^)\s]+)\)|src="([^"]+)\"""")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PROSE = re.compile(r'"""[\s\S]*?"""|#.*')  # docstrings and comments
MODULE = re.compile(r"(?<![\w./-])(?:bot|core|flows|adapters|messages|web|training|sandbox|benchmarks)(?:\.\w+)+")
FILE = re.compile(r"`((?:bot|benchmarks|docs|models|sandbox|tests|training)/[\w./-]+)`")


def settings() -> set[str]:
    return {field.name.upper() for field in dataclasses.fields(Settings)}


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in HEADING.findall(page.read_text())]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in plain}


def is_dead(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return not target.exists() or (bool(anchor) and anchor not in anchors(target))


def is_named(module: str) -> bool:
    """Whether there's such a module, or a module with the last part in it; `bot.` may be left out in front."""
    *parents, last = module.split(".")
    for folder in (ROOT.joinpath(*parents), ROOT.joinpath("bot", *parents)):
        if (folder / last).is_dir() or (folder / f"{last}.py").exists():
            return True
        holders = [file for file in (folder.with_suffix(".py"), folder / "__init__.py") if file.exists()]
        if any(last in re.findall(r"\w+", file.read_text()) for file in holders):
            return True
    return False


def test_the_example_has_exactly_the_settings() -> None:
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert example == settings() == set(reference.SETTINGS)


def test_the_configuration_page_matches_the_code() -> None:
    assert reference.configuration() == reference.CONFIGURATION.read_text(), "run `make reference`"


def test_the_commands_page_matches_the_code() -> None:
    assert reference.commands() == reference.COMMANDS.read_text(), "run `make reference`"


def test_the_page_of_faults_matches_the_messages() -> None:
    assert reference.faults() == reference.FAULTS.read_text(), "run `make reference`"


def test_every_promise_has_a_test_and_every_numbered_test_a_promise() -> None:
    promised = {
        int(number) for number in re.findall(r"^\| P(\d+) \|", (DOCS / "promises.md").read_text(), re.MULTILINE)
    }
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert numbers(tests) == promised


@pytest.mark.slow
def test_make_test_runs_a_test_of_every_promise() -> None:
    command = [sys.executable, "-B", "-m", "pytest", "--quick", "--collect-only", "-p", "no:cacheprovider", "tests"]
    collected = subprocess.run(command, cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, check=True)
    quick = {int(number) for number in re.findall(r"::test_p(\d+)_", collected.stdout)}
    assert quick == numbers("\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py")))


def numbers(code: str) -> set[int]:
    return {int(number) for number in re.findall(r"def test_p(\d+)_", code)}


def test_every_direct_dependency_is_documented() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[>=\[<]", dependency)[0].casefold() for dependency in project["dependencies"]}
    page = (DOCS / "architecture.md").read_text().casefold()
    assert {name for name in names if name not in page} == set()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= README_LINES


def test_the_index_links_to_every_page() -> None:
    index = (DOCS / "index.md").read_text()
    assert [page.name for page in DOCS.glob("*.md") if page.name != "index.md" and f"({page.name})" not in index] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_is_dead(page: Path) -> None:
    links = [first or second for first, second in LINK.findall(page.read_text())]
    assert [link for link in links if "://" not in link and is_dead(page, link)] == []


def test_every_picture_is_shown() -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    assert [path.name for path in (DOCS / "pictures").iterdir() if f"pictures/{path.name}" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_mentioned_exists(page: Path) -> None:
    assert [name for name in FILE.findall(page.read_text()) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("folder", ["bot", "training", "sandbox", "benchmarks"])
def test_every_module_that_a_comment_or_docstring_names_exists(folder: str) -> None:
    proses = {path: PROSE.findall(path.read_text()) for path in (ROOT / folder).rglob("*.py")}
    named = {(path, module) for path, texts in proses.items() for text in texts for module in MODULE.findall(text)}
    assert named
    assert [f"{path.relative_to(ROOT)}: {module}" for path, module in sorted(named) if not is_named(module)] == []


def test_nothing_mentions_this_machine() -> None:
    texts = [*PAGES, *ROOT.glob("*.toml"), *ROOT.glob("*.lock"), ROOT / "Makefile"]
    private = re.compile(r"/(root|work|home)/\w|://[\w.-]*(pypi|pythonhosted)")
    assert [path.name for path in texts if private.search(path.read_text())] == []
