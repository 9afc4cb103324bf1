"""The page's calls for labelling and dry runs: an answer is one as in Discord, and what's shown is what's applied."""

from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.store.sorting import answers, cards, writes
from bot.core.records import NewWrite
from bot.core.sorting.labels import Answer, Kind, Source, event_at
from bot.core.sorting.writing.writes import LineState, WriteKind, WriteState
from bot.flows.sorting import dry_run
from bot.flows.sorting.labelling.label import Press
from bot.flows.sorting.labelling.presses import Presses
from bot.flows.sorting.writing.lines import lines_of
from tests.contract.feed.api.stage import ADA, BEN, liked
from tests.contract.feed.feed_page.keeper import Keeper
from tests.contract.feed.feed_page.stage import Stage, scored_libraries

NEVER_MADE = "/feed/api/dry-runs/1", "/feed/api/questions/AAAAAAAAAAAA"
CHANGES = (
    ("POST", "/feed/api/questions"),
    ("PUT", f"{NEVER_MADE[1]}/answer"),
    ("PUT", f"{NEVER_MADE[1]}/skip"),
    ("POST", f"{NEVER_MADE[1]}/undo"),
    ("PUT", f"{NEVER_MADE[1]}/more/0/playlists/1"),
    ("PUT", f"{NEVER_MADE[1]}/more/0/none"),
    ("PUT", f"{NEVER_MADE[0]}/lines/1"),
    ("POST", f"{NEVER_MADE[0]}/apply"),
)
LOOKS = (
    NEVER_MADE[0],
    f"{NEVER_MADE[0]}/songs/x/listen",
    f"{NEVER_MADE[0]}/songs/x/clip",
    f"{NEVER_MADE[1]}/more/0",
    f"{NEVER_MADE[1]}/listen",
    f"{NEVER_MADE[1]}/clip",
)


# ---------------------------------------------------------------- labelling


async def test_an_answer_on_the_page_is_stored_as_one_in_discord(ada: Keeper) -> None:
    question = await ada.next()
    assert [place["name"] for place in question["playlists"]] == ["Late night", "Run"]
    said = await ada.say(question["card"], ada.run)
    ((song, kind, chosen),) = await ada.standing()
    assert (kind, chosen) == (Kind.ONLY, (ada.run.playlist,))
    assert said["note"] == f"{question['title']} – {', '.join(question['artists'])} → 🟦 Run"
    assert said["question"]["card"] != question["card"]
    assert song not in said["note"]
    async with ada.stage.store.reading() as tx:
        (answer,) = await answers.standing(tx, ADA, ada.layer.layer)
    assert answer.source is Source.BUTTON
    last = await ada.say(said["question"]["card"])
    assert (await ada.standing())[1][1:] == (Kind.NONE, ())
    skipped = await ada.stage.ask(f"/feed/api/questions/{last['question']['card']}/skip", ADA, "PUT")
    assert (skipped.status, (await ada.standing())[2][1]) == (200, Kind.SKIP)
    several = await ada.say(skipped.json["question"]["card"], ada.night, ada.run)
    assert several["note"].endswith("🟦 Late night and 🟦 Run")
    assert (await ada.standing())[3][2] == (ada.night.playlist, ada.run.playlist)


async def test_a_repeated_answer_or_undo_does_nothing_twice(ada: Keeper) -> None:
    first = await ada.next()
    said = await ada.say(first["card"], ada.run)
    again = await ada.say(first["card"], ada.run)
    assert len(await ada.standing()) == 1
    assert again["question"]["card"] == said["question"]["card"], "the question that the lost reply had"
    assert again["note"] == ""
    second = await ada.say(said["question"]["card"], ada.night)
    card = second["question"]["card"]
    undone = [await ada.undo(card) for _ in range(3)]
    assert [chosen for _song, _kind, chosen in await ada.standing()] == [(ada.run.playlist,)]
    assert len({each["question"]["card"] for each in undone}) == 1
    assert undone[0]["question"]["title"] == said["question"]["title"]
    assert undone[0]["note"] == "Undone. So where does it go?"
    assert (await ada.undo(undone[0]["question"]["card"]))["question"]["title"] == first["title"], "undo stacks"
    assert await ada.standing() == []


