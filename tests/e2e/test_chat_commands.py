"""Every command and button of a member who brought a file, over HTTP and the gateway."""

import csv
import io
import json
import sqlite3

import pytest

from sandbox.discord import Choice, Person, Upload
from sandbox.house import House
from tests.e2e.chat_stage import (
    PATIENCE,
    STYLES,
    answer,
    as_file,
    asked_about,
    data,
    house,
    label,
    labels,
    newcomer,
    styled,
    with_file,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["house"]


def rows(house: House, query: str, *values: object) -> list[tuple[object, ...]]:
    with sqlite3.connect(data(house)) as database:
        return database.execute(query, values).fetchall()


# ---------------------------------------------------------------- the library


async def test_a_file_becomes_the_library_and_a_second_one_adds_to_it(house: House) -> None:
    mara = newcomer(house, "mara")
    said = await answer(mara.command("library import", file=as_file(styled(12))))
    assert "Read 12 songs from liked.csv; your library has 12 now" in said.text()
    said = await answer(mara.command("library import", file=as_file(styled(5, seed=9))))
    assert "your library has 17 now" in said.text()
    assert labels(said) == ["New playlist"]


async def test_bad_rows_are_counted_and_named_and_the_rest_is_read(house: House) -> None:
    ida = newcomer(house, "ida")
    text = "Track Name,Artist Name(s)\nGood,Band\n,Nobody\nLonely,\n**Bold** @everyone,Band\n"
    said = await answer(ida.command("library import", file=Upload("some.csv", text.encode())))
    assert "Read 2 songs" in said.text()
    assert "2 rows left out" in said.text()
    assert "line 3: no title" in said.text()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("holiday.png", b"\x89PNG\r\n\0\0", "not a CSV file"),
        ("budget.csv", b"a,b\n1,2\n", "no columns for title and artists"),
        ("empty.csv", b"", "no columns"),
    ],
)
async def test_a_wrong_file_gets_a_clear_error(house: House, name: str, content: bytes, told: str) -> None:
    said = await answer(newcomer(house, "wrong").command("library import", file=Upload(name, content)))
    assert told in said.text()


async def test_playlists_come_out_as_files_that_can_be_read_in_again(house: House) -> None:
    otto = await with_file(house, "otto", "Late night", "Run / 2")
    said = await answer(otto.command("library export"))
    assert [each.filename.rpartition("_")[0] for each in said.files()] == ["Late_night", "Run_2"]
    header = next(csv.reader(io.StringIO(said.files()[0].data.decode("utf-8-sig"))))
    assert header[:3] == ["Track URI", "Track Name", "Artist Name(s)"]


# ---------------------------------------------------------------- playlists


async def test_playlists_are_added_listed_ruled_and_let_go(house: House) -> None:
    lena = await with_file(house, "lena", "Late night", "Run")
    suggested = await lena.complete("playlists settings", option="playlist", typed="la")
    assert [each.name for each in suggested] == ["Late night (main)"]
    outcome = await lena.command("playlists settings", playlist="Run", mistakes=1, automatic=False, emoji="🏃")
    ruled = "🏃 **Run**: I ask before a song goes in; 1 mistake in 20 is bearable."
    await outcome.until(lambda each: each.text() == ruled)
    said = await answer(lena.command("playlists settings", several=True, everything=True))
    assert "several playlists a song; everything is placed" in said.text()
    said = await answer(lena.command("playlists settings", playlist="Late night", emoji="nope"))
    assert said.text() == "One emoji, please, of those that every server has."
    said = await answer(lena.command("playlists settings", mistakes=3))
    assert "Which playlist is that about?" in said.text()
    said = await answer(lena.command("playlists add", new="Mood", layer="moods"))
    said = await answer(lena.command("playlists list"))
    assert "**main**" in said.text()
    assert "**moods**" in said.text()
    assert await lena.complete("label", option="layer", typed="moo") == [Choice("moods", "moods")]
    said = await answer(lena.command("playlists remove", playlist="Run"))
    assert "I let go of 🏃 **Run**" in said.text()
    said = await answer(lena.command("playlists remove", playlist="Run"))
    assert "not one that I keep for you" in said.text()


async def test_learning_from_standing_playlists_is_off_until_switched_on(house: House) -> None:
    tom = await with_file(house, "tom", "Late night")
    said = await answer(tom.command("playlists settings", learn=False))
    assert said.text().startswith("Off, as it is unless you ask for it")
    said = await answer(tom.command("playlists settings", learn=True))
    assert "0 labels from it" in said.text()


# ---------------------------------------------------------------- labelling


