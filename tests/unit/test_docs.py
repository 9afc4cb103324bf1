"""Documentation is true: settings, commands and promises in README are those of the code."""

import re
from pathlib import Path

from discord.app_commands import ContextMenu

from bot import config
from bot.chat.client import all_commands

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def settings_read() -> set[str]:
    return set(re.findall(r'"([A-Z][A-Z_]{5,})"', Path(config.__file__).read_text()))


def test_every_setting_stands_in_the_readme_and_in_the_example() -> None:
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    table = "\n".join(line for line in README.splitlines() if line.startswith("| `"))
    assert settings_read() == example == set(re.findall(r"`([A-Z_]{6,})`", table.replace("`DATA_DIR/", "")))


def test_every_command_stands_in_the_readme() -> None:
    commands = set()
    for command in [each for each in all_commands() if not isinstance(each, ContextMenu)]:
        inner = getattr(command, "commands", None)
        commands |= {f"/{command.name} {each.name}" for each in inner} if inner else {f"/{command.name}"}
    (paragraph,) = [each for each in README.split("\n\n") if each.startswith("`/link` ·")]
    assert set(re.findall(r"`(/[a-z -]+)`", paragraph)) == commands


def test_every_promise_is_a_test_and_every_such_test_a_promise() -> None:
    promised = {int(number) for number in re.findall(r"^\| P(\d+) \|", README, re.MULTILINE)}
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert {int(number) for number in re.findall(r"def test_p(\d+)_", tests)} == promised


def test_every_direct_dependency_earns_its_line() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["training"]]
    names = {re.split(r"[>=\[<]", each)[0] for each in wanted} - {"cratekeeper"}
    assert {name for name in names if name.casefold() not in README.casefold()} == set()


def test_the_pictures_are_there() -> None:
    assert [path for path in re.findall(r"docs/[\w/-]+\.png", README) if not (ROOT / path).exists()] == []


def test_nothing_names_this_machine() -> None:
    texts = [path for path in ROOT.glob("*") if path.suffix in (".md", ".toml", ".lock") or path.name == "Makefile"]
    assert [
        path.name
        for path in texts
        if re.search(r"/(root|work|home)/\w|://[\w.-]*(pypi|pythonhosted)", path.read_text())
    ] == []
