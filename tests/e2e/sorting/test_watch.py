"""Likes that come in are sorted, and their member is told where they want to be told."""

import pytest

from sandbox.discord import AnswerKind, Message
from tests.e2e.chat_stage import answer, labels
from tests.e2e.home import Home, Trained
from tests.e2e.sorting.test_sort import rules

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("home-a")]


async def sorted_in(home: Home, ada: Trained, uri: str) -> str:
    """Wait until the song stands in one of her playlists; the playlist's name."""
    return await home.until(lambda: next((name for name, uris in ada.contents().items() if uri in uris), None))


async def update(home: Home, ada: Trained, after: int, *words: str) -> Message:
    return await home.told(ada.person, "new like", *words, after=after)


async def test_a_new_like_is_put_where_it_belongs_and_told_by_direct_message(home: Home, ada: Trained) -> None:
    last = home.last_message(ada.person)
    start = len(home.spotify.requests)
    uri = ada.likes()
    said = await update(home, ada, last, "1 new like sorted")
    name = await sorted_in(home, ada, uri)
    assert name in ada.library.belongs(uri)
    assert f"**{name}** +1" in said.text()
    assert {"Undo", "Not there", "Why", "Mute for a day"} <= set(labels(said))
    posts = [line for line in home.calls(ada.resident.account, start) if line.startswith("POST")]
    assert len(posts) == 1

    outcome = await ada.resident.dm.click(said, "Undo")
    await outcome.until(lambda each: "Taken back" in each.text())
    assert uri not in ada.contents()[name]


async def test_what_is_not_there_is_a_lesson_and_comes_out_again(home: Home, ada: Trained) -> None:
    last = home.last_message(ada.person)
    uri = ada.likes()
    said = await update(home, ada, last, "+1")
    name = await sorted_in(home, ada, uri)
    dm = ada.resident.dm
    menu = (await answer(dm.click(said, "Not there"))).selects()[0]
    await answer(dm.select(said, menu.custom_id, [menu.options[0].value]))
    await home.until(lambda: uri not in ada.contents()[name])
    assert (uri, "not") in {(song, kind) for song, kind, _ in home.labels(ada.person)}


async def test_an_unsure_one_is_answered_in_the_update_and_then_placed(home: Home, ada: Trained) -> None:
    await rules(ada, automatic=False)
    last = home.last_message(ada.person)
    uri = ada.likes()
    said = await update(home, ada, last, "1 for you to decide")
    (right,) = ada.library.belongs(uri)
    outcome = await ada.resident.dm.click(said, right)
    assert outcome.answer is AnswerKind.UPDATE
    assert await sorted_in(home, ada, uri) == right
    assert (uri, "only") in {(song, kind) for song, kind, _ in home.labels(ada.person)}
    assert "for you to decide" not in said.text()
    await rules(ada, automatic=True)


async def test_updates_go_to_a_channel_that_the_member_chose(home: Home, ada: Trained) -> None:
    await answer(ada.person.command("updates", where="channel", options={"channel": home.updates}))
    uri = ada.likes()
    said = await home.told(ada.person, "1 new like sorted", channel=home.updates)
    assert said.visible_to is None
    stranger = home.move_in("Bystander", ada.library)
    outcome = await stranger.person.at(home.updates).click(said, "Undo")
    assert "somebody else" in outcome.text()
    assert outcome.message.visible_to == stranger.person.user.id
    assert uri in ada.contents()[await sorted_in(home, ada, uri)]

    home.discord.close(home.updates, ada.person.user)  # a channel that Ada does not see any more gets nothing of hers
    last = home.last_message(ada.person)
    before = len(home.updates.messages)
    ada.likes()
    await home.told(ada.person, "1 new like sorted", channel=home.discord.dm(ada.person.user), after=last)
    assert len(home.updates.messages) == before
    home.discord.open(home.updates, ada.person.user)
    await answer(ada.person.command("updates", where="dm"))


async def test_what_happens_while_muted_is_told_afterwards_and_off_is_off(home: Home, ada: Trained) -> None:
    last = home.last_message(ada.person)
    await answer(ada.person.command("mute", hours=1))
    first = ada.likes()
    await sorted_in(home, ada, first)
    assert home.last_message(ada.person) == last
    await answer(ada.person.command("mute", hours=0))
    said = await update(home, ada, last, "+1")
    await answer(ada.resident.dm.click(said, "Mute for a day"))
    assert "Muted until" in (await answer(ada.person.command("status"))).text()
    await answer(ada.person.command("mute", hours=0))

    await answer(ada.person.command("updates", where="off"))
    last = home.last_message(ada.person)
    second = ada.likes()
    await sorted_in(home, ada, second)
    updates = "select count(*) from notice where member = ? and kind = 'update' and sent_at is null"
    await home.until(lambda: home.rows(updates, ada.person.user.id) == [(0,)])
    assert home.last_message(ada.person) == last
    await answer(ada.person.command("updates", where="dm"))


async def test_what_cannot_be_is_said(home: Home, ada: Trained) -> None:
    assert "name" in (await answer(ada.person.command("updates", where="channel"))).text()
    assert "two hours" in (await answer(ada.person.command("updates", quiet="late"))).text()
    said = await answer(ada.person.command("updates", quiet="3-3"))
    assert "48 a day" in said.text()


@pytest.mark.usefixtures("provoked")
async def test_news_wait_while_discord_is_out_of_order_and_are_told_once(home: Home, ada: Trained) -> None:
    last = home.last_message(ada.person)
    home.discord.faults.fail(503, matching=f"/channels/{ada.resident.dm.channel.id}/messages", times=3)
    uri = ada.likes()
    said = await update(home, ada, last, "1 new like sorted")
    assert home.discord.faults.pending == []
    await (await ada.resident.dm.click(said, "Undo")).until(lambda each: "Taken back" in each.text())
    assert uri not in {each for uris in ada.contents().values() for each in uris}
    told = [each for each in ada.resident.dm.visible() if each.id > last]
    assert [each.id for each in told] == [said.id]
