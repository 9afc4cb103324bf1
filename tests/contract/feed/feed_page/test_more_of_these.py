"""*More of these* on the page: a list to tick, one answer about all that are ticked, and one undo. Over HTTP."""

from typing import Any

import pytest

from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers
from bot.core.records import Like, Song
from bot.core.sorting.groups import ALBUM
from bot.core.sorting.labels import Kind, Source
from bot.flows.sorting.labelling import bulk, label
from tests.contract.feed.api.stage import ADA, BEN, liked
from tests.contract.feed.feed_page.keeper import Keeper
from tests.contract.feed.feed_page.stage import scored_libraries

HITS = [Song(f"spotify:track:hit{at}", f"Hit {at}", ("Harbours",), "Hits") for at in range(4)]
DUET = Song("spotify:track:duet", "Duet", ("Harbours", "Ann"), "Duets")


async def like(ada: Keeper, *liked: Song) -> None:
    now = ada.stage.clock()
    async with ada.stage.store.writing() as tx:
        await songs.like(tx, ADA, [Like(song, now) for song in liked], now)


async def asked_about(ada: Keeper, song: str) -> str:
    """The address of a card about that song."""
    libraries, now = scored_libraries(ada.stage), ada.stage.clock()
    question = await label.ask_about(ada.stage.store, libraries, ada.layer, song, now)
    return f"/feed/api/questions/{question.card.card}"


async def list_of(ada: Keeper, card: str, group: int = 0) -> dict[str, Any]:
    return await ada.ask(f"{card}/more/{group}", "GET")


def ticks(listed: dict[str, Any], *titles: str) -> list[str]:
    """What stands for those songs; for all of them without titles."""
    return [each["tick"] for each in listed["songs"] if not titles or each["said"].split(" – ")[0] in titles]


async def say(ada: Keeper, path: str, ticked: list[str]) -> dict[str, Any]:
    return await ada.ask(path, "PUT", {"ticks": ticked})


@pytest.mark.slow
async def test_a_card_offers_the_list_only_where_there_is_more(ada: Keeper) -> None:
    await like(ada, *HITS[:2])
    first = await ada.next()
    by_title = {first["title"]: first["more"]}
    for _ in range(26):
        said = await ada.stage.ask(f"/feed/api/questions/{first['card']}/skip", ADA, "PUT")
        if said.json["question"] is None:
            break
        first = said.json["question"]
        by_title[first["title"]] = first["more"]
    assert len(by_title) == 26
    assert {title for title, more in by_title.items() if more is not None} == {"Hit 0", "Hit 1"}


async def test_the_list_is_of_an_artist_or_an_album_of_what_is_not_sorted(ada: Keeper) -> None:
    await like(ada, *HITS, DUET)
    card = await asked_about(ada, HITS[0].song)
    of_artist = await list_of(ada, card)
    assert of_artist["detail"] == "5 songs by Harbours aren't sorted yet."
    assert {each["said"] for each in of_artist["songs"]} == {song.line for song in (*HITS, DUET)}
    assert [place["name"] for place in of_artist["playlists"]] == ["Late night", "Run"]
    of_album = await list_of(ada, card, ALBUM)
    assert {each["said"] for each in of_album["songs"]} == {song.line for song in HITS}
    names = [{"group": 0, "name": "By Harbours"}, {"group": ALBUM, "name": "On the album Hits"}]
    assert of_artist["groups"] == of_album["groups"] == names
    assert (of_artist["group"], of_album["group"]) == (0, ALBUM)
    duet = await list_of(ada, await asked_about(ada, DUET.song))
    assert [each["name"] for each in duet["groups"]] == ["By Harbours"], "nothing else is by Ann, or on Duets"


async def test_one_answer_is_one_opinion_about_what_is_ticked_and_one_undo_takes_it_back(ada: Keeper) -> None:
    await like(ada, *HITS)
    card = await asked_about(ada, HITS[0].song)
    listed = await list_of(ada, card)
    said = await say(ada, f"{card}/more/0/playlists/{ada.run.playlist}", ticks(listed, "Hit 0", "Hit 1", "Hit 2"))
    assert (said["note"], said["rest"]) == ("3 songs by Harbours → 🟦 Run", False)
    assert said["question"] is not None
    async with ada.stage.store.reading() as tx:
        kept = await answers.standing(tx, ADA, ada.layer.layer)
    assert {(answer.song, answer.kind, answer.playlists) for answer in kept} == {
        (song.song, Kind.ONLY, (ada.run.playlist,)) for song in HITS[:3]
    }
    assert {answer.source for answer in kept} == {Source.BULK}
    assert len({answer.event for answer in kept}) == 1
    undone = await ada.undo(said["question"]["card"])
    assert undone["note"] == "Undone for all 3 songs. So where does this one go?"
    assert undone["question"]["title"].startswith("Hit")
    assert await ada.standing() == []


async def test_none_of_them_is_one_answer_too(ada: Keeper) -> None:
    await like(ada, *HITS)
    card = await asked_about(ada, HITS[0].song)
    said = await say(ada, f"{card}/more/{ALBUM}/none", ticks(await list_of(ada, card, ALBUM)))
    assert said["note"] == "All 4 on Hits → none of them"
    assert {kind for _song, kind, _playlists in await ada.standing()} == {Kind.NONE}


