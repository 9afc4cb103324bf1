"""Pages of shared playlists are within Discord's limits, whatever the names, and name no hidden member."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.chat.layout import Page
from bot.chat.social.pages import groups, hosting
from bot.chat.social.pages import shared_playlists as pages
from bot.core.records import Song
from bot.core.social.shared_playlists import Brought, KeepVote, Removal, Shared, SongState
from bot.flows.social.shared.groups import Group
from bot.flows.social.shared.hosting import DryRun
from bot.flows.social.shared.playlists import SharedView
from bot.messages.social import shared_playlists as messages
from bot.messages.social.hosting import written
from tests.unit.chat.shown import check

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG = "*" * 400  # escaping doubles every character
MEMBER, HIDDEN = 900_000_000_000_000_001, 900_000_000_000_000_002
LIST = Shared(10**17, MEMBER, None, "*" * 100, "ref", False, None, NOW, None)
SONGS = [Song(f"spotify:track:{at:022d}", LONG, (LONG, LONG)) for at in range(40)]
RECORD = [
    Brought(song.song, HIDDEN if at % 2 else None, NOW - timedelta(days=9), NOW if at % 3 else None, SongState.TAKEN)
    for at, song in enumerate(SONGS)
]
SHOWN = SharedView(
    LIST, RECORD, [KeepVote(SONGS[0].song, HIDDEN, True)], {song.song: song for song in SONGS}, frozenset()
)
GROUP = Group(LIST, range(MEMBER, MEMBER + 50), [Removal(HIDDEN + at, MEMBER, NOW) for at in range(9)], frozenset())
DRY = DryRun(LIST, 12_345, 12_345, 12_345, shelved=True)


@pytest.mark.parametrize(
    "page",
    [
        pages.show(SHOWN, MEMBER, NOW, 3, messages.outcome(RECORD[0], RECORD[0], spent=True)),
        pages.show(SharedView(LIST, [], [], {}, frozenset()), MEMBER, NOW),
        pages.listed([replace(LIST, shared=at) for at in range(1, 41)], MEMBER, None),
        hosting.began(DRY),
        hosting.hosting(DRY, MEMBER),
        hosting.ending(LIST),
        hosting.removing(LIST),
        pages.invitation(LIST),
        *(groups.page(GROUP, MEMBER, page) for page in range(9)),
        groups.page(GROUP, HIDDEN),
        groups.asks(GROUP, HIDDEN),
        pages.choosing(LIST, SONGS),
        pages.added(LIST, SONGS[0], first=True),
        Page(written({"name": LONG, "put_in": 1, "taken_out": 0, "ended": False, "shelved": False})),
    ],
)
def test_a_page_is_within_discords_limits(page: Page) -> None:
    check(page)


def test_names_with_markup_are_shown_literally() -> None:
    assert messages.named(LIST) == f"**{LIST.name.replace('*', chr(92) + '*')}**"


def text(page: Page) -> str:
    return str(page.to_components())


def test_hidden_and_departed_members_are_anonymous() -> None:
    assert f"<@{HIDDEN}>" not in text(pages.show(SHOWN, MEMBER, NOW))
    assert "-# someone · " in text(pages.show(SHOWN, MEMBER, NOW))
    assert "-# someone who left · " in text(pages.show(SHOWN, MEMBER, NOW))
    assert f"Hosted by <@{MEMBER}>" in text(pages.show(_naming(MEMBER), MEMBER, NOW))


def _naming(*members: int) -> SharedView:
    return SharedView(LIST, RECORD, [], SHOWN.songs, frozenset(members))


def test_pending_writes_are_shown_with_their_start() -> None:
    waiting = SharedView(LIST, [Brought(SONGS[0].song, MEMBER, NOW)], [], SHOWN.songs, frozenset())
    assert f"1 change is waiting to be written; it came <t:{int(NOW.timestamp())}:R>" in text(
        pages.show(waiting, MEMBER, NOW)
    )


@pytest.mark.parametrize(
    ("ref", "put_in", "take_out", "said"),
    [
        (None, 0, 0, "makes a playlist of that name in your account, and from then on I keep it"),
        (None, 2, 0, "in your account, adds 2 songs, and from then on I keep it"),
        ("ref", 1, 3, "The next write adds 1 song and removes 3 songs."),
        ("ref", 0, 0, "There's nothing to write."),
    ],
)
def test_a_dry_run_says_what_the_next_write_does(ref: str | None, put_in: int, take_out: int, said: str) -> None:
    dry_run = DryRun(replace(LIST, ref=ref), put_in, take_out, unwritable=0, shelved=False)
    assert said in text(hosting.hosting(dry_run, MEMBER))
