"""A server's channels: /server, reposts, comments, reports, digest, /hide, message menus; with the bot as a process."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import update

from bot.adapters.store import Store, schema
from bot.adapters.store.social import server_channels
from bot.core.social.records import Place
from bot.flows.social.digest import WEEK
from bot.flows.social.reposts import SENDING
from sandbox.discord import Channel, InteractionKind, Message, Outcome, Person
from sandbox.discord.client import slash
from sandbox.discord.client.resolved import Resolved
from sandbox.discord.components import ComponentKind, of_kind
from sandbox.music.library import Library
from tests.databases import carry_out
from tests.e2e.chat_stage import answer, labels, post_in, with_file
from tests.e2e.checked_stack import CheckedStack
from tests.e2e.trained_stage import plain

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-a")]
SHARED, OWN, MORE = plain(24, seed=141), plain(6, seed=142), plain(6, seed=143)
PURPOSES = ("feed", "reposts", "rounds", "digest", "reports")


@dataclass(frozen=True)
class Shop:
    """Lena shares 24 songs that Ivo and Kai see; the boss manages the server and gives each purpose a channel."""

    stack: CheckedStack
    boss: Person
    ivo: Person
    kai: Person
    channels: dict[str, Channel]

    def posted(self, purpose: str) -> list[Message]:
        """The public messages in the channel for that purpose."""
        return [message for message in self.channels[purpose].messages.values() if message.visible_to is None]

    async def card(self, person: Person) -> Message:
        """A feed card in the feed's channel."""
        card = await answer(person.at(self.channels["feed"]).command("feed play"))
        assert card.visible_to is None
        return card


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(stack: CheckedStack) -> Shop:
    tracks = (*SHARED.tracks, *OWN.tracks, *MORE.tracks)
    await stack.import_features(Library(tracks, (), {}, (*SHARED.features, *OWN.features, *MORE.features)))
    await stack.described(SHARED, OWN, MORE)
    lena = await with_file(stack, "lena", library=SHARED)
    ivo = await with_file(stack, "ivo", library=OWN)
    kai = await with_file(stack, "kai", library=MORE)
    for person in (lena, ivo, kai):
        await answer(person.command("feed join"))
    channels = {purpose: stack.discord.add_channel(stack.guild, f"{purpose}-here") for purpose in PURPOSES}
    return Shop(stack, Person(stack.discord, stack.discord.owner, stack.channel), ivo, kai, channels)


def key_on(message: Message) -> str:
    return next(button.custom_id for button in message.buttons() if button.label == "Report").rpartition(":")[2]


async def test_without_a_channel_for_reposts_nothing_is_reposted(shop: Shop) -> None:
    card = await answer(shop.ivo.command("feed play"))
    private = await answer(shop.ivo.in_dm().command("feed play"))
    assert not {"Repost", "Comment"} & {*labels(card), *labels(private)}


async def test_being_shown_the_server_command_is_not_enough_to_use_it(shop: Shop) -> None:
    """A server can show /server to everybody (Integrations), but that alone doesn't let them use it."""
    world, channel = shop.stack.discord, shop.channels["feed"]
    data = slash.invocation(slash.find(world, shop.boss.user, channel, "server"), Resolved(world, channel), {})
    made = world.begin(InteractionKind.COMMAND, shop.ivo.user, channel, data)
    await shop.stack.acknowledged(made)
    assert "who can manage this server" in Outcome(world, made).text()
    forged = await shop.stack.forge(shop.ivo, "ck1:server:feed", str(channel.id))
    assert "who can manage this server" in forged.text()
    assert shop.stack.rows("select 1 from place where channel = ?", channel.id) == []


async def test_only_server_managers_choose_the_channels(shop: Shop) -> None:
    assert "server" not in [command.path for command in shop.ivo.commands()]
    panel = await answer(shop.boss.command("server"))
    assert "don't post anywhere" in panel.text()
    for purpose, channel in shop.channels.items():
        panel = await answer(shop.boss.select(panel, f"ck1:server:{purpose}", [channel]))
        assert chosen(panel, purpose) == [channel.id]
    assert "Next <t:" in panel.text()
    panel = await answer(shop.boss.select(panel, "ck1:server:rounds", []))
    panel = await answer(shop.boss.command("server"))
    assert {purpose: chosen(panel, purpose) for purpose in PURPOSES} == {
        purpose: [] if purpose == "rounds" else [shop.channels[purpose].id] for purpose in PURPOSES
    }


