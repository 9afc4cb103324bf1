"""/playlists history through Discord: what changed and by whom, an earlier state, its file, and getting it back."""

import csv
import io

import pytest

from bot.core.markup import escape
from tests.e2e.chat_stage import answer, at_spotify, labels, styled
from tests.e2e.checked_stack import CheckedStack

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]


async def test_a_playlist_is_had_back_as_it_was_before_an_edit_by_hand(stack: CheckedStack) -> None:
    hal = stack.add_listener("Hal", styled(9, seed=61))
    run = stack.spotify.create_playlist("hal", "Run")
    uris = [like.uri for like in hal.library.likes[:4]]
    stack.spotify.add("hal", run.id, uris[:3])
    await stack.link(hal)
    await answer(hal.person.command("playlists add", playlist="Run"))
    assert "hasn't changed" in (await answer(hal.person.command("playlists history", playlist="Run"))).text()

    stack.spotify.remove_by_hand("hal", run.id, uris[1])
    stack.spotify.add_by_hand("hal", run.id, uris[3])
    shown = await answer(hal.person.command("playlists history", playlist="Run"))
    assert "1 song was added by hand, 1 song was taken out by hand" in shown.text()
    (option,) = shown.selects()[0].options
    state = await answer(hal.person.select(shown, "Show it as it was before…", option.value))
    assert "3 songs." in state.text()
    titles = {track.uri: track.name for track in hal.library.tracks}
    assert all(escape(titles[uri]) in state.text().partition("1. ")[2] for uri in uris[:3])

    sent = await answer(hal.person.click(state, "As CSV"))
    (file,) = sent.files()
    rows = list(csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert [row["Track URI"] for row in rows] == uris[:3]

    planned = await answer(hal.person.click(state, "Restore this"))
    assert "1 song would come back; 1 song would be taken out" in planned.text()
    assert labels(planned) == ["Apply", "Cancel"]
    assert list(stack.spotify.playlist(run.id).uris) == [uris[0], uris[2], uris[3]]
    outcome = await hal.person.click(planned, "Apply")
    done = await outcome.until(lambda message: "**Done**" in message.text(), 20)
    assert list(stack.spotify.playlist(run.id).uris) == uris[:3]
    assert "Not there" not in labels(done)
    await hal.person.click(done, "Undo")
    await at_spotify(stack, lambda: list(stack.spotify.playlist(run.id).uris) == [uris[0], uris[2], uris[3]])
