"""New likes are sorted, and members get the updates where they want them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.discord import AnswerKind, Change, Interaction, Message
from tests.e2e.chat_stage import STYLES, answer, labels
from tests.e2e.checked_stack import CheckedStack
from tests.e2e.sorting.test_sort import rules
from tests.e2e.trained_stage import Trained

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-a")]


async def sorted_in(stack: CheckedStack, ada: Trained, uri: str) -> str:
    """Wait until the song is in one of Ada's playlists. Returns the playlist's name."""
    return await stack.until(lambda: next((name for name, uris in ada.contents().items() if uri in uris), None))


async def update(stack: CheckedStack, ada: Trained, after: int, *words: str) -> Message:
    return await stack.told(ada.person, "new like", *words, after=after)


async def test_a_new_like_goes_where_it_belongs_and_is_reported_by_direct_message(
    stack: CheckedStack, ada: Trained
) -> None:
    last = stack.last_message(ada.person)
    start = len(stack.spotify.requests)
    uri = ada.likes()
    said = await update(stack, ada, last, "1 new like sorted")
    name = await sorted_in(stack, ada, uri)
    assert name in ada.library.belongs(uri)
    assert f"**{name}** +1" in said.text()
    assert {"Undo", "Not there", "Why", "Mute for a day"} <= set(labels(said))
    posts = [line for line in stack.calls(ada.listener.account, start) if line.startswith("POST")]
    assert len(posts) == 1

    outcome = await ada.listener.dm.click(said, "Undo")
    await outcome.until(lambda message: "Undone" in message.text())
    assert uri not in ada.contents()[name]


async def test_the_songs_of_an_update_can_be_heard_in_private(stack: CheckedStack, ada: Trained) -> None:
    await rules(ada, automatic=False)
    await answer(ada.person.command("updates", where="channel", options={"channel": stack.updates}))
    uri = ada.likes()
    said = await stack.told(ada.person, "1 for you to decide", channel=stack.updates)
    person = ada.person.at(stack.updates)
    menu = await answer(person.click(said, "Listen"))
    assert [option.value for option in menu.selects()[0].options] == [uri], "the song of a question, too"
    heard = await (await person.select(menu, "Choose a song", [uri])).reply()
    assert {menu.visible_to, heard.visible_to} == {ada.person.user.id}
    assert uri.removeprefix("spotify:track:") in heard.content
    assert "for you to decide" in said.text(), "the update stays"
    await answer(ada.person.command("updates", where="dm"))
    await rules(ada, automatic=True)


async def test_not_there_is_a_label_and_removes_the_song(stack: CheckedStack, ada: Trained) -> None:
    last = stack.last_message(ada.person)
    uri = ada.likes()
    said = await update(stack, ada, last, "+1")
    name = await sorted_in(stack, ada, uri)
    dm = ada.listener.dm
    menu = (await answer(dm.click(said, "Not there"))).selects()[0]
    await answer(dm.select(said, menu.custom_id, [menu.options[0].value]))
    await stack.until(lambda: uri not in ada.contents()[name])
    assert (uri, "not") in {(song, kind) for song, kind, _ in stack.labels(ada.person)}


@contextmanager
def looking(stack: CheckedStack) -> Iterator[list[bool]]:
    """Meanwhile, note for each acknowledgement whether the database has an answer of that press."""
    saved: list[bool] = []

    def look(change: Change) -> None:
        if change.kind == "answer" and isinstance(change.subject, Interaction):
            saved.append(bool(stack.rows("select 1 from answer where event = ?", change.subject.id)))

    end = stack.discord.subscribe(look)
    yield saved
    end()


async def test_p13_an_answer_in_an_update_is_on_disk_before_it_is_acknowledged_and_then_carried_out(
    stack: CheckedStack, ada: Trained
) -> None:
    await rules(ada, automatic=False)
    last = stack.last_message(ada.person)
    uri = ada.likes()
    said = await update(stack, ada, last, "1 for you to decide")
    (right,) = ada.library.belongs(uri)
    assert [button.label for button in said.buttons()][:4] == [*STYLES, "None of them"]
    with looking(stack) as saved:
        outcome = await ada.listener.dm.click(said, right)
    assert saved == [True]
    assert outcome.answer is AnswerKind.DEFERRED_UPDATE
    await outcome.until(lambda message: "for you to decide" not in message.text())
    assert await sorted_in(stack, ada, uri) == right
    assert (uri, "only") in {(song, kind) for song, kind, _ in stack.labels(ada.person)}
    await rules(ada, automatic=True)


async def test_updates_go_to_the_channel_the_member_chose(stack: CheckedStack, ada: Trained) -> None:
    await answer(ada.person.command("updates", where="channel", options={"channel": stack.updates}))
    uri = ada.likes()
    said = await stack.told(ada.person, "1 new like sorted", channel=stack.updates)
    assert said.visible_to is None
    stranger = stack.add_listener("Bystander", ada.library)
    outcome = await stranger.person.at(stack.updates).click(said, "Undo")
    assert "someone else" in outcome.text()
    assert outcome.message.visible_to == stranger.person.user.id
    assert uri in ada.contents()[await sorted_in(stack, ada, uri)]

    stack.discord.close(stack.updates, ada.person.user)  # updates stop going to a channel that Ada can't see any more
    last = stack.last_message(ada.person)
    before = len(stack.updates.messages)
    ada.likes()
    await stack.told(ada.person, "1 new like sorted", channel=stack.discord.dm(ada.person.user), after=last)
    assert len(stack.updates.messages) == before
    stack.discord.open(stack.updates, ada.person.user)
    await answer(ada.person.command("updates", where="dm"))


async def polled_twice(stack: CheckedStack, ada: Trained) -> None:
    query = "select polls from member where member = ?"
    ((before,),) = stack.rows(query, ada.person.user.id)
    await stack.until(lambda: stack.rows(query, ada.person.user.id)[0][0] >= before + 2)


async def test_muted_updates_come_afterwards_and_off_means_off(stack: CheckedStack, ada: Trained) -> None:
    last = stack.last_message(ada.person)
    updates = "select 1 from notice where member = ? and kind = 'update' and sent_at is null"
    await answer(ada.person.command("updates", mute=1))
    ada.likes()
    await stack.until(lambda: stack.rows(updates, ada.person.user.id))
    await polled_twice(stack, ada)  # before each poll, the bot sends what it may
    assert stack.last_message(ada.person) == last
    await answer(ada.person.command("updates", mute=0))
    said = await update(stack, ada, last, "+1")
    await answer(ada.listener.dm.click(said, "Mute for a day"))
    assert "Muted until" in (await answer(ada.person.command("status"))).text()
    await answer(ada.person.command("updates", mute=0))

    await answer(ada.person.command("updates", where="off"))
    last = stack.last_message(ada.person)
    second = ada.likes()
    await sorted_in(stack, ada, second)
    under_way = "select 1 from write where state = 'applying'"  # its notice comes with its end
    await stack.until(lambda: not (stack.rows(under_way) or stack.rows(updates, ada.person.user.id)))
    assert stack.last_message(ada.person) == last
    await answer(ada.person.command("updates", where="dm"))


async def test_impossible_update_settings_are_explained(stack: CheckedStack, ada: Trained) -> None:
    assert "name" in (await answer(ada.person.command("updates", where="channel"))).text()
    assert "two hours" in (await answer(ada.person.command("updates", quiet="late"))).text()
    said = await answer(ada.person.command("updates", quiet="3-3"))
    assert "48 a day" in said.text()


@pytest.mark.usefixtures("provoked")
async def test_updates_wait_while_discord_is_down_and_arrive_once(stack: CheckedStack, ada: Trained) -> None:
    last = stack.last_message(ada.person)
    stack.discord.faults.fail(503, matching=f"/channels/{ada.listener.dm.channel.id}/messages", times=3)
    ada.likes()
    said = await update(stack, ada, last)  # sorted or asked about: what earlier tests taught decides
    assert stack.discord.faults.pending == []
    told = [message for message in ada.listener.dm.visible() if message.id > last]
    assert [message.id for message in told] == [said.id]
