"""The feed in Discord: cards with clips, every button, and its own channel; with the bot as a process."""

import pytest

from sandbox.discord import Message, Person
from tests.e2e.chat_stage import answer, labels, newcomer, with_file
from tests.e2e.feed.stage import OWN, SHARED, Feed, key_on

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("feed")]
BUTTONS = ["Next", "Like", "Add to…", "More like this", "Not for me", "Report"]
ON_A_FILE = [button for button in BUTTONS if button != "Add to…"]  # Spotify has no such song


def title(card: Message) -> str:
    return card.text().splitlines()[0]


async def shared(person: Person) -> Message:
    """Play the feed until a card shows a shared song."""
    card = await answer(person.command("feed play"))
    while "spotify.com" not in title(card):
        card = await answer(person.click(card, "Next"))
    return card


async def test_a_card_shows_a_new_song_with_every_button_and_its_clip(feed: Feed) -> None:
    ute = newcomer(feed.stack, "ute")  # she hasn't joined, so she gets the operator's files
    card = await answer(ute.command("feed play"))
    assert labels(card) == ON_A_FILE
    assert card.visible_to == ute.user.id
    (clip,) = card.files()
    assert clip.data.startswith(b"OggS")
    assert clip.filename == f"{title(card).removeprefix('### ')}.ogg"
    assert not card.is_v2, "only a classic message reliably plays its attachment"


async def test_next_never_shows_what_was_shown_or_is_liked(feed: Feed) -> None:
    card = await answer(feed.rob.command("feed play"))
    seen = [title(card)]
    for _ in range(5):
        card = await answer(feed.rob.click(card, "Next"))
        seen.append(title(card))
    assert len(set(seen)) == 6
    assert not [shown for shown in seen if any(track.id in shown for track in OWN.tracks)]


async def test_a_like_asks_once_then_is_saved_and_can_be_undone(feed: Feed) -> None:
    stack, rob = feed.stack, feed.rob
    card = await shared(rob)
    said = await answer(rob.click(card, "Like"))
    assert labels(said) == ["Save them to my likes", "Only here", "Undo"]
    assert said.visible_to == rob.user.id
    assert "stay as they are" in (await answer(rob.click(said, "Only here"))).text()
    said = await answer(rob.click(card, "Like"))
    assert "stays out of your likes" in said.text()
    assert "go to your likes" in (await answer(rob.command("feed settings", save_likes=True))).text()
    song = next(track.uri for track in SHARED.tracks if track.id in title(card))
    query = "select 1 from liked where member = ? and song = ?"
    await stack.until(lambda: stack.rows(query, rob.user.id, song))
    assert "Undone" in (await answer(rob.click(said, "Undo"))).text()
    await stack.until(lambda: not stack.rows(query, rob.user.id, song))


async def test_an_add_after_only_here_offers_to_like_that_one_song_first(feed: Feed) -> None:
    stack, rob = feed.stack, feed.rob
    await answer(rob.command("feed settings", save_likes=False))
    card = await shared(rob)
    song = next(track.uri for track in SHARED.tracks if track.id in title(card))
    asked = await answer(rob.click(card, "Add to…"))
    offer = await answer(rob.select(asked, "Its playlist", "Run"))
    assert labels(offer) == ["Like it and add it", "Always do that"]
    liked = "select 1 from liked where member = ? and song = ?"
    assert not stack.rows(liked, rob.user.id, song)
    assert "goes into" in (await answer(rob.click(offer, "Like it and add it"))).text()
    there = "select p.name from content c join playlist p using (playlist) where c.member = ? and c.song = ?"
    await stack.until(lambda: stack.rows(there, rob.user.id, song) == [("Run",)])
    await stack.until(lambda: stack.rows(liked, rob.user.id, song))
    assert stack.rows("select saves from member where member = ?", rob.user.id) == [(0,)], (
        "the setting itself stays off"
    )


async def test_an_add_after_only_here_can_switch_saving_on(feed: Feed) -> None:
    stack, rob = feed.stack, feed.rob
    await answer(rob.command("feed settings", save_likes=False))
    card = await shared(rob)
    song = next(track.uri for track in SHARED.tracks if track.id in title(card))
    offer = await answer(rob.select(await answer(rob.click(card, "Add to…")), "Its playlist", "Run"))
    said = (await answer(rob.click(offer, "Always do that"))).text()
    assert "goes into" in said
    assert "From now on" in said
    assert stack.rows("select saves from member where member = ?", rob.user.id) == [(1,)]
    await stack.until(lambda: stack.rows("select 1 from liked where member = ? and song = ?", rob.user.id, song))


