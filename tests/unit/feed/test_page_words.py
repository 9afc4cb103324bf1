"""The swipe page's texts: its scripts use every one of them, in the language that the browser asks for."""

import json
import re

import pytest

from bot.messages import ENGLISH, LANGUAGES, _, speaking
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_are_in_the_readers_language(language: str) -> None:
    with speaking(language):
        script, expected = words.script().decode(), _(words.WORDS["how_it_works"])
    assert f'LANGUAGE = "{language.replace("_", "-")}";' in script, "as Intl names it"
    said = json.loads(script.split("WORDS = ")[1].rstrip(";\n"))
    assert said["how_it_works"] == expected
    assert (expected == words.WORDS["how_it_works"]) is (language == ENGLISH)
    assert said.keys() == words.WORDS.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_have_no_gap_and_stay_valid_in_every_language(language: str) -> None:
    with speaking(language):
        pages = [words.filled((folder / "index.html").read_text()) for folder in (shell.FOLDER, activity.FOLDER)]
        manifest = json.loads(words.filled((shell.FOLDER / "manifest.webmanifest").read_text()))
        said = [_(sentence) for sentence in words.IN_FILES.values()]
    for page in (*pages, json.dumps(manifest)):
        assert gaps(page) <= {"application"}
    assert manifest["name"].startswith("Cratekeeper")
    assert not any(set(sentence) & set('<>&"\\') for sentence in said), "they stand in HTML and JSON as they are"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de-AT"),
        ("en-GB,en;q=0.9,de;q=0.8", "en-GB"),
        ("en;q=0.5, de;q=0.7", "de"),
        ("tlh-KX, de;q=0.3", "de"),
        ("de;q=0, en;q=0.1", "en"),
        ("tlh", None),
        ("*", None),
        ("", None),
        ("de;q=x, ;;,q=1", None),
        ("," * 40 + "de", "de"),
        ("," * 20_000 + "de", None),
    ],
)
def test_a_browser_gets_its_preferred_supported_language(accepted: str, language: str | None) -> None:
    assert preferred(accepted) == language
