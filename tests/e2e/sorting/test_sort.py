"""Sorting at Spotify: the dry run and its buttons, the receipt and its buttons, and undo."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from sandbox.discord import Message
from sandbox.spotify.faults import HangUp, Request
from tests.e2e.chat_stage import STYLES, answer, asked_about, labels
from tests.e2e.checked_stack import PATIENCE, CheckedStack
from tests.e2e.trained_stage import Trained, plain

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-a")]


def promised(dry_run: Message) -> dict[str, int]:
    """The number of songs that a dry run or receipt adds to each playlist: "**Run** +3"."""
    return {name: int(number) for name, number in re.findall(r"\*\*([\w ]+)\*\* \+(\d+)", dry_run.text())}


def counted(dry_run: Message) -> list[int]:
    """The numbers in a dry run: songs to place, all songs, songs to ask about, songs to leave."""
    words = r"\*\*(\d+) of (\d+) songs? would be placed\*\*, (\d+) needs? your answer, (\d+) stays?"
    match = re.search(words, dry_run.text())
    assert match, dry_run.text()
    return [int(group) for group in match.groups()]


def hoped(dry_run: Message) -> str:
    """How many of the songs that a dry run would place it expects to be right: "8 or 9 in 10"."""
    match = re.search(r"I expect (.* in 10) of the placed ones to be right", dry_run.text())
    assert match, dry_run.text()
    return match[1]


async def test_a_dry_run_changes_nothing_and_can_be_paged_through_and_cancelled(
    stack: CheckedStack, ada: Trained
) -> None:
    before, start = ada.contents(), len(stack.spotify.requests)
    dry_run = await ada.dry_run()
    placed, looked_at, asked, left = counted(dry_run)
    said = (await answer(ada.person.command("status"))).text()
    assert f"can place {placed:,} more songs, and expects {hoped(dry_run)} to be right" in said, "the same everywhere"
    assert placed + asked + left == looked_at
    assert sum(promised(dry_run).values()) == placed
    seen = await every_page(ada, dry_run)
    titles = {track.name.replace("*", r"\*"): track.uri for track in ada.library.tracks}
    assert sum(title in seen for title in titles) >= placed + asked - 1

    said = await answer(ada.person.click(dry_run, "Cancel"))
    assert said.text() == "Nothing was changed."
    assert ada.contents() == before
    assert {line.split()[0] for line in stack.calls(ada.listener.account, start)} <= {"GET"}
    forged = await stack.forge(ada.person, f"ck1:apply:{last_write(stack, ada)}")
    assert "out of date" in forged.text()


@contextmanager
def standing_still(stack: CheckedStack) -> Iterator[list[str]]:
    """Meanwhile, playlists are read as they are now. Yields the reads of their songs."""
    now, looks = stack.spotify.now(), list[str]()

    async def stand_still(request: Request) -> None:
        stack.spotify.lag.items = (stack.spotify.now() - now).total_seconds()
        looks.extend([request.line] if request.line.startswith("GET /v1/playlists/") else [])

    stack.spotify.before.append(stand_still)
    yield looks
    stack.spotify.before.remove(stand_still)
    stack.spotify.lag.items = 0


def uris(request: Request) -> list[str]:
    return list(request.body["uris"]) if request.path.startswith("/v1/playlists") else []


def last_write(stack: CheckedStack, ada: Trained) -> int:
    return int(stack.rows("select max(write) from write where member = ?", ada.person.user.id)[0][0])


async def every_page(ada: Trained, dry_run: Message) -> str:
    seen, number = [dry_run.text()], 2
    while onward := next((name for name in labels(dry_run) if name.startswith(f"Page {number} ")), None):
        seen.append((await answer(ada.person.click(dry_run, onward))).text())
        number += 1
    return "\n".join(seen)


async def test_apply_writes_what_was_shown_and_undo_reverts_it_exactly(stack: CheckedStack, ada: Trained) -> None:
    rows = stack.spotify.playlist(ada.ref("Late night")).rows
    before = ada.contents()
    dry_run = await ada.dry_run()
    (promise,) = re.findall(r"^(?:about )?(\d+)", hoped(dry_run))
    start = len(stack.spotify.requests)
    receipt = await ada.apply(dry_run)
    assert promised(receipt) == promised(dry_run)
    after = ada.contents()
    assert {name: len(after[name]) - len(before[name]) for name in after if after[name] != before[name]} == promised(
        receipt
    )
    assert stack.spotify.playlist(ada.ref("Late night")).rows[: len(rows)] == rows, (
        "songs already there keep their order and dates"
    )
    posts = [line for line in stack.calls(ada.listener.account, start) if line.startswith("POST")]
    assert len(posts) == len(promised(receipt))
    placed = {uri: name for name in after for uri in after[name] if uri not in before[name]}
    right = [uri for uri, name in placed.items() if name in ada.library.belongs(uri)]
    assert len(right) >= (int(promise) / 10 - 0.05) * len(placed), "what was promised came true"
    said = (await answer(ada.person.command("status"))).text()
    assert "no song left that I can place" in said, "what's placed is no more to place"

    await ada.undo(receipt)
    assert ada.contents() == before
    assert stack.spotify.playlist(ada.ref("Late night")).rows == rows
    again = await ada.person.click(receipt, "Undo") if "Undo" in labels(receipt) else None
    assert again is None or "nothing to undo" in again.text()


@pytest.mark.slow
@pytest.mark.parametrize("lags", [False, True])
async def test_p01_a_bot_killed_during_a_write_finishes_it_after_a_restart(
    stack: CheckedStack, ada: Trained, provoked: None, lags: bool
) -> None:
    """Its jobs are lost too; a confirmed write gets a new one. lags: at first, reads don't show what was written."""
    bot, before, dry_run, start = stack.bot, ada.contents(), await ada.dry_run(), len(stack.spotify.requests)
    assert bot is not None

    async def kill(request: Request) -> None:
        if request.line.startswith("POST /v1/playlists"):
            bot.kill()
            raise HangUp

    with standing_still(stack) if lags else nullcontext([]) as looks:
        stack.spotify.after.append(kill)
        pressed = asyncio.create_task(ada.person.click(dry_run, "Apply"))
        await asyncio.wait_for(bot.wait(), PATIENCE)
        stack.spotify.after.remove(kill)
        await asyncio.wait({pressed}, timeout=1)
        for path in stack.data.glob("jobs.db*"):
            path.unlink()
        looks.clear()
        await stack.start_bot()
        await stack.until(lambda: not lags or len(looks) > len(promised(dry_run)))
    done = "select 1 from write where write = ? and state = 'done'"
    await stack.until(lambda: stack.rows(done, last_write(stack, ada)))
    after = ada.contents()
    assert {name: len(after[name]) - len(before[name]) for name in promised(dry_run)} == promised(dry_run)
    assert [len(set(songs)) for songs in after.values()] == [len(songs) for songs in after.values()]
    sent = [uri for request in stack.spotify.requests[start:] if request.method == "POST" for uri in uris(request)]
    assert len(sent) == len(set(sent)), "no song is sent twice"
    outcome = await ada.person.command("undo")
    await outcome.until(lambda message: "Undone" in message.text(), PATIENCE)
    assert ada.contents() == before


