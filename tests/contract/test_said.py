"""What a member is told or offered fits their situation: how they linked, what's running, what exists twice."""

from datetime import timedelta

import pytest

from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, cards, playlists, writes
from bot.chat.autocomplete import the_one
from bot.core.records import Card, NewWrite
from bot.core.sorting.labels import Answer, Kind, Source
from bot.core.sorting.writing.writes import WriteKind, WriteState
from bot.errors import NoLikes, NotLinked
from bot.errors.account import ConsentDenied, NothingToConfirm, NothingToUnlink
from bot.errors.sorting import AmbiguousName, StillReading, StillWriting
from bot.flows.account import link, notify
from bot.flows.account.link import Linking
from bot.flows.library import imports, sync
from bot.flows.sorting import playlists as flow
from bot.flows.sorting import review
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.flows.sorting.writing import sort, undo
from tests.contract.conftest import MEMBER, NOW, Linked, track


async def test_a_linked_member_without_likes_is_not_told_to_link(linked: Linked) -> None:
    with pytest.raises(StillReading):
        await flow.layer_named(linked.store, MEMBER, None)
    await sync.sync(linked.store, await linked.music(), await linked.account(), NOW)
    async with linked.store.writing() as tx:
        await songs.unlike(tx, MEMBER, list(await songs.liked(tx, MEMBER)))
    with pytest.raises(NoLikes) as none:
        await flow.layer_named(linked.store, MEMBER, None)
    assert type(none.value) is NoLikes
    with pytest.raises(NotLinked):
        await flow.layer_named(linked.store, MEMBER + 1, None)


async def test_unlinking_keeps_a_library_from_a_file(linked: Linked) -> None:
    await link.check_linked(linked.store, MEMBER)
    await imports.import_file(linked.store, 99, "songs.csv", b"Track Name,Artist Name(s)\nA,B\n", NOW)
    with pytest.raises(NothingToUnlink):
        await link.check_linked(linked.store, 99)


async def test_a_failed_link_says_why(linked: Linked) -> None:
    linking = Linking(linked.store, linked.vault, linked.spotify, lambda: NOW)
    url, _ = await linking.begin(MEMBER, "@ada", (await linked.account()).client_id, "http://127.0.0.1:8888/callback")
    state = url.partition("state=")[2].partition("&")[0]
    with pytest.raises(ConsentDenied):
        await linking.arrive_pasted(MEMBER, f"http://127.0.0.1:8888/callback?error=access_denied&state={state}")
    with pytest.raises(NothingToConfirm):
        await linking.prove(MEMBER, "ABCD-EFGH")
    assert not await linking.forget(MEMBER), "there's nothing to cancel"


async def test_a_member_with_their_own_app_keeps_it(linked: Linked) -> None:
    assert await link.app_of(linked.store, MEMBER) == (await linked.account()).client_id
    assert await link.app_of(linked.store, MEMBER + 1) == ""


async def test_p08_a_late_warning_states_the_days_left(linked: Linked) -> None:
    left = NOW + link.CONSENT - timedelta(days=3, hours=1)
    assert await notify.consent_ends_in(linked.store, MEMBER, left) == 3
    assert await notify.consent_ends_in(linked.store, MEMBER, NOW) is None, "the consent was renewed"


def test_two_playlists_with_one_name_are_not_confused() -> None:
    both = [("1", "Rain"), ("2", "rain"), ("3", "2")]

    def one(given: str) -> tuple[str, str] | None:
        return the_one(given, both, number=lambda pair: pair[0], name=lambda pair: pair[1])

    assert one("2") == ("2", "rain"), "a chosen number takes precedence over a name"
    assert one("Sun") is None
    with pytest.raises(AmbiguousName):
        one("Rain")


async def test_p43_undo_on_a_receipts_card_reverts_what_the_tap_wrote(linked: Linked) -> None:
    linked.like(1, 2)
    music = await linked.music()
    await sync.sync(linked.store, music, await linked.account(), NOW)
    kept = await flow.make(linked.store, music, MEMBER, "main", "Run", NOW)
    song = track(1).uri
    async with linked.store.writing() as tx:
        asked = await writes.begin(tx, NewWrite(MEMBER, kept.layer, WriteKind.WATCH, 1), NOW)
        await answers.add(tx, MEMBER, kept.layer, Answer(song, Kind.ONLY, (kept.playlist,), Source.BUTTON, 1))
        tap = await sort.open_tap(tx, NewWrite(MEMBER, kept.layer, WriteKind.TAP), [(kept.playlist, song, "add")], NOW)
        await cards.add(tx, Card("card", MEMBER, kept.layer, track(2).uri, asked, NOW))
    libraries = ScoredLibraries(linked.store, None, None)  # type: ignore[arg-type]
    with pytest.raises(StillWriting):
        await review.undo_answer(linked.store, libraries, MEMBER, "card", NOW)
    with pytest.raises(StillWriting):  # rather than undoing an earlier write
        await undo.write(linked.store, MEMBER, None, NOW)
    await sort.apply(linked.store, music, tap, NOW)
    back = (await review.undo_answer(linked.store, libraries, MEMBER, "card", NOW)).write
    assert back is not None
    later = NOW + timedelta(minutes=2)
    receipt = await sort.apply(linked.store, music, back, later)
    assert [change.song for change in receipt.removed] == [song]
    async with linked.store.reading() as tx:
        assert not await answers.standing(tx, MEMBER, kept.layer, song)
        assert await playlists.items(tx, kept.playlist) == []


async def test_p43_cancel_after_apply_does_not_say_that_nothing_changed(linked: Linked) -> None:
    kept = await flow.make(linked.store, await linked.music(), MEMBER, "main", "Run", NOW)
    async with linked.store.writing() as tx:
        planned = await writes.begin(tx, NewWrite(MEMBER, kept.layer, WriteKind.SORT, 1), NOW)
        await writes.set_state(tx, planned, WriteState.PLANNED)
    assert await sort.cancel(linked.store, MEMBER, planned)
    async with linked.store.writing() as tx:
        applied = await writes.begin(tx, NewWrite(MEMBER, kept.layer, WriteKind.SORT, 1), NOW)
        await writes.set_state(tx, applied, WriteState.PLANNED)
    await sort.confirm(linked.store, MEMBER, applied)
    assert not await sort.cancel(linked.store, MEMBER, applied)