async def test_a_card_takes_one_several_none_skip_and_undo(house: House) -> None:
    library = styled()
    nele = await with_file(house, "nele", "Late night", "Run", "Kitchen")
    card = await answer(nele.command("label"))
    song = asked_about(card, library)
    several = await answer(nele.click(card, "Several"))
    assert labels(several) == ["Back"]
    card = await answer(nele.click(several, "Back"))
    several = await answer(nele.click(card, "Several"))
    card = await answer(nele.select(several, "All of its playlists", ["Late night", "Run"]))
    assert "**Late night** and 🟥 **Run**" in card.text()
    assert "1 label" in card.text()
    card = await answer(nele.click(card, "None of them"))
    assert "→ none of them" in card.text()
    card = await answer(nele.click(card, "Skip"))
    assert "2 labels · 4 more and I make my first guess" in card.text()
    card = await answer(nele.click(card, "Undo"))  # the skip
    card = await answer(nele.click(card, "Undo"))  # the none
    card = await answer(nele.click(card, "Undo"))  # the several
    assert asked_about(card, library) == song
    assert "0 labels" in card.text()
    said = await nele.click(card, "Undo")
    await said.until(lambda each: each.text() == "There is nothing to take back.")


async def test_more_than_five_playlists_are_chosen_in_a_select(house: House) -> None:
    names = [f"Shelf {number}" for number in range(7)]
    paul = await with_file(house, "paul", *names)
    card = await answer(paul.command("label"))
    assert labels(card) == ["Several", "None of them", "Skip", "Undo"]
    card = await answer(paul.select(card, "Its playlist", "Shelf 6"))
    assert "**Shelf 6**" in card.text()


async def test_a_layer_of_its_own_has_its_own_labels(house: House) -> None:
    rosa = await with_file(house, "rosa", "Late night")
    await answer(rosa.command("playlists add", new="Calm", layer="moods"))
    card = await answer(rosa.command("label", layer="moods"))
    assert "Calm" in labels(card)
    assert "Late night" not in labels(card)
    said = await answer(rosa.command("label", layer="nope"))
    assert "There is no layer" in said.text()


# ---------------------------------------------------------------- models and reasons


async def test_training_sorting_reasons_and_going_back_to_an_earlier_model(house: House) -> None:
    library = styled()
    vera = await with_file(house, "vera", *STYLES)
    said = await answer(vera.command("model"))
    assert said.text().startswith("I have not learnt your playlists yet")
    said = await answer(vera.command("sort"))
    assert labels(said) == ["Show me a song"]
    said = await answer(vera.command("train"))
    assert "6 more labels and I can learn" in said.text()

    card = await label(vera, await answer(vera.command("label")), library, 9)
    await trained(house, vera, 1)
    said = await answer(vera.command("model"))
    assert "times in" in said.text()
    assert [each.filename for each in said.files()] == ["model.png"]
    assert said.files()[0].data.startswith(b"\x89PNG")
    assert len(said.components[1]["items"][0]["description"]) > 20, "the picture's alt text says the finding"

    suggestions = await vera.complete("why", option="song", typed="Song 1")
    said = await answer(vera.command("why", song=suggestions[0]))
    assert "I went by energy and tempo (from csv)" in said.text().replace("artists, ", "").replace(", year", "")
    said = await answer(vera.command("why", song="No such song"))
    assert said.text() == "That song is not in your library."

    dry_run = await answer(vera.command("sort"))
    later = next(each for each in labels(dry_run) if each.startswith("Page 2"))
    second = await answer(vera.click(dry_run, later))
    first = next(each for each in labels(second) if each.startswith("Page 1"))
    dry_run = await answer(vera.click(second, first))
    said = await answer(vera.click(dry_run, "Cancel"))
    assert said.text() == "Nothing was changed."
    dry_run = await answer(vera.command("sort"))
    outcome = await vera.click(dry_run, "Apply")
    receipt = await outcome.until(lambda each: "Done" in each.text(), PATIENCE)
    asked = [each for each in labels(receipt) if each.startswith("Ask me")]
    if asked:
        card = await answer(vera.click(receipt, asked[0]))
        song = asked_about(card, library)
        await answer(vera.click(card, library.belongs(song.uri)[0]))
    outcome = await vera.command("undo")
    await outcome.until(lambda each: "Taken back" in each.text(), PATIENCE)

    card = await answer(vera.command("label"))
    await label(vera, card, library, 10)
    await trained(house, vera, 2)
    said = await answer(vera.command("model"))
    if said.selects():
        older = said.selects()[0].options[-1]
        said = await answer(vera.select(said, "Use an earlier model", older.value))
        assert f"Learnt from {older.label.split(' · ')[1].split(',')[0]}" in said.text()


async def trained(house: House, person: Person, times: int) -> None:
    """Wait until the member was told so often, beside their card, what training came to."""

    def told() -> bool:
        return sum("Another song" in labels(each) for each in person.visible()) >= times

    await house.discord.wait_for(told, PATIENCE)


# ---------------------------------------------------------------- updates, help, data


