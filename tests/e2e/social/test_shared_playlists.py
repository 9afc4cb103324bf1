"""Shared playlists: creating, adding, voting and writing, with the bot as a process, over the gateway."""

import asyncio
from dataclasses import replace

import pytest
import pytest_asyncio

from bot.chat.gateway.presence import FRESH
from sandbox.discord import Message, Person
from sandbox.stack import Listener
from tests.e2e.chat_stage import answer, at_spotify, labels, with_file
from tests.e2e.checked_stack import CheckedStack
from tests.e2e.trained_stage import plain

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]
HOSTS, DRAWN = plain(6, seed=71), plain(8, seed=72)
# Distinct titles: songs with the same name, artist and length are one recording, which is added once.
FRIENDS = replace(DRAWN, tracks=tuple(replace(track, name=f"Friends' {track.name}") for track in DRAWN.tracks))
NAME = "Friday *night*"
SHOWN = "Friday \\*night\\*"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ilse(stack: CheckedStack) -> Listener:
    """The host, who has Spotify."""
    listener = stack.add_listener("Ilse", HOSTS)
    await stack.link(listener)
    return listener


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def joon(stack: CheckedStack) -> Person:
    """A member with a file who adds songs."""
    await stack.described(FRIENDS)
    return await with_file(stack, "joon", library=FRIENDS)


def at_host(stack: CheckedStack, ilse: Listener, name: str = NAME) -> list[str] | None:
    """The contents of the host's playlist at Spotify."""
    hosted = [stack.spotify.playlist(ref) for ref in ilse.account.playlists if ref is not None]
    return next((list(playlist.uris) for playlist in hosted if playlist.name == name), None)


async def shown(person: Person, *said: str) -> Message:
    message = await answer(person.command("shared show", playlist=NAME))
    assert all(words in message.text() for words in said), message.text()
    return message


async def test_a_playlist_is_created_filled_and_written_when_its_host_says_so(
    stack: CheckedStack, ilse: Listener, joon: Person
) -> None:
    begun = await answer(ilse.person.command("shared new", name=NAME))
    assert SHOWN in begun.text()
    assert "Nothing is written yet" in begun.text()
    assert begun.visible_to == ilse.person.user.id
    assert labels(begun) == ["Write it", "Add a song"]
    assert (await joon.complete("shared show", option="playlist", typed="frid")) != []
    first = await answer(joon.command("shared add", playlist=NAME, song=FRIENDS.tracks[0].uri))
    assert "your name beside the songs you add" in first.text()
    second = await answer(joon.command("shared add", playlist=NAME, song=FRIENDS.tracks[1].uri))
    assert "your name beside" not in second.text()
    assert at_host(stack, ilse) is None
    await shown(joon, "2 songs", "Not written yet", f"<@{joon.user.id}>")
    receipt = await ilse.person.click(begun, "Write it")
    await receipt.until(lambda message: "with 2 songs" in message.text())
    assert at_host(stack, ilse) == [track.uri for track in FRIENDS.tracks[:2]]
    await shown(joon, "Everything is written")


async def test_a_song_can_be_added_from_the_latest_likes(stack: CheckedStack, ilse: Listener, joon: Person) -> None:
    menu = await answer(ilse.person.click(await shown(ilse.person), "Add a song"))
    chosen = await answer(ilse.person.select(menu, "Your newest likes", HOSTS.tracks[0].uri))
    assert "is in **Friday" in chosen.text()
    await at_spotify(stack, lambda: HOSTS.tracks[0].uri in (at_host(stack, ilse) or []))
    again = await answer(joon.command("shared add", playlist=NAME, song=HOSTS.tracks[0].uri))
    assert "isn't in the catalogue" in again.text(), "members can add only songs they can see"
    assert "Show it" in labels(chosen)
    assert "3 songs" in (await answer(ilse.person.click(chosen, "Show it"))).text()


async def test_votes_are_counted_and_a_member_can_remove_their_own_song(
    stack: CheckedStack, ilse: Listener, joon: Person
) -> None:
    page = await shown(ilse.person)
    kept = await answer(ilse.person.click(page, "Keep"))
    assert "1 keep, 0 drop" in kept.text()
    dropped = await answer(ilse.person.click(kept, "Drop"))
    assert "0 keep, 1 drop" in dropped.text()
    assert "~~" not in dropped.text(), "a single vote drops nothing"
    gone = await answer(joon.click(await shown(joon), "Remove"))
    assert "It's out, but stays on record." in gone.text()
    assert "~~" in gone.text()
    await at_spotify(stack, lambda: FRIENDS.tracks[0].uri not in (at_host(stack, ilse) or []))
    await shown(ilse.person, "2 songs · 1 dropped")


