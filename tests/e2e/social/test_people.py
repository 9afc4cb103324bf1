"""Profiles, follows and matches, with the bot as a process.

The tests depend on their order: each sees what earlier ones chose.
"""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing

import pytest
import pytest_asyncio

from bot.chat.gateway.presence import FRESH
from sandbox.discord import Channel, Message, Person
from sandbox.music.library import Library
from tests.e2e.chat_stage import answer, labels, with_file
from tests.e2e.checked_stack import PATIENCE, CheckedStack
from tests.e2e.trained_stage import plain

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]
PLAYLIST, SECRET = "Late *night*", "For the ex"


def of_one_style(count: int, seed: int) -> Library:
    """Songs of a single style."""
    drawn = plain(3 * count, seed)
    return Library(drawn.tracks[::3], drawn.likes[::3], {}, drawn.features[::3])


def together(*libraries: Library) -> Library:
    tracks, likes, features = ([*empty] for empty in ([], [], []))
    for library in libraries:
        tracks += library.tracks
        likes += library.likes
        features += library.features
    return Library(tuple(tracks), tuple(likes), {}, tuple(features))


STRANGERS = plain(72, seed=301)
COMMON, HERS, HIS = of_one_style(6, seed=302), of_one_style(24, seed=303), of_one_style(24, seed=304)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place(stack: CheckedStack) -> Channel:
    return stack.discord.add_channel(stack.guild, "people")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def greta(stack: CheckedStack, place: Channel) -> Person:
    """A member who has joined, keeps two playlists, and shares six likes with Hanno."""
    await stack.import_features(together(STRANGERS, COMMON, HERS, HIS))
    await stack.described(STRANGERS, COMMON, HERS, HIS)
    fritz = await with_file(stack, "fritz", library=STRANGERS)
    await answer(fritz.command("feed join"))
    greta = await with_file(stack, "greta", PLAYLIST, SECRET, library=together(COMMON, HERS))
    await answer(greta.command("feed join"))
    return greta.at(place)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hanno(stack: CheckedStack, place: Channel, greta: Person) -> Person:
    hanno = await with_file(stack, "hanno", library=together(COMMON, HIS))
    await answer(hanno.command("feed join"))
    return hanno.at(place)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stranger(stack: CheckedStack, greta: Person) -> Person:
    """A server member who has never used the bot."""
    user = stack.discord.add_user("ingo", display_name="Ingo")
    stack.discord.join(stack.guild, user)
    return Person(stack.discord, user, greta.channel)


def named(message: Message, songs: Library) -> int:
    """The number of these songs that a message links to."""
    return sum(track.id in message.text() for track in songs.tracks)


def alt_texts(message: Message) -> list[str]:
    return [item.get("description", "") for item in _items(message.components)]


def _items(tree: Sequence[dict]) -> list[dict]:
    return [item for branch in tree for item in branch.get("items", ())]


def public(place: Channel) -> list[Message]:
    return [message for message in place.messages.values() if message.visible_to is None]


async def test_a_profile_shows_nothing_until_its_owner_chooses(greta: Person, hanno: Person) -> None:
    assert "They don't show anything here." in (await answer(hanno.command("profile show", member=greta.user))).text()
    own = await answer(greta.command("profile show"))
    assert "You don't show anything" in own.text()
    assert labels(own) == ["Choose what to show"]
    assert own.visible_to == greta.user.id


async def test_what_is_chosen_is_what_others_see(greta: Person, hanno: Person) -> None:
    page = await answer(greta.click(await answer(greta.command("profile show")), "Choose what to show"))
    assert labels(page) == ["Show my taste map", "Show my reposts", "See it as others do", "Hide everything"]
    page = await answer(greta.select(page, "Playlists to show: none", [PLAYLIST]))
    page = await answer(greta.click(page, "Show my taste map"))
    assert labels(page) == ["Hide my taste map", "Show my reposts", "See it as others do", "Hide everything"]
    seen = await answer(hanno.command("profile show", member=greta.user))
    assert seen.visible_to == hanno.user.id
    assert "Late \\*night\\*" in seen.text()
    assert SECRET not in seen.text()
    assert [file.filename for file in seen.files()] == ["taste.png"]
    (alt,) = alt_texts(seen)
    assert alt.startswith("Taste map of 30 liked songs. The latest 10 likes lie ")
    assert labels(seen) == []


async def test_members_can_see_their_own_profile_as_others_do(greta: Person) -> None:
    page = await answer(greta.command("profile edit"))
    own = await answer(greta.click(page, "See it as others do"))
    assert "This is what others see" in own.text()
    assert "Off: reposts." in own.text()
    assert labels(own) == ["Choose what to show", "Post it here"]


