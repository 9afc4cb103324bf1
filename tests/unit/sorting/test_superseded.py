"""Only old lines go, and for each song and playlist the last line of each kind stays."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.sorting.writing.journal import Refused
from bot.core.sorting.writing.superseded import PastLine, superseded
from bot.core.sorting.writing.writes import LineState

LINES = st.lists(
    st.builds(
        PastLine,
        change=st.just(0),
        write=st.integers(1, 9),
        playlist=st.integers(1, 2),
        song=st.sampled_from("ab"),
        state=st.sampled_from(LineState),
        problem=st.none() | st.sampled_from(Refused),
        undoes=st.none() | st.integers(1, 2),
        old=st.booleans(),
    ),
    max_size=40,
)


def about(line: PastLine) -> tuple[object, ...]:
    return line.playlist, line.song, line.tells


@given(LINES)
def test_the_last_line_of_each_kind_and_every_new_line_stay(lines: list[PastLine]) -> None:
    gone = {id(line) for line in superseded(lines)}
    last = {about(line): line for line in lines}
    stay = [line for line in lines if id(line) not in gone]
    assert all(line in stay for line in last.values())
    assert [line for line in stay if not line.old] == [line for line in lines if not line.old]
    assert all(line is last[about(line)] for line in stay if line.old)