async def test_the_undo_command_reverts_the_last_write(stack: CheckedStack, ada: Trained) -> None:
    before = ada.contents()
    await ada.apply(await ada.dry_run())
    assert ada.contents() != before
    outcome = await ada.person.command("undo")
    await outcome.until(lambda message: "Undone" in message.text(), PATIENCE)
    assert ada.contents() == before


async def test_a_receipt_explains_and_takes_corrections(stack: CheckedStack, ada: Trained) -> None:
    unsorted = ada.contents()
    receipt = await ada.apply(await ada.dry_run())
    whisper = await answer(ada.person.click(receipt, "Why"))
    assert whisper.id != receipt.id
    outcome = await ada.person.select(whisper, "Choose a song", [whisper.selects()[0].options[0].value])
    said = await outcome.until(lambda message: "What I go by" in message.text())
    assert "operator's file" in said.text()

    menu = (await answer(ada.person.click(receipt, "Not there"))).selects()[0]
    wrong = menu.options[0]
    sorted_ = ada.contents()
    said = await answer(ada.person.select(receipt, menu.custom_id, [wrong.value]))
    assert "I'll take it out" in said.text()
    assert set(sorted_) - {wrong.description} <= set(labels(said))
    assert "you said it doesn't belong" in (await answer(ada.person.click(receipt, "Back"))).text()
    await stack.until(lambda: len(ada.contents()[wrong.description]) == len(sorted_[wrong.description]) - 1)
    (song,) = set(sorted_[wrong.description]) - set(ada.contents()[wrong.description])
    kinds = {uri: kind for uri, kind, _ in stack.labels(ada.person)}
    assert kinds[song] == "not"
    assert song not in {uri for uris in ada.contents().values() for uri in uris}
    await stack.until(lambda: not stack.rows("select 1 from write where state = 'applying'"))
    for before in (sorted_, unsorted):  # undo the correction first, then the sort
        await (await ada.person.command("undo")).until(lambda each: "Undone" in each.text(), PATIENCE)
        assert ada.contents() == before