async def test_an_add_without_a_playlist_offers_one(feed: Feed) -> None:
    una = await with_file(feed.stack, "una", library=OWN)
    await answer(una.command("feed join"))
    none = await answer(una.click(await shared(una), "Add to…"))
    assert labels(none) == ["Choose a playlist"]
    assert "New playlist" in labels(await answer(una.click(none, "Choose a playlist")))


async def test_an_add_lands_in_the_playlist_and_can_be_undone(feed: Feed) -> None:
    stack, rob = feed.stack, feed.rob
    await answer(rob.command("feed settings", save_likes=True))
    card = await shared(rob)
    song = next(track.uri for track in SHARED.tracks if track.id in title(card))
    asked = await answer(rob.click(card, "Add to…"))
    said = await answer(rob.select(asked, "Its playlist", "Run"))
    assert "goes into" in said.text()
    query = "select p.name from content c join playlist p using (playlist) where c.member = ? and c.song = ?"
    await stack.until(lambda: stack.rows(query, rob.user.id, song) == [("Run",)])
    assert stack.rows("select 1 from answer where member = ?", rob.user.id) == [], "no label unless they ask for one"
    await stack.until(lambda: not stack.rows("select 1 from 'write' where state = 'applying'"))
    await answer(rob.command("undo"))
    await stack.until(lambda: stack.rows(query, rob.user.id, song) == [])


async def test_not_for_me_and_more_like_this_answer_in_a_new_message(feed: Feed) -> None:
    card = await shared(feed.rob)
    alike = await answer(feed.rob.click(card, "More like this"))
    assert alike.id != card.id
    noted = await answer(feed.rob.click(card, "Not for me"))
    assert "isn't for you" in noted.text()
    assert "may come up again" in (await answer(feed.rob.click(noted, "Undo"))).text()


async def test_in_the_feeds_channel_cards_are_public_and_answers_private(feed: Feed) -> None:
    rob, pia = feed.rob.at(feed.channel), feed.pia.at(feed.channel)
    card = await shared(rob)
    assert card.visible_to is None
    assert "near" not in card.text(), "nothing about the member who asked"
    said = await answer(pia.click(card, "Like"))
    assert said.visible_to == pia.user.id
    assert feed.stack.rows("select 1 from shown where member = ? and key = ?", pia.user.id, key_on(card))
    another = await answer(pia.click(card, "Next"))
    assert another.id != card.id
    assert another.visible_to is None
    assert not card.deleted
    assert labels(card) == [*BUTTONS[:-1], "Comment", "Report"]


async def test_elsewhere_and_in_direct_messages_the_feed_is_private(feed: Feed) -> None:
    assert (await answer(feed.rob.command("feed play"))).visible_to == feed.rob.user.id
    assert labels(await shared(feed.rob.in_dm())) == BUTTONS


async def test_as_a_user_app_it_plays_privately_in_servers_without_the_bot(feed: Feed) -> None:
    rob = feed.rob
    rob.user.has_app = True
    elsewhere = feed.stack.discord.add_foreign_guild("Café", members=[rob.user])
    there = rob.at(next(iter(elsewhere.channels.values())))
    card = await answer(there.command("feed play"))
    assert card.visible_to == rob.user.id
    assert title(await answer(there.click(card, "Next"))) != ""
    assert not {"Comment", "Repost"} & {*labels(card)}


async def test_a_member_who_has_not_joined_gets_only_files_and_cannot_answer_shared_songs(feed: Feed) -> None:
    uwe = newcomer(feed.stack, "uwe")
    card = await answer(uwe.command("feed play"))
    assert "spotify.com" not in title(card)
    public = await shared(feed.rob.at(feed.channel))
    said = await answer(uwe.at(feed.channel).click(public, "Like"))
    assert "/feed join" in said.text()
    following = await answer(uwe.at(feed.channel).click(public, "Next"))
    assert following.visible_to is None
    assert "spotify.com" not in title(following), "a public card shows only what its asker may see"


@pytest.mark.slow
async def test_p16_cards_work_after_a_restart(feed: Feed) -> None:
    card = await answer(feed.rob.command("feed play"))
    await feed.stack.stop_bot()
    await feed.stack.start_bot()
    before = title(card)
    assert title(await answer(feed.rob.click(card, "Next"))) != before
