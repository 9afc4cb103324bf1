"""Linking and unlinking."""

from datetime import timedelta

from bot.adapters.artefacts import Folder
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists
from bot.core.sorting.labels import Answer, Kind, Source
from bot.flows.account import link
from bot.flows.library import sync
from bot.flows.sorting import playlists as flow
from tests.contract.conftest import ACTOR, MEMBER, NOW, Linked, track


async def test_unlinking_leaves_nothing_from_spotify_and_linking_again_restores_the_labels(linked: Linked) -> None:
    await sync.sync(linked.store, await linked.music(), await linked.account(), NOW)
    kept = await flow.make(linked.store, await linked.music(), MEMBER, "main", "Late night", NOW)
    said = Answer(track(7).uri, Kind.ONLY, (kept.playlist,), Source.BUTTON, 1)
    async with linked.store.writing() as tx:
        await answers.add(tx, MEMBER, kept.layer, said)

    await link.unlink(linked.store, linked.vault, Folder(linked.stack.folder), MEMBER)
    await linked.store.close()
    written = b"".join(path.read_bytes() for path in linked.store.path.parent.glob("test.db*"))
    assert b"spotify:track:" not in written
    assert b"Song 7" not in written
    assert kept.ref.encode() not in written

    await linked.link()
    await sync.sync(linked.store, await linked.music(), await linked.account(), NOW)
    await link.recognise(linked.store, linked.vault, MEMBER)
    async with linked.store.reading() as tx:
        assert await answers.standing(tx, MEMBER, kept.layer) == [said]
    (offer,) = await flow.offered(linked.store, await linked.music(), MEMBER)
    assert (await flow.take(linked.store, await linked.music(), ACTOR, "main", offer)).playlist == kept.playlist


async def test_another_account_inherits_nothing(linked: Linked) -> None:
    await sync.sync(linked.store, await linked.music(), await linked.account(), NOW)
    linked.stack.app.allow(linked.stack.spotify.open_account("ben", "Ben").id)
    await linked.link("ben")
    async with linked.store.reading() as tx:
        assert await songs.count(tx, MEMBER) == 0


async def test_a_link_makes_the_first_sync_due(linked: Linked) -> None:
    async with linked.store.reading() as tx:
        assert [member.member for member in await members.due(tx, NOW, 9)] == [MEMBER]


async def test_days_left_count_down_to_nothing(linked: Linked) -> None:
    account = await linked.account()
    assert link.days_left(account, NOW) == 182
    assert link.days_left(account, NOW + timedelta(days=181, hours=1)) == 0
    assert link.days_left(account, NOW + timedelta(days=400)) == 0


async def test_a_playlist_added_keeps_its_songs(linked: Linked) -> None:
    world = linked.stack.spotify
    own = world.create_playlist("ada", "Mine")
    world.add_by_hand("ada", own.id, track(5).uri)
    (offer,) = await flow.offered(linked.store, await linked.music(), MEMBER)
    kept = await flow.take(linked.store, await linked.music(), ACTOR, "main", offer)
    async with linked.store.reading() as tx:
        assert [item.song for item in await playlists.items(tx, kept.playlist)] == [track(5).uri]


async def test_a_playlist_removed_and_added_again_gets_its_labels_back(linked: Linked) -> None:
    own = linked.stack.spotify.create_playlist("ada", "Mine")
    (offer,) = await flow.offered(linked.store, await linked.music(), MEMBER)
    kept = await flow.take(linked.store, await linked.music(), ACTOR, "main", offer)
    await flow.remove(linked.store, MEMBER, kept.playlist, NOW)
    (offer,) = await flow.offered(linked.store, await linked.music(), MEMBER)
    assert offer.id == own.id
    assert (await flow.take(linked.store, await linked.music(), ACTOR, "main", offer)).playlist == kept.playlist