async def test_a_repeated_answer_does_nothing_twice_even_when_the_list_is_gone(ada: Keeper) -> None:
    await like(ada, *HITS)
    card = await asked_about(ada, HITS[0].song)
    path, ticked = f"{card}/more/0/playlists/{ada.run.playlist}", ticks(await list_of(ada, card))
    first = await say(ada, path, ticked)
    assert (await ada.stage.ask(f"{card}/more/0")).status == 404, "all of them are sorted"
    again = await say(ada, path, ticked[::-1])
    assert again["question"]["card"] == first["question"]["card"], "the question that the lost reply had"
    assert again["note"] == ""
    assert len(await ada.standing()) == len(HITS)
    other = await ada.stage.ask(f"{card}/more/0/playlists/{ada.night.playlist}", ADA, "PUT", {"ticks": ticked})
    assert (other.status, "nothing left to sort" in other.json["detail"]) == (404, True)
    await ada.undo(first["question"]["card"])
    assert await ada.standing() == [], "it was one answer"


async def test_what_found_its_place_meanwhile_keeps_it(ada: Keeper) -> None:
    await like(ada, *HITS)
    card = await asked_about(ada, HITS[0].song)
    ticked = ticks(await list_of(ada, card), "Hit 0", "Hit 1")
    await ada.say(card.rpartition("/")[2], ada.night)
    said = await say(ada, f"{card}/more/0/playlists/{ada.run.playlist}", ticked)
    assert said["note"] == "1 song by Harbours → 🟦 Run"
    assert await ada.where(HITS[0].song) == {ada.night.playlist}
    assert await ada.where(HITS[1].song) == {ada.run.playlist}


async def test_the_rest_of_a_long_list_follows(ada: Keeper) -> None:
    many = [Song(f"spotify:track:many{at}", f"Many {at}", ("Choir",)) for at in range(bulk.MOST + 2)]
    await like(ada, *many)
    card = await asked_about(ada, many[0].song)
    listed = await list_of(ada, card)
    assert listed["detail"] == "102 songs by Choir aren't sorted yet. Here are the first 100; the others follow."
    first = await say(ada, f"{card}/more/0/none", ticks(listed))
    left = await list_of(ada, card)
    assert (first["rest"], len(left["songs"])) == (True, 2)
    assert (await say(ada, f"{card}/more/0/none", ticks(left)))["rest"] is False
    assert len(await ada.standing()) == len(many)


async def test_the_sixth_label_starts_a_training(ada: Keeper) -> None:
    await like(ada, *HITS, DUET)
    card = await asked_about(ada, HITS[0].song)
    await ada.say((await ada.next())["card"], ada.night)
    assert ada.stage.jobs == []
    await say(ada, f"{card}/more/0/none", ticks(await list_of(ada, card)))
    assert ada.stage.jobs == [("train", ADA)]


async def test_a_list_of_somebody_elses_and_an_unkept_playlist_change_nothing(ada: Keeper) -> None:
    await like(ada, *HITS)
    card = await asked_about(ada, HITS[0].song)
    ticked = {"ticks": ticks(await list_of(ada, card))}
    places = f"{card}/more/0/playlists"
    assert (await ada.stage.ask(f"{card}/more/0", BEN)).status == 404
    assert (await ada.stage.ask(f"{places}/{ada.run.playlist}", BEN, "PUT", ticked)).status == 404
    assert (await ada.stage.ask(f"{places}/999", ADA, "PUT", ticked)).status == 404
    assert (await ada.stage.ask(f"{card}/more/7", ADA)).status == 404, "it has no such group"
    assert (await ada.stage.ask(f"{card}/more/7/none", ADA, "PUT", ticked)).status == 404
    foreign = {"ticks": [liked(0).song, "0123456789abcdef"]}
    assert (await ada.stage.ask(f"{card}/more/0/none", ADA, "PUT", foreign)).status == 404, "none of the list's songs"
    assert await ada.standing() == []
    assert (await say(ada, f"{places}/{ada.run.playlist}", ticked["ticks"]))["note"], "a refused answer isn't taken"


@pytest.mark.parametrize("ticked", [None, 1, "1", {}, [1], [None], ["a", "a"], [str(at) for at in range(101)]])
async def test_a_malformed_list_gets_a_problem_and_is_no_defect(ada: Keeper, ticked: Any) -> None:
    await like(ada, *HITS)
    card = await asked_about(ada, HITS[0].song)
    assert (await ada.stage.ask(f"{card}/more/0/none", ADA, "PUT", {"ticks": ticked})).status == 400
    assert await ada.standing() == []


@pytest.mark.parametrize("ticked", [None, "x", [1], ["x", "x"], ["\ud800"], [str(at) for at in range(101)]])
async def test_malformed_ticks_get_a_problem_and_are_no_defect(ada: Keeper, ticked: Any) -> None:
    card = (await ada.next())["card"]
    path = f"/feed/api/questions/{card}/more/0/none"
    assert (await ada.stage.ask(path, ADA, "PUT", {"ticks": ticked})).status == 400