async def test_a_host_whose_consent_ended_is_told_once_and_resumes_after_a_new_one(
    stack: CheckedStack, ilse: Listener, joon: Person, provoked: None
) -> None:
    stack.spotify.revoke(ilse.account.id)
    for track in FRIENDS.tracks[2:4]:
        await answer(joon.command("shared add", playlist=NAME, song=track.uri))
    said = await stack.told(ilse.person, "I can't write the shared playlists you host")
    await shown(joon, "2 changes are waiting to be written; the first came <t:")
    await stack.link(ilse)
    await at_spotify(stack, lambda: {track.uri for track in FRIENDS.tracks[2:4]} <= set(at_host(stack, ilse) or []))
    there = stack.discord.dm(ilse.person.user)
    assert [message.id for message in ilse.person.visible(there) if "shared playlists" in message.text()] == [said.id]


async def test_a_list_has_pages(joon: Person) -> None:
    for track in FRIENDS.tracks[4:7]:
        await answer(joon.command("shared add", playlist=NAME, song=track.uri))
    first = await shown(joon)
    assert "Page 2 of 2" in labels(first)
    assert "Page 1 of 2" in labels(await answer(joon.click(first, "Page 2 of 2")))
    (file,) = (await answer(joon.click(first, "As a file"))).attachments
    assert file.filename.startswith("Friday_night_")


async def test_all_playlists_are_listed_and_opened(ilse: Listener, joon: Person) -> None:
    lists = await answer(joon.command("shared list"))
    assert f"**{SHOWN}** · this server's · hosted" in lists.text()
    assert f"{SHOWN}** · 7 songs" in (await answer(joon.select(lists, "Open one", NAME))).text()
    assert "you host it" in (await answer(ilse.person.command("shared list"))).text()


async def test_a_group_is_joined_with_its_button_and_hidden_from_everybody_else(
    stack: CheckedStack, joon: Person
) -> None:
    host = Person(stack.discord, joon.user, stack.updates)
    begun = await answer(host.command("shared new", name="Ours", group=True))
    invited = await answer(host.click(begun, "Invite"))
    assert invited.visible_to is None
    await stack.described(plain(4, seed=73))
    kim = await with_file(stack, "kim", library=plain(4, seed=73))
    stranger = await with_file(stack, "lou", library=plain(4, seed=74))
    refused = await answer(kim.command("shared show", playlist="Ours"))
    assert "can't find that shared playlist" in refused.text()
    joined = await answer(Person(stack.discord, kim.user, stack.updates).click(invited, "Join"))
    assert "You're in" in joined.text()
    assert joined.visible_to == kim.user.id
    await answer(kim.command("shared add", playlist="Ours", song=plain(4, seed=73).tracks[0].uri))
    assert f"<@{kim.user.id}>" in (await answer(host.command("shared show", playlist="Ours"))).text()
    ((number,),) = stack.rows("select shared from shared where name = 'Ours'")
    for forged in (f"ck1:shpage:{number}", f"ck1:shjoin:0:{number}", f"ck1:shwrite:{number}", f"ck1:shadd:{number}"):
        outcome = await stack.forge(stranger, forged)
        assert "playlist" in (await outcome.reply()).text()
    assert stack.rows("select 1 from partner where member = ?", stranger.user.id) == []
    left = await answer(kim.command("shared leave", playlist="Ours"))
    assert "Your name is gone" in left.text()
    assert f"<@{kim.user.id}>" not in (await answer(host.command("shared show", playlist="Ours"))).text()
    written = await host.click(begun, "Write it")
    await written.until(lambda message: "with 1 song" in message.text())
    ended = await host.click(await answer(host.command("shared end", playlist="Ours")), "End it and remove the songs")
    await ended.until(lambda message: "removed 1 song" in message.text())


