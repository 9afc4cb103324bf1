"""Settings of the sandbox: a wrong one is named before anything starts."""

from threading import Event

import pytest

from sandbox.__main__ import _listen, main, numbers, plays_tour, said
from sandbox.discord import InteractionKind, NoAnswer, World
from sandbox.music.songs import songs


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("PORT", "70000"),
        ("PORT", "-1"),
        ("SEED", "x"),
        ("SEED", "-1"),
        ("LABELS", "0"),
        ("SONGS", "1.5"),
        ("PLAYLISTS", "0"),
    ],
)
def test_a_wrong_number_is_named_in_one_line(name, given, capsys):
    assert main([], {name: given}) == 1
    told = capsys.readouterr()
    assert told.err.startswith(f"sandbox: {name} must be a whole number ")
    assert (told.err.count("\n"), told.out) == (1, "")


def test_numbers_that_are_not_set_or_empty_are_left_to_their_defaults():
    assert numbers({"PORT": "", "SEED": "7", "LIBRARY": "x.csv"}) == {"SEED": 7}


def test_the_tour_is_on_or_off_and_anything_else_is_refused_in_one_line(capsys):
    assert [plays_tour({"TOUR": given}) for given in ("", "on", "Off")] == [True, True, False]
    assert main([], {"TOUR": "maybe"}) == 1
    assert capsys.readouterr() == ("", "sandbox: TOUR must be on or off, not 'maybe'\n")


def test_a_missing_library_is_named_in_one_line(capsys):
    assert main([], {"LIBRARY": "nowhere.csv"}) == 1
    assert capsys.readouterr().err == "sandbox: nowhere.csv is missing\n"


def test_a_machine_too_busy_for_discords_three_seconds_is_told_in_one_line():
    world = World(token="t")
    user = world.add_user("ada")
    channel = next(iter(world.add_guild("g", channels=["c"], members=[user]).channels.values()))
    line = said(NoAnswer(world.begin(InteractionKind.COMMAND, user, channel, {"name": "link"})))
    assert line.startswith("the bot didn't answer within the 3 s")
    assert "\n" not in line


def test_ctrl_c_ends_the_hearing_of_songs_that_no_cache_has():
    stopped = Event()
    stopped.set()
    with pytest.raises(InterruptedError):
        _listen(songs(seed=4711, count=4), stopped)