async def test_what_an_answer_on_a_receipt_wrote_is_undone_from_the_page_too(ada: Keeper) -> None:
    store, now, question = ada.stage.store, ada.stage.clock(), await ada.next()
    async with store.writing() as tx:
        asked = await writes.begin(tx, NewWrite(ADA, ada.layer.layer, WriteKind.WATCH, 1), now)
        card = await cards.get(tx, question["card"])
        assert card is not None
        await cards.add(tx, replace(card, card="receipt", write=asked))
    pressed = await Presses(store).keep(ADA, "receipt", Press(Kind.ONLY, [ada.run.playlist], 1), now)
    assert pressed.write is not None
    async with store.writing() as tx:
        (line,) = lines_of(await writes.changes(tx, pressed.write), ada.run.playlist)
        await writes.note(tx, [replace(line, state=LineState.WRITTEN)])
        await writes.set_state(tx, pressed.write, WriteState.DONE)
    undone = await ada.undo(question["card"])
    assert undone["note"] == "I'm undoing it in your playlists too. So where does it go?"
    assert (await ada.standing(), ada.stage.jobs) == ([], [("apply", ADA)])


async def test_the_newest_answer_wins_wherever_it_was_given(ada: Keeper) -> None:
    """A press in Discord is ordered by Discord's clock, which may be ahead of ours."""
    store, now = ada.stage.store, ada.stage.clock()
    question = await ada.next()
    ahead = event_at(now.timestamp() * 1000 + 600_000)
    by_button = await Presses(store).keep(ADA, question["card"], Press(Kind.ONLY, [ada.night.playlist], ahead), now)
    assert await ada.where(by_button.song) == {ada.night.playlist}
    await ada.say(question["card"], ada.run)
    assert await ada.where(by_button.song) == {ada.run.playlist}
    later = Press(Kind.ONLY, [ada.night.playlist], ahead + (1 << 22))
    await Presses(store).keep(ADA, question["card"], later, now)
    assert await ada.where(by_button.song) == {ada.night.playlist}


async def test_the_sixth_label_starts_a_training(ada: Keeper) -> None:
    question = await ada.next()
    for count in range(6):
        assert ada.stage.jobs == []
        assert question["tally"].startswith(f"{count} label")
        question = (await ada.say(question["card"], ada.run))["question"]
    assert ada.stage.jobs == [("train", ADA)]


async def test_a_card_of_somebody_elses_and_an_unkept_playlist_change_nothing(ada: Keeper) -> None:
    question = await ada.next()
    address = f"/feed/api/questions/{question['card']}"
    for path, method, body in (
        ("answer", "PUT", {"playlists": [ada.run.playlist]}),
        ("skip", "PUT", None),
        ("undo", "POST", None),
        ("listen", "GET", None),
        ("clip", "GET", None),
    ):
        refused = await ada.stage.ask(f"{address}/{path}", BEN, method, body)
        assert (refused.status, refused.json["detail"]) == (404, "These buttons belong to someone else.")
    stranger = await ada.stage.ask(f"{address}/answer", ADA, "PUT", {"playlists": [ada.run.playlist, 999]})
    assert (stranger.status, "don't keep that playlist" in stranger.json["detail"]) == (404, True)
    assert (await ada.stage.ask(f"{address}/undo", ADA, "POST")).json["detail"] == "There's nothing to undo."
    assert await ada.standing() == []
    assert (await ada.say(question["card"], ada.run))["note"], "a refused answer doesn't count as the card's answer"


@pytest.mark.parametrize("playlists", [None, 1, "1", {}, ["1"], [True], [1.0], [-1], [2**63], [1, 1], list(range(101))])
async def test_a_malformed_answer_gets_a_problem_and_is_no_defect(ada: Keeper, playlists: Any) -> None:
    question = await ada.next()
    address = f"/feed/api/questions/{question['card']}/answer"
    assert (await ada.stage.ask(address, ADA, "PUT", {"playlists": playlists})).status == 400
    assert await ada.standing() == []
    for layer in (playlists, 999):
        if layer != 1:
            assert (await ada.stage.ask("/feed/api/questions", ADA, "POST", {"layer": layer})).status in (400, 404)


async def test_a_song_on_a_card_can_be_heard(ada: Keeper) -> None:
    question = await ada.next()
    assert question["cover"] is None, "no cover before the sound's source is known"
    heard = (await ada.stage.ask(f"/feed/api/questions/{question['card']}/listen")).json
    assert (heard["way"], heard["by"], heard["clip"]) == ("link", "Spotify", None)
    assert (await ada.stage.ask(f"/feed/api/questions/{question['card']}/clip")).status == 404


@pytest.mark.parametrize(("method", "path"), CHANGES)
async def test_no_other_page_can_answer_or_apply(stage: Stage, method: str, path: str) -> None:
    headers = {"Cookie": f"ck_feed={stage.sessions[ADA]}", "Origin": "https://elsewhere.example"}
    assert (await stage.bare(path, method, b"{}", headers)).status == 403
    assert (await stage.ask(path, None, method, {})).status == 401


@pytest.mark.parametrize("path", LOOKS)
async def test_without_a_session_nothing_is_answered(stage: Stage, path: str) -> None:
    assert (await stage.ask(path, None)).status == 401
    assert (await stage.ask(path)).status == 404


# ---------------------------------------------------------------- dry runs


