"""What a server's managers read."""

from datetime import UTC, datetime

import discord

from bot.chat.social.pages import server
from bot.core.records import Song
from bot.core.social.records import Place
from bot.errors.social import MissingPermissions
from bot.flows.feed.catalogue import Entry
from bot.flows.social.digest import KINDS, Digest
from bot.flows.social.reports import NewReport, Reason
from bot.flows.social.server_channels import Purpose
from bot.messages.errors import describe
from bot.messages.social import server as messages

SINCE = datetime(2026, 11, 22, tzinfo=UTC)


def said(page: discord.ui.LayoutView) -> str:
    return "\n".join(item.content for item in page.walk_children() if isinstance(item, discord.ui.TextDisplay))


def test_missing_permissions_have_the_names_from_discords_settings() -> None:
    mine = discord.Permissions(view_channel=True, send_messages=True, embed_links=True)
    missing = server.missing(mine)
    assert missing == ["attach_files", "read_message_history"]
    assert "I need Attach Files and Read Message History there" in describe(MissingPermissions(7, tuple(missing)))
    assert "<#7>" in describe(MissingPermissions(7, tuple(missing)))
    assert server.missing(discord.Permissions.all()) == []


def test_every_purpose_and_every_counted_kind_has_a_text() -> None:
    assert set(messages.PURPOSES) == set(Purpose)
    assert len({messages.counted(kind, 2) for kind in KINDS}) == len(KINDS)


def test_a_digest_gives_counts_and_the_start_date() -> None:
    text = said(server.digest(Digest(1, 2, SINCE, {"like": 40, "repost": 5})))
    assert "40 likes" in text
    assert "5 reposts" in text
    assert messages.day(Digest(1, 2, SINCE, {})) in text
    longest, short = (text.count("█", *span) for span in ((0, text.index("40 likes")), (text.index("40 likes"),)))
    assert longest == server.BAR
    assert 1 <= short < longest
    assert messages.QUIET in said(server.digest(Digest(1, 2, SINCE, {})))


def test_a_report_shows_its_text_literally_and_its_song_without_markup() -> None:
    song = Song("spotify:track:1", "**[x](http://y)**", ("@everyone",))
    report = NewReport(song.song, Reason.OTHER, "<@1> **look**")
    text = said(server.reported(Entry(song, {}, None, clip=False), report, None))
    assert "<@1>" not in text.replace("\\<\\@1>", "")
    assert "**look**" not in text
    assert "@everyone" not in text.replace("\\@everyone", "")


def test_every_purpose_has_a_select_with_its_channels_and_the_next_digest() -> None:
    page = server.panel([Place(7, "feed", 1), Place(9, "feed", 1), Place(8, "digest", 1, SINCE)])
    menus = [item.item for item in page.walk_children() if hasattr(item, "item")]
    assert [[value.id for value in menu.default_values] for menu in menus] == [[7, 9], [], [], [8], []]
    assert [menu.max_values for menu in menus] == [25, 1, 25, 1, 1]
    assert f"Next <t:{int(SINCE.timestamp())}:R>" in said(page)
    assert "don't post anywhere" in said(server.panel([]))
