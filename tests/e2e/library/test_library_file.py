"""A member without a Spotify account: a file becomes the library, and the playlists are exported as files."""

import csv
import io

import pytest

from sandbox.discord import Message, Upload
from tests.e2e.chat_stage import STYLES, answer, as_file, label, labels, newcomer, styled
from tests.e2e.checked_stack import PATIENCE, CheckedStack
from tests.e2e.trained_stage import file_of, plain

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]
TAUGHT = 9  # labels; the sixth starts a training, which reads them once all are given
HEADER = "Track URI,Track Name,Artist Name(s),Tempo\n"


def rows_of(message: Message) -> dict[str, list[dict[str, str]]]:
    """The rows of a message's files, by file name."""
    texts = {file.filename: file.data.decode("utf-8-sig") for file in message.files()}
    return {name: list(csv.DictReader(io.StringIO(text, newline=""))) for name, text in texts.items()}


async def test_bad_rows_are_named_and_the_rest_is_imported(stack: CheckedStack) -> None:
    person = newcomer(stack, "rae")
    rows = ["x,Good *one*,Someone,120", ",,Nobody,1", ",Lonely,,2", ",Another,A;B,", ",Good *one*,Someone,120"]
    said = await answer(person.command("library import", file=Upload("my.csv", (HEADER + "\n".join(rows)).encode())))
    assert "I read 2 songs" in said.text()
    assert "2 rows" in said.text()
    assert "line 3: there's no title" in said.text()
    assert "line 4: there's no artist for “Lonely”" in said.text()
    said = await answer(person.command("library import", file=as_file(styled(10, seed=41))))
    assert "now has 12" in said.text()
    assert stack.rows("select count(*) from liked where member = ?", person.user.id) == [(12,)]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("song.mp3", b"ID3\0\0\0", "isn't a CSV"),
        ("list.csv", b"one,two\n1,2\n", "no columns for title"),
        ("empty.csv", b"", "no columns"),
        ("blank.csv", HEADER.encode(), "no songs I can read"),
    ],
)
async def test_a_wrong_file_gets_a_clear_error_and_changes_nothing(
    stack: CheckedStack, name: str, data: bytes, said: str
) -> None:
    person = newcomer(stack, "sol")
    message = await answer(person.command("library import", file=Upload(name, data)))
    assert said in message.text()
    assert stack.rows("select 1 from member where member = ?", person.user.id) == []


async def test_without_an_account_a_file_comes_back_as_sorted_files(stack: CheckedStack) -> None:
    library = plain(60, seed=42)
    person = newcomer(stack, "tess")
    said = await answer(person.command("library import", file=file_of(library)))
    assert "New playlist" in labels(said)
    for style in STYLES:
        said = await answer(person.command("playlists add", new=style))
    card = await answer(person.click(said, "Show me a song"))
    await label(person, card, library, TAUGHT)
    trained = await stack.learned(person)

    dry_run = await answer(person.click(trained, "View"))
    outcome = await person.click(dry_run, "Apply")
    await outcome.until(lambda message: "Undo" in labels(message), PATIENCE)
    exported = rows_of(await answer(person.command("library export")))
    assert len(exported) == len(STYLES)
    placed = {uri: name for name, rows in exported.items() for uri in (row["Track URI"] for row in rows)}
    assert len(placed) >= 2 * TAUGHT
    right = [uri for uri, name in placed.items() if library.belongs(uri)[0].replace(" ", "_") in name]
    assert len(right) >= 0.8 * len(placed)

    said = await answer(person.command("library import", file=Upload("back.csv", await first_file(person))))
    assert "left out" not in said.text()
    assert "couldn't read" not in said.text()


async def first_file(person) -> bytes:
    return (await answer(person.command("library export"))).files()[0].data


async def test_without_a_library_there_is_nothing_to_export(stack: CheckedStack) -> None:
    said = await answer(newcomer(stack, "uma").command("library export"))
    assert "Link Spotify" in labels(said)
