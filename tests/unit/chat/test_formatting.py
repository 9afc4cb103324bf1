"""Formatting: titles are shown literally, and numbers with their meaning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audio.analysis.features import FEATURES
from bot.core.features import GOES_BY
from bot.core.library.merge import PRECEDENCE
from bot.core.records import Song
from bot.flows.library.feature_lookup import Progress
from bot.flows.sorting.labelling.label import Tally
from bot.messages import feed, formatting, listed, speaking
from bot.messages.sorting import models

SPECIAL = "*_~`|[]<@"


@pytest.mark.slow
@given(st.text(max_size=300))
def test_an_escaped_title_has_no_unescaped_markup_and_is_one_line(title: str) -> None:
    escaped = formatting.escape(title)
    assert escaped
    assert "\n" not in escaped
    bare = escaped.replace("\\\\", "")
    for letter in SPECIAL:
        assert bare.count(letter) == bare.count("\\" + letter)
    assert not escaped.startswith((">", "#", "-"))


@pytest.mark.parametrize(
    "title", ["@everyone", "<@123>", "[click](http://evil.example)", "**loud**", "# head", "||x||"]
)
def test_a_title_cannot_mention_link_or_format(title: str) -> None:
    escaped = formatting.escape(title)
    assert "<@" not in escaped
    assert "](" not in escaped.replace("\\]", "")
    assert "http:" not in escaped
    assert not escaped.startswith(("#", "*", "|", "@"))


def test_direction_and_control_characters_in_a_title_are_dropped() -> None:
    assert formatting.plain("a\u202egnp.exe\x00b\nc") == "a gnp.exe b c"
    assert formatting.plain(" \u200e ") == "?"


def test_only_a_web_address_becomes_a_link() -> None:
    assert formatting.linked(Song("s", "T", (), url="https://open.spotify.com/track/1")).startswith("[T](https://")
    for url in ("javascript:alert(1)", "https://x.example/) **", None):
        assert formatting.linked(Song("s", "T", (), url=url)) == "T"


@pytest.mark.parametrize(("right", "of", "said"), [(8, 10, "8 in 10"), (23, 30, "8 in 10"), (3, 4, "3 in 4")])
def test_a_rate_is_given_out_of_ten_or_exactly(right: int, of: int, said: str) -> None:
    assert formatting.rate(right, of) == said


def test_nothing_is_certain_and_nothing_impossible() -> None:
    assert formatting.percent(1.0) == "99%"
    assert formatting.percent(0.0) == "1%"


def test_the_footer_counts_the_labels_and_how_many_answers_the_next_training_needs() -> None:
    taught = {1: (9, 10), 2: (7, 10)}
    assert formatting.tally(Tally(2, {}, 4)) == "2 labels · 4 more answers until I learn"
    assert formatting.tally(Tally(1, taught, 7, {1: 12, 2: 11})) == "1 label · 7 more answers until I learn again"
    assert formatting.tally(Tally(23, taught, 7, tried=True, training=True)) == "23 labels · I'm learning from them"


def test_a_score_is_of_playlists_that_are_kept_and_were_tested() -> None:
    result = Tally(23, {1: (9, 10), 2: (7, 10), 3: (0, 0), 9: (1, 1)}, 7)
    names = {1: "Late night", 2: "Run", 3: "New"}
    assert formatting.scores(result, names) == "Late night 9/10, Run 7/10 right on labels I hadn't seen"
    assert formatting.scores(Tally(2, {}, 4), names) == ""


def test_hope_is_expressed_only_if_justified() -> None:
    assert formatting.hope(Tally(8, {}, 2, {1: 4, 2: 4})) == ""
    assert formatting.hope(Tally(300, {1: (9, 10), 2: (9, 10)}, 2, {1: 150, 2: 150})) == ""
    assert formatting.hope(Tally(6, {1: (33, 50), 2: (32, 50)}, 2, {1: 3, 2: 3})).endswith("7 in 10 right.")


@given(st.lists(st.text("ab", min_size=1, max_size=80), max_size=60), st.integers(100, 2000))
def test_lines_fit_the_limit_and_say_how_many_were_left_out(lines: list[str], room: int) -> None:
    shown = formatting.lines(lines, room)
    assert len(shown) <= room
    hidden = len(lines) - sum(line in lines for line in shown.split("\n") if line)
    assert (f"and {hidden} more" in shown) == (hidden > 0)


@given(st.lists(st.text("ab", min_size=1, max_size=5), max_size=5))
def test_a_list_reads_as_prose(names: list[str]) -> None:
    said = listed(names)
    assert said.count(" and ") == (len(names) > 1)
    assert said.count(", ") == max(0, len(names) - 2)


def test_sources_have_plain_names_and_files_their_own() -> None:
    said = formatting.heard({"musicbrainz": 1200, "audio": 7, "operator:my_dump": 1, "prior:abc": 2, "wikipedia:ab": 3})
    assert said == (
        "What I go by: 1,200 from MusicBrainz, 7 from the music folder, 1 from the operator's file “my\\_dump”, "
        "2 from other people's playlists, 3 from Wikipedia."
    )


@pytest.mark.parametrize("language", ["de", "es", "pt-BR"])
def test_a_source_that_begins_with_an_article_stands_after_no_preposition(language: str) -> None:
    """As in "de el archivo", "de o arquivo", "von die Datei"."""
    with speaking(language):
        source = formatting.brought("operator:dump")
        said = [formatting.heard({"operator:dump": 3}), feed.sources([source]), models._provenance({"tempo": source})]
        assert not [text for text in said for word in ("de", "von") if f"{word} {source}" in text]


@pytest.mark.parametrize("source", [source for source in PRECEDENCE if source not in ("csv", "operator", "upload")])
def test_progress_can_be_reported_for_every_source(source: str) -> None:
    assert formatting.hearing(Progress(source, 1_234, 20_000)).endswith("about 1,234 of 20,000 songs.")


def test_every_audio_feature_has_a_plain_name() -> None:
    told = {formatting.aspect(name) for name in [*(feature.name for feature in FEATURES), *GOES_BY]}
    assert told == {"duration", "mode", "tempo", "rhythm", "key", "loudness", "fades", "timbre", "the kind of sound"}
    assert formatting.aspect("danceability") == "danceability"
    with speaking("de"):
        assert [formatting.aspect(name) for name in ("artists", "year", "genres")] == ["Künstler", "Jahr", "Genres"]
