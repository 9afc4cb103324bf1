"""What people read, in each language: nothing missing, nothing left over, every placeholder filled."""

import ast
import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from discord import Locale
from discord.app_commands import TranslationContext, TranslationContextLocation, locale_str

import bot
from bot.chat.account.status import status
from bot.chat.gateway.translator import NAME, OPTION, Catalogue
from bot.chat.layout import LABEL, PLACEHOLDER, TITLE
from bot.errors import CratekeeperError, TooFewLabels, WrongCode
from bot.errors.spotify import CoolingDown
from bot.errors.stored import dumped, loaded
from bot.locales import catalogue
from bot.messages import ENGLISH, LANGUAGES, _, language_of, listed, number, plural, speak, speaking
from bot.messages.errors import describe
from tests.unit.messages.test_errors import NOW, kinds, made

OTHERS = [language for language in LANGUAGES if language != ENGLISH]
BOT = Path(bot.__file__).parent
BUTTON = re.compile(r"(?<=\*)[A-Z][^*{}]+(?=\*)|(?<=[Pp]ress )[A-Z]\w+|(?<=presses )[A-Z]\w+")  # **Renew**, press Apply
LIMITS = {  # by what takes a sentence: which argument that is, and how many characters it may have
    **dict.fromkeys(("button", "link"), (0, LABEL)),
    **dict.fromkeys(("Form", "field", "paragraph", "choice"), (0, TITLE)),
    **dict.fromkeys(("menu", "channels"), (1, PLACEHOLDER)),
}


def gaps(sentence: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(sentence) if name is not None}


def translated(language: str, room: str) -> list[Message]:
    return [message for message in catalogue.kept(language, room) if message.id]


def forms(value: object) -> list[str]:
    return [str(form) for form in value] if isinstance(value, tuple | list) else [str(value)]


@pytest.mark.slow
@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_has_a_translation_and_there_are_no_others(language: str) -> None:
    for room, template in catalogue.written().items():
        po = catalogue.kept(language, room)
        wanted = {(message.id, message.context) for message in template if message.id}
        assert {(message.id, message.context) for message in po if message.id} == wanted, f"{room}: make messages"
        assert [message.id for message in po if message.id and not all(catalogue.filled(message.string))] == [], room


@pytest.mark.slow
@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_sentences_placeholders(language: str) -> None:
    for room in catalogue.written():
        for message in translated(language, room):
            wanted = set.union(*map(gaps, forms(message.id)))
            for translation in forms(message.string):
                assert gaps(translation) <= wanted, message.id
                assert wanted - {"count"} <= gaps(translation), message.id


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_stands_twice_in_a_row(language: str) -> None:
    for path in catalogue.path_of(language, catalogue.COMMON).parent.glob("*.po"):
        for message in translated(language, path.stem):
            for form in forms(message.string):
                assert form != form[: len(form) // 2] * 2, message.id


@pytest.mark.slow
def test_a_sentence_is_translated_once_however_many_rooms_say_it() -> None:
    rooms = [template for room, template in catalogue.written().items() if room != catalogue.COMMANDS]
    every = Counter(message.id for room in rooms for message in room if message.id)
    assert [sentence for sentence, times in every.items() if times > 1] == []


@pytest.mark.slow
@pytest.mark.parametrize("language", OTHERS)
def test_a_button_that_a_message_names_has_that_name(language: str) -> None:
    every = [message for room in catalogue.written() for message in translated(language, room)]
    named = {str(message.id): str(message.string) for message in every if not message.context}
    for message in every:
        for button in BUTTON.findall(forms(message.id)[-1]):
            for form in forms(message.string) if button in named else ():
                assert named[button] in form, message.id


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "N_", "plural"):
            yield node


@pytest.mark.slow
def test_sentences_are_literals_and_get_all_their_values() -> None:
    """An f-string, a concatenation or a string inside an f-string never reaches the catalogue."""
    known = {text for room in catalogue.written().values() for message in room for text in forms(message.id)}
    for path in BOT.rglob("*.py"):
        for call in calls(ast.parse(path.read_text())):
            where = f"{path.name}:{call.lineno}"
            assert not isinstance(call.args[0], ast.JoinedStr | ast.BinOp), where
            assert not isinstance(call.args[0], ast.Constant) or call.args[0].value in known, where
            if isinstance(call.args[0], ast.Constant) and ast.unparse(call.func) != "N_":
                given = {keyword.arg for keyword in call.keywords} | ({"count"} if len(call.args) == 3 else set())
                assert gaps(str(call.args[0].value)) <= given, where


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", dict.fromkeys(kinds()), ids=lambda kind: kind.__name__)
def test_every_error_has_a_message_with_every_placeholder_filled(kind: type[CratekeeperError], language: str) -> None:
    with speaking(language):
        for by_itself in (False, True):
            text = describe(made(kind), by_itself=by_itself)
            assert text
            assert not gaps(text)


@pytest.mark.parametrize("kind", dict.fromkeys(kinds()), ids=lambda kind: kind.__name__)
def test_a_stored_error_round_trips(kind: type[CratekeeperError]) -> None:
    error = made(kind)
    again = loaded(dumped(error))
    assert type(again) is kind
    assert vars(again) == vars(error)


@pytest.mark.parametrize("stored", ["", "It failed.", "[]", "3", '{"error": "Unknown"}', '{"error": "CoolingDown"}'])
def test_errors_stored_by_another_version_never_fail(stored: str) -> None:
    again = loaded(stored)
    assert again is None or type(again) is CratekeeperError