async def test_a_host_can_remove_a_member_whose_votes_then_stay_without_a_name(
    stack: CheckedStack, joon: Person
) -> None:
    host, tracks = Person(stack.discord, joon.user, stack.updates), plain(4, seed=76).tracks
    await stack.described(plain(4, seed=76))
    mio = (await with_file(stack, "mio", library=plain(4, seed=76))).at(stack.updates)
    begun = await answer(host.command("shared new", name="Theirs", group=True))
    invited = await answer(host.click(begun, "Invite"))
    await answer(mio.click(invited, "Join"))
    await answer(mio.command("shared add", playlist="Theirs", song=tracks[0].uri))
    voted = await answer(mio.click(await answer(mio.command("shared show", playlist="Theirs")), "Keep"))
    assert "1 keep" in voted.text()
    members = await answer(host.click(await answer(host.command("shared show", playlist="Theirs")), "Members"))
    asked = await answer(host.click(members, "Remove"))
    assert f"Remove <@{mio.user.id}> from" in asked.text()
    group = await answer(host.click(asked, "Remove them"))
    assert f"<@{mio.user.id}> · by <@{host.user.id}>" in group.text()
    shown = (await answer(host.command("shared show", playlist="Theirs"))).text()
    assert f"<@{mio.user.id}>" not in shown
    assert "1 keep, 0 drop" in shown
    assert "The host removed you" in (await answer(mio.click(invited, "Join"))).text()
    assert "can't find that shared playlist" in (await answer(mio.click(voted, "Remove"))).text()
    await answer(host.click(group, "Let back in"))
    assert "You're in" in (await answer(mio.click(invited, "Join"))).text()
    await answer(host.click(await answer(host.command("shared end", playlist="Theirs")), "End it"))


async def test_hosting_can_be_given_up_and_taken_over(stack: CheckedStack, ilse: Listener, joon: Person) -> None:
    refused = await answer(joon.command("shared host", playlist=NAME))
    assert "Someone else hosts it" in refused.text()
    mine = await answer(ilse.person.click(await shown(ilse.person), "Hosting"))
    assert "You host" in mine.text()
    assert "no longer host" in (await answer(ilse.person.click(mine, "Stop hosting"))).text()
    await shown(joon, "Nobody hosts it")
    offer = await answer(joon.command("shared host", playlist=NAME))
    assert "Nobody hosts" in offer.text()
    assert "Nothing was written" in (await answer(joon.click(offer, "Not now"))).text()
    offer = await answer(joon.command("shared host", playlist=NAME))
    written = await joon.click(offer, "Write it")
    await written.until(lambda message: " songs. From now on" in message.text())
    await shown(ilse.person, f"Hosted by <@{joon.user.id}>", "Everything is written")
    assert len(at_host(stack, ilse) or []) > 0, "songs already written stay in the former host's playlist"


async def test_a_host_who_left_the_server_no_longer_hosts_its_playlists(
    stack: CheckedStack, ilse: Listener, joon: Person
) -> None:
    stack.discord.leave(stack.guild, joon.user)
    await asyncio.sleep(FRESH)
    await answer(ilse.person.command("shared add", playlist=NAME, song=HOSTS.tracks[1].uri))
    await stack.until(lambda: stack.rows("select host from shared where name = ?", NAME) == [(None,)])
    assert "Your name is gone" in (await answer(joon.in_dm().command("shared leave", playlist=NAME))).text()
    stack.discord.join(stack.guild, joon.user)
    await asyncio.sleep(FRESH)
    written = await joon.click(await answer(joon.command("shared host", playlist=NAME)), "Write it")
    await written.until(lambda message: ". From now on" in message.text())


async def test_only_the_host_can_end_a_playlist_which_stays_readable(ilse: Listener, joon: Person) -> None:
    assert "Only the host" in (await answer(ilse.person.command("shared end", playlist=NAME))).text()
    ended = await answer(joon.click(await answer(joon.command("shared end", playlist=NAME)), "End it"))
    assert "has ended" in ended.text()
    assert "Keep" not in labels(await shown(ilse.person, "Ended"))
    assert "has ended" in (await answer(ilse.person.command("shared add", playlist=NAME, song="Song 3"))).text()


async def test_server_managers_may_delete_a_shared_playlist(stack: CheckedStack, ilse: Listener, joon: Person) -> None:
    ((number,),) = stack.rows("select shared from shared where name = ?", NAME)
    refused = await (await stack.forge(joon, f"ck1:shremove:{number}")).reply()
    assert "can manage this server" in refused.text()
    owner = Person(stack.discord, stack.discord.owner, stack.channel)
    offer = await answer(owner.command("shared end", playlist=NAME))
    assert "is deleted" in (await answer(owner.click(offer, "Delete it"))).text()
    for table in ("shared", "contribution", "vote", "partner"):
        assert stack.rows(f"select 1 from {table} where shared = ?", number) == []  # noqa: S608 - names from above
    assert at_host(stack, ilse), "songs already written stay in the former host's playlist"