def chosen(panel: Message, purpose: str) -> list[int]:
    """The channels that a server's panel shows for a purpose."""
    menus = of_kind(panel.components, ComponentKind.CHANNEL_SELECT)
    (menu,) = [menu for menu in menus if menu["custom_id"] == f"ck1:server:{purpose}"]
    return [int(value["id"]) for value in menu.get("default_values", ())]


async def test_a_channel_that_the_bot_may_not_write_in_is_refused_and_nothing_changes(shop: Shop) -> None:
    world = shop.stack.discord
    closed = world.add_channel(shop.stack.guild, "closed")
    world.close(closed, world.bot)
    refused = await post_in(shop.boss, "feed", shop.channels["feed"], closed)
    assert f"can't post in <#{closed.id}>" in refused.text()
    assert chosen(refused, "feed") == [shop.channels["feed"].id]


async def test_a_channel_deleted_while_the_bot_was_away_is_not_shown_as_chosen(shop: Shop) -> None:
    server = shop.stack.guild.id
    carry_out(shop.stack.database_url, "insert into place (server, purpose, channel) values (?, 'rounds', 1)", [server])
    assert chosen(await answer(shop.boss.command("server")), "rounds") == []
    carry_out(shop.stack.database_url, "delete from place where channel = 1", [])


async def test_a_repost_asks_first_shows_a_name_and_can_be_deleted(shop: Shop) -> None:
    card = await shop.card(shop.ivo)
    asked = await answer(shop.kai.click(card, "Repost"))
    assert "with your name?" in asked.text()
    assert asked.visible_to == shop.kai.user.id
    assert shop.posted("reposts") == []
    done = await answer(shop.kai.click(asked, "Post it"))
    (message,) = shop.posted("reposts")
    assert f"Reposted by <@{shop.kai.user.id}>" in message.text()
    assert str(message.id) in done.text()
    assert labels(message) == ["Like", "Add to…", "More like this", "Not for me", "Repost", "Comment", "Report"]
    await killed_before_noting(shop)
    await shop.stack.until(lambda: shop.stack.rows("select message from repost") == [(message.id,)])
    assert shop.posted("reposts") == [message]
    liked = await answer(shop.ivo.click(message, "Like"))
    assert liked.visible_to == shop.ivo.user.id
    again = await answer(shop.kai.click(card, "Repost"))
    assert "once a week" in again.text()
    assert "goes in a moment" in (await answer(shop.kai.click(again, "Delete it"))).text()
    await shop.stack.until(lambda: message.deleted)


async def killed_before_noting(shop: Shop) -> None:
    """Make it look as if a while ago, a crash came after the reposts were posted but before that was recorded."""
    async with Store(shop.stack.database_url) as store, store.writing() as tx:
        a_while_ago = shop.stack.discord.now() - 2 * SENDING
        await tx.execute(update(schema.repost).values(message=None, at=a_while_ago))


async def test_a_comment_opens_one_thread_and_only_in_channels(shop: Shop) -> None:
    card = await shop.card(shop.ivo)
    said = await answer(shop.kai.click(card, "Comment"))
    assert card.thread is not None
    assert f"<#{card.thread.id}>" in said.text()
    heading, artist, *_ = card.text().replace("\\", "").splitlines()
    title, _, by = card.thread.name.rpartition(" – ")
    assert heading.startswith(f"### [{title}](<https://")
    assert by == artist
    assert f"<#{card.thread.id}>" in (await answer(shop.ivo.click(card, "Comment"))).text()
    assert shop.stack.rows("select count from counted where what = 'comment'") == [(1,)]
    private = await answer(shop.ivo.command("feed play"))
    assert "Repost" in labels(private)
    assert "Comment" not in labels(private)