def test_sentences_are_joined_by_no_marks_that_languages_space_differently() -> None:
    """French has a space before a colon or semicolon, so those belong into the catalogue."""
    for path in (BOT / "messages").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                marks = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
                assert not re.search(r"[:;?%](?: |$)", marks), f"{path.name}:{node.lineno}"


def labels(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each sentence that is a label, a title or a placeholder, with how long it may be."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and (limit := LIMITS.get(ast.unparse(node.func).removeprefix("layout."))):
            at, longest = limit
            said = [call.args[0] for call in calls(node.args[at])]
            yield from ((str(text.value), longest) for text in said if isinstance(text, ast.Constant))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_label_is_cut_off(language: str) -> None:
    sentences = [found for path in (BOT / "chat").rglob("*.py") for found in labels(path)]
    assert len(sentences) > 100
    with speaking(language):
        for sentence, longest in sentences:
            assert len(_(sentence)) <= longest, sentence


def test_each_language_follows_its_own_rules() -> None:
    with speaking("de"):
        assert number(1240) == "1.240"
        assert listed(["A", "B", "C"]) == "A, B und C"
    with speaking("en-US"):
        assert number(1240) == "1,240"
        assert listed(["A", "B", "C"]) == "A, B and C"
        assert listed(["A", "B"], either=True) == "A or B"
        assert plural("{count} song", "{count} songs", 1) == "1 song"
        assert plural("{count} song", "{count} songs", 1240) == "1,240 songs"


@pytest.mark.parametrize(
    ("locale", "language"),
    [("en-GB", "en"), ("de", "de"), ("pt-BR", "pt_BR"), ("pt-PT", "pt_BR"), ("es-419", "es"), ("no", None), ("", None)],
)
def test_a_locale_reads_its_language_or_the_nearest_we_have(locale: str, language: str | None) -> None:
    assert language_of(locale, ("en", "de", "es", "pt_BR")) == language


def test_every_language_is_one_of_discords() -> None:
    assert {language_of(locale.value) for locale in Locale} == {*LANGUAGES, None}


def test_numbers_are_written_as_in_the_readers_region() -> None:
    for locale, shown in {"de-CH": "12'400", "de-AT": "12.400", "de-NOWHERE": "12.400", "en-US": "12,400"}.items():
        with speaking(locale):
            assert number(12400).replace("’", "'") == shown


@pytest.mark.slow
@pytest.mark.parametrize("language", OTHERS)
def test_a_plural_is_translated_for_every_number(language: str) -> None:
    """A file's own rule says how many forms it has; a wrong one falls back to English."""
    for message in (message for room in catalogue.written() for message in translated(language, room)):
        if message.pluralizable:
            values = dict.fromkeys(set.union(*map(gaps, forms(message.id))) - {"count"}, "x")
            for count in (0, 1, 2, 5, 12_400, 1_000_000):
                with speaking(language):
                    said = plural(*message.id, count, **values)
                    assert said in [form.format(count=number(count), **values) for form in forms(message.string)]


def test_an_untranslated_language_falls_back_to_english() -> None:
    with speaking("tlh-KX"):
        assert describe(WrongCode(1)) == "That isn't the code on the page. You have 1 more try."


async def test_two_members_get_their_own_languages_concurrently() -> None:
    async def answer(locale: str) -> str:
        speak(locale)
        await asyncio.sleep(0)
        return describe(TooFewLabels(2))

    german, english = await asyncio.gather(answer("de"), answer("en-GB"))
    assert german != english == "I can't sort yet: I need 2 more labels to learn from. `/label` asks you about a song."


def test_names_in_an_error_are_shown_literally() -> None:
    assert f"<t:{int(NOW.timestamp())}:t>" in describe(CoolingDown(NOW))


async def test_discord_shows_commands_in_the_members_language() -> None:
    where = TranslationContext(TranslationContextLocation.command_description, status)
    translated = await Catalogue().translate(locale_str(status.description), Locale.german, where)
    assert translated not in (None, status.description)
    assert await Catalogue().translate(locale_str(status.description), Locale.british_english, where) is None


def test_every_text_of_a_command_fits_discord() -> None:
    for language in OTHERS:
        for message in translated(language, catalogue.COMMANDS):
            if message.context == NAME:
                assert message.string == message.id, "a mention names a command as it was registered"
            elif message.context == OPTION:
                assert re.fullmatch(r"[a-z0-9_ß-öø-ÿ-]{1,32}", str(message.string)), message.id
            else:
                assert len(str(message.string)) <= 100, message.id


BEFORE_A_MOMENT = re.compile(r"\b(until|till|by|since|from|at|on|bis|seit|ab|am|um|von) \{(when|used)\}", re.IGNORECASE)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_reads_right_with_a_moment_that_discord_words(language: str) -> None:
    """Discord shows "in 59 minutes" or "2 days ago" there: never "until in 59 minutes"."""
    for room, template in catalogue.written().items():
        for message in template if language == ENGLISH else translated(language, room):
            for sentence in forms(message.id if language == ENGLISH else message.string):
                assert not BEFORE_A_MOMENT.search(sentence), sentence


def test_moments_that_discord_words_have_a_name_of_their_own() -> None:
    """`{when}` and `{used}` are relative; whatever else stands for a moment is a time or a day."""
    for path in (BOT / "messages").rglob("*.py"):
        for line in path.read_text().splitlines():
            if '"R")' in line:
                assert re.search(r"\b(when|used|closes|ended)\s?=", line) or "timestamp(repost" in line, (
                    f"{path.name}: {line}"
                )