async def test_outside_the_server_members_see_only_their_own_profile(greta: Person, hanno: Person) -> None:
    refused = await answer(hanno.in_dm().command("profile show", member=greta.user))
    assert "in a server" in refused.text()
    own = await answer(greta.in_dm().command("profile show"))
    assert labels(own) == ["Choose what to show"]


async def test_a_posted_profile_always_shows_the_current_choice(
    place: Channel, greta: Person, hanno: Person, stranger: Person
) -> None:
    own = await answer(greta.command("profile show"))
    await greta.click(own, "Post it here")
    posted = next(message for message in public(place) if "shows what they listen to" in message.text())
    assert f"<@{greta.user.id}>" in posted.text()
    for somebody in (hanno, stranger):
        seen = await answer(somebody.click(posted, "View"))
        assert seen.visible_to == somebody.user.id
        assert "Late \\*night\\*" in seen.text()
    page = await answer(greta.command("profile edit"))
    await answer(greta.select(page, "Playlists to show: none", []))
    await answer(greta.click(page, "Hide my taste map"))
    assert "They don't show anything here." in (await answer(hanno.click(posted, "View"))).text()


async def test_a_member_who_shows_their_reposts_can_be_followed(
    stack: CheckedStack, greta: Person, hanno: Person
) -> None:
    assert "nothing to follow" in (await answer(hanno.command("follow add", member=greta.user))).text()
    page = await answer(greta.command("profile edit"))
    page = await answer(greta.click(page, "Show my reposts"))
    assert "can follow you" in page.text()
    said = await answer(hanno.command("follow add", member=greta.user))
    assert f"You follow <@{greta.user.id}>" in said.text()
    assert "1 member follows you" in (await answer(greta.command("profile show"))).text()
    assert "Nobody you follow has reposted anything" in (await answer(hanno.command("follow news"))).text()
    repost(stack, greta, COMMON.tracks[0].uri)
    news = await answer(hanno.command("follow news"))
    assert named(news, COMMON) == 1
    assert f"<@{greta.user.id}>" in news.text()
    assert news.visible_to == hanno.user.id
    assert named(await answer(hanno.command("profile show", member=greta.user)), COMMON) == 1
    assert "Ask me that in a server" in (await answer(hanno.in_dm().command("follow news"))).text()

    own = await answer(greta.command("profile show"))
    await greta.click(own, "Post it here")
    posted = [message for message in public(greta.channel) if "shows what they listen to" in message.text()][-1]
    stack.discord.leave(stack.guild, greta.user)  # or was banned; nothing of hers is shown there now
    await asyncio.sleep(FRESH)
    assert "Nobody you follow has reposted anything" in (await answer(hanno.command("follow news"))).text()
    assert "They don't show anything any more" in (await answer(hanno.click(posted, "View"))).text()
    stack.discord.join(stack.guild, greta.user)
    await asyncio.sleep(FRESH)
    assert "They don't show anything any more" not in (await answer(hanno.click(posted, "View"))).text()


def repost(stack: CheckedStack, person: Person, song: str) -> None:
    """Insert the row that a repost would leave."""
    row = person.user.id, stack.guild.id, person.channel.id, 77, song, "k", int(time.time() * 1000)
    with closing(sqlite3.connect(stack.database, timeout=20)) as database, database:
        query = "insert into repost (member, server, channel, message, song, key, at) values (?, ?, ?, ?, ?, ?, ?)"
        database.execute(query, row)


async def test_either_side_can_end_a_follow(greta: Person, hanno: Person) -> None:
    listed = await answer(hanno.command("follow list"))
    assert labels(listed) == ["Unfollow"]
    ended = await answer(hanno.click(listed, "Unfollow"))
    assert "any more" in ended.text()
    assert "You don't follow anyone" in ended.text()
    await answer(hanno.command("follow add", member=greta.user))
    assert "any more" in (await answer(hanno.command("follow remove", member=greta.user))).text()
    said = await answer(hanno.command("follow add", member=greta.user))
    assert labels(said) == ["Unfollow"]
    page = await answer(greta.command("profile edit"))
    assert "off, so nobody can follow you" in (await answer(greta.click(page, "Hide my reposts"))).text()
    assert "You don't follow anyone" in (await answer(hanno.command("follow list"))).text()