async def test_a_report_reaches_the_server_managers_without_a_name(shop: Shop) -> None:
    card = await shop.card(shop.ivo)
    key = key_on(card)
    form = await shop.kai.click(card, "Report")
    said = await answer(shop.kai.submit(form, reason="offensive", words="The *cover* @everyone"))
    assert "is reported" in said.text()
    assert said.visible_to == shop.kai.user.id
    told = await shop.stack.until(lambda: next(iter(shop.posted("reports")), None))
    assert "The \\*cover\\* \\@everyone" in told.text()
    assert str(card.id) in told.text()
    assert not re.search(rf"{shop.kai.user.id}|{shop.kai.user.name}", told.text())
    assert shop.stack.rows("select 1 from dislike where member = ? and key = ?", shop.kai.user.id, key)
    assert "already" in (await answer(shop.kai.click(card, "Report"))).text()

    there = shop.channels["reports"]
    assert "can manage this server" in (await answer(shop.ivo.at(there).click(told, "Not in this server"))).text()
    assert not card.deleted
    decided = await answer(shop.boss.at(there).click(told, "Not in this server"))
    assert "isn't posted in this server any more" in decided.text()
    await shop.stack.until(lambda: card.deleted)
    assert shop.stack.rows("select key from barred") == [(key,)]
    assert shop.stack.rows("select 1 from report") == []
    allowed = await answer(shop.boss.at(there).click(told, "Allow it again"))
    assert "can be posted in this server again" in allowed.text()
    assert shop.stack.rows("select 1 from barred") == []


async def test_a_report_can_be_dismissed_and_goes_to_the_log_without_a_channel(shop: Shop, provoked: None) -> None:
    card = await shop.card(shop.ivo)
    await answer(shop.ivo.submit(await shop.ivo.click(card, "Report"), reason="wrong"))
    told = await shop.stack.until(lambda: next(iter(shop.posted("reports")[1:]), None))
    left = await answer(shop.boss.at(shop.channels["reports"]).click(told, "Leave it"))
    assert "nothing's wrong" in left.text()
    assert labels(left) == []
    await post_in(shop.boss, "reports")
    card = await shop.card(shop.kai)
    said = await answer(shop.kai.submit(await shop.kai.click(card, "Report"), reason="spam"))
    assert "Whoever runs this bot" in said.text()
    await shop.stack.until(lambda: "a song was reported" in shop.stack.log.read_text())


async def test_a_hidden_member_is_seen_nowhere_until_they_unhide(shop: Shop) -> None:
    card = await shop.card(shop.ivo)
    await answer(shop.ivo.click(await answer(shop.ivo.click(card, "Repost")), "Post it"))
    message = shop.posted("reposts")[-1]
    assert "You're hidden" in (await answer(shop.ivo.command("profile hide"))).text()
    await shop.stack.until(lambda: message.deleted)
    shared = {song for (song,) in shop.stack.rows("select song from entry")}
    assert not shared & {track.uri for track in OWN.tracks}
    for gesture in (shop.ivo.click(card, "Repost"), shop.ivo.command("feed join"), shop.ivo.command("profile edit")):
        said = await answer(gesture)
        assert "You're hidden" in said.text() or "you're hidden" in said.text()
        assert "Show me again" in labels(said)
    own = await answer(shop.ivo.command("profile show"))
    assert "not hidden" in (await answer(shop.ivo.click(own, "Show me again"))).text()
    assert "Hide everything" in labels(await answer(shop.ivo.command("profile edit")))
    shared = {song for (song,) in shop.stack.rows("select song from entry")}
    assert {track.uri for track in OWN.tracks} <= shared


async def test_more_like_this_finds_the_song_that_a_message_shows_or_links_to(shop: Shop) -> None:
    card = await shop.card(shop.ivo)
    like = await answer(shop.kai.use("More like this", card))
    assert "**Songs like " in like.text()
    assert like.visible_to == shop.kai.user.id
    first, second = SHARED.tracks[0], SHARED.tracks[1]
    link = f"https://open.spotify.com/intl-de/track/{first.id}?si=1"
    one = await shop.ivo.say(f"listen: {link}")
    assert f"**Songs like {first.name.split()[0]}" in (await answer(shop.kai.use("More like this", one))).text()
    both = await shop.ivo.say(f"{link} and https://open.spotify.com/track/{second.id}")
    which = await answer(shop.kai.use("More like this", both))
    assert "**Songs like " in (await answer(shop.kai.select(which, "Songs like which of these?", second.uri))).text()
    none = await shop.ivo.say("https://open.spotify.com/track/0000000000000000000000")
    assert "can't find a song I know" in (await answer(shop.kai.use("More like this", none))).text()