async def test_updates_go_where_the_member_says(house: House) -> None:
    hugo = newcomer(house, "hugo")
    said = await answer(hugo.command("updates", where="off", cap=5))
    assert said.text() == "Updates go nowhere, at most 5 a day."
    said = await answer(hugo.command("updates", options={"channel": house.channel}, quiet="22-7"))
    assert f"in <#{house.channel.id}>" in said.text()
    assert "silent from <t:" in said.text()
    said = await answer(hugo.command("updates", quiet="always"))
    assert "Quiet hours are two hours of the day" in said.text()
    said = await answer(hugo.command("updates", where="channel"))
    assert "a channel that you name" in said.text()
    said = await answer(hugo.command("mute", hours=3))
    assert said.text().startswith("Silent until <t:")
    said = await answer(hugo.command("mute", hours=0))
    assert said.text() == "Not muted any more."


async def test_help_status_and_privacy_know_a_stranger_and_a_member(house: House) -> None:
    karl = newcomer(house, "karl")
    said = await answer(karl.command("help"))
    assert labels(said) == ["Link Spotify"]
    assert len(said.text().splitlines()) == 2
    assert "Not linked to Spotify" in (await answer(karl.command("status"))).text()
    assert len((await answer(karl.command("privacy"))).text().splitlines()) == 10
    await answer(karl.command("library import", file=as_file(styled(6))))
    said = await answer(karl.command("status"))
    assert "Your library comes from a file." in said.text()
    assert labels(said) == ["New playlist"]


async def test_everything_personal_is_seen_by_its_member_alone(house: House) -> None:
    lutz = await with_file(house, "lutz", "Late night")
    for command in ("help", "status", "privacy", "label", "playlists list", "library export", "data export", "unlink"):
        assert (await answer(lutz.command(command))).visible_to == lutz.user.id, command


async def test_data_is_handed_out_and_deleted_after_a_typed_word(house: House) -> None:
    erna = await with_file(house, "erna", "Late night")
    await answer(erna.click(await answer(erna.command("label")), "Late night"))
    said = await answer(erna.command("data export"))
    exported = json.loads(said.files()[0].data)
    assert [each["member"] for each in exported["member"]] == [erna.user.id]
    assert len(exported["answer"]) == 1

    form = await erna.command("data delete")
    outcome = await erna.submit(form, word="remove")
    assert "Nothing was deleted" in (await outcome.reply()).text()
    form = await erna.command("data delete")
    outcome = await erna.submit(form, word=" Delete ")
    assert "is deleted" in (await outcome.reply()).text()
    for (table,) in rows(house, "select name from sqlite_master where type = 'table'"):
        if any(column[1] == "member" for column in rows(house, f"pragma table_info({table})")):
            assert rows(house, f"select * from {table} where member = ?", erna.user.id) == [], table  # noqa: S608


# ---------------------------------------------------------------- prompts


async def test_a_prompt_is_answered_by_each_members_own_reaction(house: House) -> None:
    anna = await with_file(house, "anna", "Late night", "Run")
    post = await answer(anna.command("prompt"))
    assert post.visible_to is None
    await house.discord.wait_for(lambda: {"🟦", "🟥", "🚫"} <= post.reactions.keys(), PATIENCE)
    await anna.react(post, "🟥")
    answers = "select kind, source, undone_at is null from answer where member = ?"
    await seen(house, answers, anna.user.id, [("only", "reaction", 1)])
    await anna.unreact(post, "🟥")
    await seen(house, answers, anna.user.id, [("only", "reaction", 0)])
    await anna.react(post, "🚫")
    await seen(house, answers, anna.user.id, [("only", "reaction", 0), ("none", "reaction", 1)])


async def test_who_shares_no_layer_in_the_channel_labels_nothing(house: House) -> None:
    berta = await with_file(house, "berta", "Late night")
    bruno = await with_file(house, "bruno", "Late night")
    post = await answer(berta.command("prompt"))
    await bruno.react(post, "🟦")
    await berta.react(post, "🟦")
    await seen(house, "select kind from answer where member = ?", berta.user.id, [("only",)])
    assert rows(house, "select kind from answer where member = ?", bruno.user.id) == []


async def seen(house: House, query: str, member: int, wanted: list[tuple[object, ...]]) -> None:
    """Wait until the database says so; reactions are not acknowledged."""
    for _ in range(200):
        if rows(house, query, member) == wanted:
            return
        try:
            await house.discord.wait_for(lambda: None, 0.05)
        except TimeoutError:
            continue
    assert rows(house, query, member) == wanted


async def test_a_command_in_a_direct_message_works_as_in_a_channel(house: House) -> None:
    fritz = newcomer(house, "fritz").in_dm()
    assert labels(await answer(fritz.command("help"))) == ["Link Spotify"]