async def test_uncertain_songs_are_asked_one_by_one_and_placed_by_the_answer(stack: CheckedStack, ada: Trained) -> None:
    await rules(ada, automatic=False)
    dry_run = await ada.dry_run()
    asked = counted(dry_run)[2]
    assert asked > 1
    assert "you said to ask first: " in await every_page(ada, dry_run)
    card = await answer(ada.person.click(dry_run, f"Ask me about {asked} song{'s' * (asked != 1)}"))
    song = asked_about(card, ada.library).uri
    where = ada.library.belongs(song)[0]
    outcome = await ada.person.click(card, where)
    await stack.until(lambda: song in ada.contents()[where])
    assert asked_about(await outcome.reply(), ada.library).uri != song
    await rules(ada, automatic=True)
    await stack.until(lambda: not stack.rows("select 1 from write where state = 'applying'"))  # then it can be undone
    await (await ada.person.command("undo")).until(lambda message: "Undone" in message.text(), PATIENCE)
    assert song not in ada.contents()[where]


async def test_whoever_allows_no_mistakes_reads_that_their_rule_asks(stack: CheckedStack, ada: Trained) -> None:
    for name in ada.contents():
        await answer(ada.person.command("playlists settings", playlist=name, mistakes=0))
    dry_run = await ada.dry_run()
    asked = re.findall(r" · ([\w ]+): \w[\w ]+$", await every_page(ada, dry_run), re.MULTILINE)
    assert "you allow no wrong songs" in asked
    assert set(asked) <= {"you allow no wrong songs", "unsure"}
    await answer(ada.person.click(dry_run, "Cancel"))
    for name in ada.contents():
        await answer(ada.person.command("playlists settings", playlist=name, mistakes=10))


async def rules(ada: Trained, *, automatic: bool) -> None:
    for name in ada.contents():
        await answer(ada.person.command("playlists settings", playlist=name, automatic=automatic))


async def test_why_is_answered_for_any_liked_song(stack: CheckedStack, ada: Trained) -> None:
    (choice, *_) = await ada.person.complete("why", option="song", typed="song 3")
    said = await answer(ada.person.command("why", song=choice))
    assert "Song 3" in said.text()
    assert "tempo" in said.text()
    assert "operator's file" in said.text()


@pytest.mark.slow
async def test_p04_songs_moved_or_removed_by_hand_stay_that_way(stack: CheckedStack, ada: Trained) -> None:
    receipt = await ada.apply(await ada.dry_run())
    name, uris = next((name, uris) for name, uris in ada.contents().items() if len(uris) >= 4)
    gone, moved = uris[-1], uris[-2]
    target = next(other for other in ada.contents() if other != name)
    stack.spotify.remove_by_hand("ada", ada.ref(name), gone)
    stack.spotify.move_by_hand("ada", moved, ada.ref(name), ada.ref(target))
    again = await ada.dry_run()
    lessons = {(uri, kind) for uri, kind, _ in stack.labels(ada.person)}
    assert {(gone, "not"), (moved, "only")} <= lessons
    if "Apply" in labels(again):
        await ada.apply(again)
    assert gone not in ada.contents()[name]
    assert moved in ada.contents()[target]
    assert moved not in ada.contents()[name]
    await ada.undo(receipt)
    assert moved in ada.contents()[target], "songs added by hand stay"
    stack.spotify.remove_by_hand("ada", ada.ref(target), moved)


async def test_existing_songs_are_learned_from_once_switched_on(stack: CheckedStack) -> None:
    library = plain(40, seed=27)
    await stack.import_features(library)
    lea = stack.add_listener("Lea", library)
    for style in STYLES[:2]:
        made = stack.spotify.create_playlist("lea", style)
        stack.spotify.add("lea", made.id, list(library.truth[style])[:6])
    await stack.link(lea)
    for style in STYLES[:2]:
        await answer(lea.person.command("playlists add", playlist=style))
    said = await answer(lea.person.command("sort"))
    assert "6 more labels" in said.text()
    said = await answer(lea.person.command("playlists settings", learn=True))
    assert "12 labels" in said.text()
    await stack.until(lambda: stack.rows("select 1 from layer where member = ? and tried = 12", lea.person.user.id))