@pytest.mark.slow  # and it needs what the tests before it left
async def test_p35_a_member_who_is_erased_leaves_no_message_in_a_channel(shop: Shop) -> None:
    card = await shop.card(shop.ivo)
    mia = await with_file(shop.stack, "mia", library=plain(5, seed=144))
    await answer(mia.command("feed join"))
    await answer(mia.click(await answer(mia.click(card, "Repost")), "Post it"))
    message = shop.posted("reposts")[-1]
    assert str(mia.user.id) in message.text()
    outcome = await mia.submit(await mia.command("data delete"), word="delete")
    await outcome.until(lambda message: "is deleted" in message.text())
    await shop.stack.until(lambda: message.deleted)


async def test_the_digest_is_posted_once_a_week_with_counts(shop: Shop) -> None:
    due_at = shop.stack.discord.now() - timedelta(minutes=1)
    await due(shop, due_at)
    week = await shop.stack.until(lambda: next(iter(shop.posted("digest")), None))
    assert "The week here" in week.text()
    assert "<@" not in week.text()
    later = "select 1 from place where purpose = 'digest' and due_at > ?"
    for _ in range(2):
        await shop.stack.until(lambda: shop.stack.rows(later, (due_at + WEEK).timestamp() * 1000))
        assert shop.posted("digest") == [week], "the digest is found even after a kill before it was recorded"
        await due(shop, due_at)


async def due(shop: Shop, at: datetime) -> None:
    """Make a digest due for a week in which something happened."""
    server = shop.stack.guild.id
    async with Store(shop.stack.database_url) as store, store.writing() as tx:
        await server_channels.count(tx, server, "like", at - timedelta(days=2), 30)
        await server_channels.give(tx, Place(shop.channels["digest"].id, "digest", server, at))


async def test_public_cards_never_show_a_song_barred_in_the_server(shop: Shop) -> None:
    server = shop.stack.guild.id
    nora = await with_file(shop.stack, "nora", library=plain(5, seed=145))
    await answer(nora.command("feed join"))
    async with Store(shop.stack.database_url) as store:
        async with store.writing() as tx:
            for (key,) in shop.stack.rows("select key from entry"):
                await server_channels.bar(tx, server, key)
        refused = await answer(nora.at(shop.channels["feed"]).command("feed play"))
        assert "nothing to choose from" in refused.text()
        async with store.writing() as tx:
            for (key,) in shop.stack.rows("select key from barred where server = ?", server):
                await server_channels.unbar(tx, server, key)


async def test_a_card_continues_privately_once_its_channel_is_no_longer_the_feeds(shop: Shop) -> None:
    card = await shop.card(shop.ivo)
    before = card.text()
    assert labels(card)[0] == "Next"
    await post_in(shop.boss, "feed")
    following = await answer(shop.kai.click(card, "Next"))
    assert following.visible_to == shop.kai.user.id
    assert card.text() == before
    await post_in(shop.boss, "feed", shop.channels["feed"])


async def test_in_a_server_without_the_bot_it_says_so_where_it_would_have_to_be_there(shop: Shop) -> None:
    """Ivo installed the app for himself. What he began there could never go on: nobody's presence can be checked."""
    shop.ivo.user.has_app = True
    cafe = shop.stack.discord.add_foreign_guild("Café", members=[shop.ivo.user])
    (place,) = cafe.channels.values()
    there = shop.ivo.at(place)
    refused = await answer(there.command("updates", options={"channel": place}))
    assert refused.text() == "I can't post there. Choose a channel where both of us may write."
    assert "not in this server" in (await answer(there.command("shared new", name="Ours"))).text()
    assert "you host it" in (await answer(there.command("shared new", name="Ours", group=True))).text()
    await answer(there.click(await answer(there.command("profile edit")), "Show my taste map"))
    shown = await answer(there.command("profile show"))
    assert "not in this server" in (await answer(there.click(shown, "Post it here"))).text()
    assert [message for message in place.messages.values() if message.visible_to is None] == []
    await answer(there.click(await answer(there.command("profile edit")), "Hide my taste map"))
    await answer(there.command("shared end", playlist="Ours"))
    shop.ivo.user.has_app = False


async def test_a_server_that_removes_the_bot_is_forgotten(shop: Shop) -> None:
    discord = shop.stack.discord
    guild = discord.add_guild("Other shop", channels=["songs"], members=[shop.boss.user])
    (there,) = guild.channels.values()
    await post_in(shop.boss.at(there), "feed", there)
    assert shop.stack.rows("select 1 from place where server = ?", guild.id)
    discord.leave(guild, discord.bot)
    await shop.stack.until(lambda: not shop.stack.rows("select 1 from place where server = ?", guild.id))
