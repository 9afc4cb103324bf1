"""The swipe page's texts: its scripts use every one of them, in the language that the browser asks for."""

import json
import re

import pytest

from bot.messages import speaking
from bot.web.activity import app as activity
from bot.web.feed import shell, words
from bot.web.http.languages import preferred

SCRIPTS = [path.read_text() for folder in (shell.FOLDER, activity.FOLDER) for path in folder.glob("*.js")]
NAMED = re.compile(r'"(\w+)"')
SAID = re.compile(r'say\("(\w+)"')


def gaps(sentence: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", sentence))


def test_the_scripts_use_every_text_and_only_known_ones() -> None:
    said = {name for script in SCRIPTS for name in SAID.findall(script)}
    named = {name for script in SCRIPTS for name in NAMED.findall(script)}
    assert said <= words.WORDS.keys()
    assert words.WORDS.keys() <= named


def test_the_scripts_fill_every_placeholder() -> None:
    scripts = "\n".join(SCRIPTS)
    for name, sentence in words.WORDS.items():
        for given in re.findall(rf'say\("{name}", {{(.*?)}}\)', scripts):
            assert gaps(sentence) <= set(re.findall(r"\w+", given)), name


def test_the_texts_are_in_the_readers_language() -> None:
    with speaking("de"):
        script = words.script().decode()
    assert 'LANGUAGE = "de";' in script
    german = json.loads(script.split("WORDS = ")[1].rstrip(";\n"))
    assert german["help"] == "Hilfe"
    assert german.keys() == words.WORDS.keys()


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("en;q=0.5, de;q=0.7", "de"),
        ("fr-FR, de;q=0.3", "de"),
        ("de;q=0, en;q=0.1", "en"),
        ("fr", None),
        ("*", None),
        ("", None),
        ("de;q=x, ;;,q=1", None),
    ],
)
def test_a_browser_gets_its_preferred_supported_language(accepted: str, language: str | None) -> None:
    assert preferred(accepted) == language