async def test_a_match_question_that_cannot_be_posted_is_not_reported_as_asked(
    stack: CheckedStack, greta: Person, hanno: Person
) -> None:
    stack.discord.faults.fail(403, matching="POST /webhooks/")
    outcome = await greta.command("match", member=hanno.user)
    said = await outcome.until(lambda message: "nobody was asked" in message.text())
    assert "I've asked" not in outcome.text()
    assert said.visible_to == greta.user.id
    assert "no open question" in (await answer(greta.command("match"))).text()


async def test_a_match_needs_both(
    stack: CheckedStack, place: Channel, greta: Person, hanno: Person, stranger: Person
) -> None:
    assert "no open question" in (await answer(greta.command("match"))).text()
    assert "haven't joined" in (await answer(stranger.command("match", member=greta.user))).text()
    assert "never used me" in (await answer(greta.command("match", member=stranger.user))).text()
    asking = await greta.command("match", member=hanno.user)
    told = await asking.until(lambda message: labels(message) == ["Withdraw it"])
    assert told.visible_to == greta.user.id
    assert "I've asked" in told.text()
    question = await stack.told(hanno, "would like to know", channel=place)
    assert question.visible_to is None
    for foreigner in (stranger, greta):
        for label in ("Accept", "No thanks"):
            assert "someone else" in (await foreigner.click(question, label)).text()
    assert labels(await answer(greta.command("match"))) == ["Withdraw it"]

    stack.discord.leave(stack.guild, greta.user)
    await asyncio.sleep(FRESH)
    assert "no longer in this server" in (await answer(hanno.click(question, "Accept"))).text()
    assert stack.rows("select agreed_at from agreement") == [(None,)]
    stack.discord.join(stack.guild, greta.user)
    await asyncio.sleep(FRESH)

    accepting = await hanno.click(question, "Accept")
    his = await accepting.until(lambda message: "of 100" in message.text(), PATIENCE)
    hers = await asking.until(lambda message: "of 100" in message.text(), PATIENCE)
    assert (his.visible_to, hers.visible_to) == (hanno.user.id, greta.user.id)
    assert (
        his.text().splitlines()[0].split("**")[1].split(": ")[1]
        == hers.text().splitlines()[0].split("**")[1].split(": ")[1]
    )
    assert (named(his, COMMON), named(his, HERS), named(his, HIS)) == (3, 3, 3)
    assert labels(hers) == ["More like this", "Not for me"] * 3 + ["End this match"]
    answered = next(message for message in public(place) if message.id == question.id)
    assert answered.text() == "That question is answered."
    assert labels(answered) == []


async def test_a_match_can_be_viewed_again_and_ended(greta: Person, hanno: Person) -> None:
    assert "of 100" in (await answer(greta.command("match", member=hanno.user))).text()
    listed = await answer(hanno.command("match"))
    seen = await answer(hanno.click(listed, "View"))
    assert "of 100" in seen.text()
    assert "neither of you sees it" in (await answer(hanno.click(seen, "End this match"))).text()
    assert "no open question" in (await answer(greta.command("match"))).text()
    assert "is over" in (await answer(hanno.click(listed, "View"))).text()
    assert "in the last week" in (await answer(greta.command("match", member=hanno.user))).text()


async def test_no_thanks_stays_between_the_asked_member_and_the_bot(
    stack: CheckedStack, place: Channel, greta: Person, hanno: Person
) -> None:
    def notices() -> object:
        return stack.rows("select notice from notice where member = ? and kind = 'match'", hanno.user.id)

    before = notices()
    asking = await hanno.command("match", member=greta.user)
    question = await stack.told(greta, f"<@{greta.user.id}>, <@{hanno.user.id}>", channel=place)
    declined = await greta.click(question, "No thanks")
    assert "They aren't told" in (await declined.until(lambda message: "no match" in message.text())).text()
    assert notices() == before
    told = await asking.until(lambda message: labels(message) == ["Withdraw it"])
    assert "is over" in (await answer(hanno.click(told, "Withdraw it"))).text()


@pytest.mark.slow  # and it needs what the tests before it left
async def test_p35_deleting_data_removes_a_member_from_profiles_and_matches(
    stack: CheckedStack, place: Channel, greta: Person
) -> None:
    named = [message.id for message in public(place) if f"<@{greta.user.id}>" in message.text()]
    assert named
    outcome = await greta.submit(await greta.command("data delete"), word="delete")
    await outcome.until(lambda message: "is deleted" in message.text())
    await stack.until(lambda: not [message for message in public(place) if message.id in named and not message.deleted])
    for table, column in (
        ("profile", "member"),
        ("follow", "followed"),
        ("agreement", "member"),
        ("agreement", "other"),
    ):
        assert stack.rows(f"select 1 from {table} where {column} = ?", greta.user.id) == []  # noqa: S608
