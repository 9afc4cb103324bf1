"""The bot, killed anywhere while it saves a song that a member liked in the feed, ends as if it hadn't been."""

from pathlib import Path

import pytest

from sandbox.discord import Message, Person
from sandbox.music.library import Library
from tests.crash.crash_stack import CrashStack
from tests.crash.driver import Flow
from tests.e2e.chat_stage import answer, with_file
from tests.e2e.trained_stage import plain

SHARED, OWN = plain(24, seed=141), plain(6, seed=142)


@pytest.mark.slow
async def test_p26_a_bot_killed_after_a_like_in_the_feed_saves_it_once(
    tmp_path: Path, crash_engine: str, survives
) -> None:
    """A like in the feed goes to the member's likes at Spotify."""
    async with CrashStack(tmp_path / "stack", engine=crash_engine) as stack:
        await stack.import_features(Library((*SHARED.tracks, *OWN.tracks), (), {}, (*SHARED.features, *OWN.features)))
        await stack.start_bot()
        await stack.described(SHARED)
        rob = stack.add_listener("Rob", OWN)
        await stack.link(rob)
        for person in (await with_file(stack, "pia", library=SHARED), rob.person):
            await answer(person.command("feed join"))
        await answer(rob.person.command("feed settings", save_likes=True))
        card = await _shared(rob.person)
        song = next(track.uri for track in SHARED.tracks if track.id in card.text())
        await stack.keep()
        flow = Flow("feed like", lambda: answer(rob.person.click(card, "Like")), lambda: rob.account.has_saved(song))
        await survives(stack, flow)


async def _shared(person: Person) -> Message:
    """A card with a shared song, which can be saved at Spotify."""
    card = await answer(person.command("feed play"))
    while "spotify.com" not in card.text():
        card = await answer(person.click(card, "Next"))
    return card
