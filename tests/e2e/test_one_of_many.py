"""One member whose answers are odd, or whose door is limited, is nothing to the others (promise P39)."""

from typing import Any

import pytest

from sandbox.spotify import Fault
from tests.e2e.chat_stage import answer, styled
from tests.e2e.home import Home

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("home-b")]


def odd_likes(page: Any) -> Any:
    for row in page["items"]:
        row["track"] |= {"name": None, "artists": [{"name": None, "id": None}], "album": None}
    return page


def odd_playlists(page: Any) -> Any:
    for row in page["items"]:
        row |= {"name": None, "items": {"total": None}, "owner": row["owner"] | {"display_name": None}}
    return page


async def test_p39_a_member_whose_names_and_totals_are_null_is_linked_and_labels_like_the_others(home: Home) -> None:
    gil = home.move_in("gil", styled(12, 61))
    home.spotify.create_playlist("gil", "Odd")
    faults = [
        Fault("GET /v1/me/tracks", "edit", times=None, edit=odd_likes),
        Fault("GET /v1/me/playlists", "edit", times=None, edit=odd_playlists),
    ]
    home.spotify.faults += faults
    try:
        said = await (await home.link(gil)).reply()
        assert "12 liked songs" in said.text()
        (found,) = await gil.person.complete("playlists add", option="playlist")
        assert found.name == "Untitled playlist"
        await answer(gil.person.command("playlists add", playlist=found))
        assert "Untitled song" in (await answer(gil.person.command("label"))).text()
    finally:
        home.spotify.faults[:] = [each for each in home.spotify.faults if each not in faults]


@pytest.mark.usefixtures("provoked")
async def test_one_member_s_direct_messages_limited_for_an_hour_hold_up_nobody_elses_news(home: Home) -> None:
    hal, ina = home.move_in("hal", styled(9, 62)), home.move_in("ina", styled(9, 63))
    for each in (hal, ina):
        await home.link(each)
    home.discord.faults.limit(3600, matching=f"/channels/{hal.dm.channel.id}/messages", times=100)
    try:
        home.spotify.revoke("hal")
        await home.until(lambda: home.rows("select 1 from setback where member = ?", hal.person.user.id))
        home.spotify.revoke("ina")
        await home.told(ina.person, "consent", "/link")
        assert not [each for each in hal.dm.visible() if "consent" in each.text()]
        assert home.rows("select tries from setback where member = ?", hal.person.user.id) == [(0,)]
    finally:
        home.discord.faults.clear()
