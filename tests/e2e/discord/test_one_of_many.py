"""One member with odd responses or rate-limited messages doesn't affect the others (promise P39)."""

from typing import Any

import pytest

from sandbox.spotify import Fault
from tests.e2e.chat_stage import answer, styled
from tests.e2e.checked_stack import CheckedStack

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]


def odd_likes(page: Any) -> Any:
    for row in page["items"]:
        row["track"] |= {"name": None, "artists": [{"name": None, "id": None}], "album": None}
    return page


def odd_playlists(page: Any) -> Any:
    for row in page["items"]:
        row |= {"name": None, "items": {"total": None}, "owner": row["owner"] | {"display_name": None}}
    return page


async def test_p39_a_member_with_null_names_and_totals_can_link_and_label(
    stack: CheckedStack,
) -> None:
    gil = stack.add_listener("gil", styled(12, 961))
    stack.spotify.create_playlist("gil", "Odd")
    faults = [
        Fault("GET /v1/me/tracks", "edit", times=None, edit=odd_likes),
        Fault("GET /v1/me/playlists", "edit", times=None, edit=odd_playlists),
    ]
    stack.spotify.faults += faults
    try:
        said = await (await stack.link(gil)).reply()
        assert "12 liked songs" in said.text()
        (choice,) = await gil.person.complete("playlists add", option="playlist")
        assert choice.name == "Untitled playlist"
        await answer(gil.person.command("playlists add", playlist=choice))
        assert "Untitled song" in (await answer(gil.person.command("label"))).text()
    finally:
        stack.spotify.faults[:] = [fault for fault in stack.spotify.faults if fault not in faults]


@pytest.mark.usefixtures("provoked")
async def test_one_members_rate_limited_messages_delay_nobody_elses_updates(stack: CheckedStack) -> None:
    hal, ina = stack.add_listener("hal", styled(9, 62)), stack.add_listener("ina", styled(9, 63))
    for listener in (hal, ina):
        await stack.link(listener)
    stack.discord.faults.limit(3600, matching=f"/channels/{hal.dm.channel.id}/messages", times=100)
    try:
        stack.spotify.revoke("hal")
        await stack.until(lambda: stack.rows("select 1 from setback where member = ?", hal.person.user.id))
        stack.spotify.revoke("ina")
        await stack.told(ina.person, "consent", "/link")
        assert not [message for message in hal.dm.visible() if "consent" in message.text()]
        assert stack.rows("select tries from setback where member = ?", hal.person.user.id) == [(0,)]
    finally:
        stack.discord.faults.clear()