async def planned(ada: Keeper, count: int = 4) -> int:
    """A dry run that puts some songs into Run."""
    store, now = ada.stage.store, ada.stage.clock()
    async with store.writing() as tx:
        for at in range(24):
            kind, chosen = (Kind.ONLY, (ada.run.playlist,)) if at < count else (Kind.NONE, ())
            await answers.add(tx, ADA, ada.layer.layer, Answer(liked(at).song, kind, chosen, Source.BUTTON, at + 1))
    scored = await scored_libraries(ada.stage).of(ADA, ada.layer.layer)
    write = await dry_run.prepare(store, ada.layer, scored, None, now)
    async with store.writing() as tx:
        await writes.set_state(tx, write, WriteState.PLANNED)
    return write


async def wanted(ada: Keeper, write: int) -> set[str]:
    """The songs that would be written."""
    async with ada.stage.store.reading() as tx:
        return {change.song for change in await writes.changes(tx, write) if change.state == "wanted"}


async def test_what_is_unticked_is_not_written_and_ticking_it_again_puts_it_back(ada: Keeper) -> None:
    write = await planned(ada)
    address = f"/feed/api/dry-runs/{write}"
    shown = (await ada.stage.ask(address)).json
    (run,) = [section for section in shown["sections"] if section["key"] == str(ada.run.playlist)]
    assert run["title"] == "🟦 Run\n4 songs go in, the least sure first"
    assert [line["goes"] for line in run["lines"]] == [True] * 4
    line, *_ = run["lines"]
    assert line["said"] == f"{line['title']} – Artist {line['title'].split()[1]} · you said so"
    for _ in range(2):
        now = (await ada.stage.ask(f"{address}/lines/{line['change']}", ADA, "PUT", {"goes": False})).json
    assert line["song"] not in await wanted(ada, write)
    assert len(await ada.standing()) == 25, "saying it twice is saying it once"
    (struck,) = [each for each in now["sections"][0]["lines"] if each["change"] == line["change"]]
    assert (struck["goes"], struck["said"].endswith("you said it doesn't belong here")) == (False, True)
    assert now["sections"][-1]["lines"][0]["said"].endswith("· you said so"), "it's also among what stays"
    back = (await ada.stage.ask(f"{address}/lines/{line['change']}", ADA, "PUT", {"goes": True})).json
    assert line["song"] in await wanted(ada, write)
    assert back["version"] == shown["version"] != now["version"]


async def test_only_what_was_shown_is_applied(ada: Keeper) -> None:
    write = await planned(ada)
    address = f"/feed/api/dry-runs/{write}"
    shown = (await ada.stage.ask(address)).json
    line = shown["sections"][0]["lines"][0]["change"]
    now = (await ada.stage.ask(f"{address}/lines/{line}", ADA, "PUT", {"goes": False})).json
    stale = await ada.stage.ask(f"{address}/apply", ADA, "POST", {"version": shown["version"]})
    assert (stale.status, "changed elsewhere" in stale.json["detail"]) == (409, True)
    assert ada.stage.jobs == []
    assert (await ada.stage.ask(f"{address}/apply", BEN, "POST", {"version": now["version"]})).status == 404
    for _ in range(2):
        applied = await ada.stage.ask(f"{address}/apply", ADA, "POST", {"version": now["version"]})
        assert (applied.status, applied.json["planned"]) == (200, False)
        assert applied.json["detail"] == "Writing to your playlists: Run +3."
    assert ada.stage.jobs == [("apply", ADA)]
    late = await ada.stage.ask(f"{address}/lines/{line}", ADA, "PUT", {"goes": True})
    assert (late.status, "out of date" in late.json["detail"]) == (404, True)


async def test_a_dry_run_of_somebody_elses_is_not_shown(ada: Keeper) -> None:
    write = await planned(ada)
    address = f"/feed/api/dry-runs/{write}"
    line = (await ada.stage.ask(address)).json["sections"][0]["lines"][0]
    for path in (address, f"{address}/songs/{line['song']}/listen", f"{address}/songs/{line['song']}/clip"):
        assert (await ada.stage.ask(path, BEN)).status == 404
    assert (await ada.stage.ask(f"{address}/lines/{line['change']}", BEN, "PUT", {"goes": False})).status == 404
    assert (
        await ada.stage.ask(f"/feed/api/dry-runs/999/lines/{line['change']}", ADA, "PUT", {"goes": False})
    ).status == 404
    assert len(await wanted(ada, write)) == 4
    assert (await ada.stage.ask(f"{address}/songs/{line['song']}/listen")).json["way"] == "link"
    async with ada.stage.store.writing() as tx:
        await writes.set_state(tx, write, WriteState.CANCELLED)
    assert "out of date" in (await ada.stage.ask(address)).json["detail"]
