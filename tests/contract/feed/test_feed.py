"""The feed: what comes next, how members answer, and what follows from the answers. On a real database."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.artefacts import Folder
from bot.adapters.local_playlists import LocalPlaylists
from bot.adapters.scorer import Scorer
from bot.adapters.store.feed import feed_history
from bot.adapters.store.sorting import answers, writes
from bot.core.sorting.labels import Answer, Kind, Source
from bot.errors import BadChoice, NotAmongLikes, NothingThereYet
from bot.errors.feed import GoneFromSpotify, NothingToHear, NotOnSpotify
from bot.errors.sorting import PlaylistNotKept
from bot.errors.spotify import SongsRefused
from bot.flows.feed import catalogue_sharing
from bot.flows.feed import saved_likes as save
from bot.flows.feed.catalogue_index import key
from bot.flows.feed.feed import AHEAD, GLANCE, REST
from bot.flows.sorting import playlists as flow
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.flows.sorting.writing import sort, undo
from tests.contract.feed.catalogue_stage import ADA, BEN, EVA, local, number_of
from tests.contract.feed.feed_stage import OTHERS, OWN, Scene, kept, uri


@pytest.mark.slow
async def test_the_next_song_is_new_and_comes_once(scene: Scene) -> None:
    seen: list[str] = []
    for _ in range(12):
        seen += [card.entry.song.song for card in await scene.feed.next(ADA, 3)]
    assert len(seen) == len(set(seen)) == 36
    assert not await scene.likes() & set(seen)


async def test_what_can_be_heard_comes_first(scene: Scene) -> None:
    async with scene.store.writing() as tx:  # so few are left that all of them are looked at
        await feed_history.note(
            tx, ADA, {uri(number): key(uri(number)) for number in OTHERS[AHEAD - 10 :]}, scene.now[0]
        )
    first = [card.entry.song.song for _ in range(3) for card in await scene.feed.next(ADA)]
    assert sorted(first) == [local(number) for number in range(200, 203)]
    assert number_of((await scene.feed.next(ADA))[0].entry.song.song) in OTHERS, "then come the others"


async def test_a_feed_only_with_sound_plays_nothing_else(scene: Scene) -> None:
    await scene.feed.choose_sound(ADA, only=True)
    heard = [card.entry.song.song for card in await scene.feed.next(ADA, 10)]
    assert sorted(heard) == [local(number) for number in range(200, 203)]
    with pytest.raises(NothingToHear):
        await scene.feed.next(ADA)
    await scene.feed.choose_sound(ADA, only=False)
    assert await scene.feed.next(ADA)


async def test_when_everything_was_shown_the_feed_says_so_and_starts_over_later(scene: Scene) -> None:
    count = len(OTHERS) + 3
    shown: list[str] = []
    with pytest.raises(NothingThereYet):
        for _ in range(count + 1):
            shown += [card.entry.song.song for card in await scene.feed.next(ADA, 10)]
    assert len(set(shown)) == len(shown) == count
    await scene.feed.skip(ADA, uri(100))
    scene.now[0] += GLANCE + timedelta(minutes=1)
    again = [card.entry.song.song for _ in range(4) for card in await scene.feed.next(ADA, 10)]
    assert sorted(again) == sorted(set(shown) - {uri(100)}), "unanswered songs come back soon"
    scene.now[0] += REST
    assert uri(100) in [card.entry.song.song for _ in range(4) for card in await scene.feed.next(ADA, 10)]


async def test_a_member_who_has_not_joined_gets_only_files(scene: Scene) -> None:
    await scene.stage.like(EVA, range(20, 23), joined=False)
    for _ in range(3):
        (card,) = await scene.feed.next(EVA)
        assert card.entry.song.song.startswith("local:")
    with pytest.raises(NothingThereYet):
        await scene.feed.next(EVA)
    with pytest.raises(BadChoice):
        await scene.feed.like(EVA, uri(100))


async def test_a_like_asks_once_whether_it_may_be_saved(scene: Scene) -> None:
    liked = await scene.feed.like(ADA, uri(100))
    assert (liked.saved, liked.ask) == (False, True)
    await scene.work()
    assert uri(100) not in await scene.likes()
    await scene.feed.choose_saving(ADA, saves=True)
    await scene.work()
    assert uri(100) in await scene.likes(), "earlier likes are saved too"
    liked = await scene.feed.like(ADA, uri(101))
    assert (liked.saved, liked.ask) == (True, False)
    await scene.feed.choose_saving(ADA, saves=False)
    liked = await scene.feed.like(ADA, uri(102))
    assert (liked.saved, liked.ask) == (False, False)


async def test_undoing_a_like_removes_only_likes_the_feed_saved(scene: Scene) -> None:
    await scene.feed.choose_saving(ADA, saves=True)
    await scene.feed.like(ADA, uri(100))
    await scene.work()
    await scene.stage.like(BEN, [3])
    await scene.stage.catalogue.points.refresh()
    await scene.feed.like(ADA, uri(3))
    for number in (100, 3):
        await scene.feed.unlike(ADA, uri(number))
    await scene.work()
    assert uri(100) not in await scene.likes()
    assert uri(3) in await scene.likes(), "she already liked it at Spotify"


async def test_a_like_undone_before_it_was_saved_is_never_saved(scene: Scene) -> None:
    await scene.feed.choose_saving(ADA, saves=True)
    await scene.feed.like(ADA, uri(100))
    await scene.feed.unlike(ADA, uri(100))
    await scene.work()
    assert uri(100) not in await scene.likes()


async def test_a_like_undone_while_it_is_being_saved_is_removed_again(scene: Scene) -> None:
    class Meanwhile(LocalPlaylists):
        async def save(self, songs: Sequence[str]) -> None:
            await super().save(songs)
            await scene.feed.unlike(ADA, uri(100))

    await scene.feed.choose_saving(ADA, saves=True)
    await scene.feed.like(ADA, uri(100))
    assert await save.save(scene.store, Meanwhile(scene.store, ADA, lambda: scene.now[0]), ADA, scene.now[0]) == 2
    assert uri(100) not in await scene.likes()


async def test_a_song_liked_again_before_its_removal_stays(scene: Scene) -> None:
    await scene.feed.choose_saving(ADA, saves=True)
    await scene.feed.like(ADA, uri(100))
    await scene.work()
    await scene.feed.unlike(ADA, uri(100))
    await scene.feed.like(ADA, uri(100))
    await scene.work()
    assert uri(100) in await scene.likes()
    await scene.feed.unlike(ADA, uri(100))
    await scene.work()
    assert uri(100) not in await scene.likes(), "the feed saved it"


async def test_an_add_can_be_undone_and_survives_the_next_sort(scene: Scene) -> None:
    await scene.feed.choose_saving(ADA, saves=True)
    run, late = await kept(scene), await kept(scene, "Late night")
    assert [place.playlist for place in await scene.feed.places(ADA, uri(100))] == [run, late]
    assert (await scene.feed.add(ADA, uri(100), run.playlist, event=7)).playlist.name == "Run"
    await scene.work()
    assert await scene.standing(run) == [uri(100)]
    async with scene.store.reading() as tx:
        assert await answers.standing(tx, ADA, run.layer) == [], "no label unless they ask for one"
        done = await writes.last_done(tx, ADA)
    layer = await flow.layer_named(scene.store, ADA, None)
    async with scene.store.writing() as tx:
        for number in OWN:  # answered with none, so no model is needed
            await answers.add(tx, ADA, layer.layer, Answer(uri(number), Kind.NONE, (), Source.BUTTON, number + 1))
    libraries = ScoredLibraries(scene.store, Scorer(Folder(Path("none"))))
    music = LocalPlaylists(scene.store, ADA, lambda: scene.now[0])
    sorted_ = await sort.dry_run(scene.store, music, libraries, layer, scene.now[0])
    assert not [change for change in sorted_.changes if change.song == uri(100)]
    assert done is not None
    opened = await undo.write(scene.store, ADA, done.write, scene.now[0])
    await sort.apply(scene.store, music, opened, scene.now[0])
    assert await scene.standing(run) == []


async def test_an_add_is_a_label_if_they_chose_that_and_undo_removes_it(scene: Scene) -> None:
    await scene.feed.choose_saving(ADA, saves=True)
    await scene.feed.choose_teaching(ADA, teaches=True)
    run = await kept(scene)
    await scene.feed.add(ADA, uri(100), run.playlist, event=7)
    await scene.work()
    async with scene.store.reading() as tx:
        (label,) = await answers.standing(tx, ADA, run.layer)
    assert (label.song, label.playlists, label.source) == (uri(100), (run.playlist,), Source.FEED)
    await undo.write(scene.store, ADA, None, scene.now[0])
    async with scene.store.reading() as tx:
        assert await answers.standing(tx, ADA, run.layer) == []


async def test_an_add_needs_a_like_a_kept_playlist_and_a_storable_song(scene: Scene) -> None:
    run = await kept(scene)
    with pytest.raises(NotAmongLikes):
        await scene.feed.add(ADA, uri(100), run.playlist, event=7)
    await scene.feed.choose_saving(ADA, saves=True)
    with pytest.raises(PlaylistNotKept):
        await scene.feed.add(ADA, uri(100), run.playlist + 99, event=7)
    with pytest.raises(NotOnSpotify):
        await scene.feed.add(ADA, local(200), run.playlist, event=7)
    with pytest.raises(PlaylistNotKept):
        await scene.feed.add(BEN, uri(100), run.playlist, event=7)
    assert scene.jobs == []


async def test_answers_influence_the_next_song_at_once(scene: Scene) -> None:
    async def best() -> float:
        (pick,) = await scene.stage.recommender.recommend(ADA, uri(0), 1)
        return pick.score

    before = await best()
    for number in range(100, 136):
        if number % 3 == 0:
            await scene.feed.skip(ADA, uri(number))
    assert await best() < before
    liked = uri(101)
    await scene.feed.like(ADA, liked)
    recommended = await scene.stage.recommender.recommend(ADA, None, 25)
    assert liked not in [pick.entry.song.song for pick in recommended], "songs liked in the feed don't come up again"


async def test_a_skip_does_not_undo_a_like(scene: Scene) -> None:
    await scene.feed.like(ADA, uri(100))
    await scene.feed.skip(ADA, uri(100))
    async with scene.store.reading() as tx:
        known = await feed_history.get(tx, ADA, uri(100))
    assert known is not None
    assert known.said == "like"


async def test_disliked_songs_do_not_come_up(scene: Scene) -> None:
    for number in OTHERS:
        if number % 3:
            await catalogue_sharing.dislike(scene.store, ADA, uri(number), scene.now[0])
    shown = [card.entry.song.song for _ in range(3) for card in await scene.feed.next(ADA, 3)]
    assert all(song.startswith("local:") or number_of(song) % 3 == 0 for song in shown)


async def test_after_only_here_one_song_can_still_be_liked_and_added(scene: Scene) -> None:
    run = await kept(scene)
    await scene.feed.choose_saving(ADA, saves=False)
    await scene.feed.like(ADA, uri(101))
    with pytest.raises(NotAmongLikes):
        await scene.feed.add(ADA, uri(100), run.playlist, event=7)
    await scene.feed.like_for_good(ADA, uri(100))
    added = await scene.feed.add(ADA, uri(100), run.playlist, event=8)
    assert (added.playlist.playlist, added.before) == (run.playlist, False)
    await scene.work()
    assert uri(100) in await scene.likes()
    assert uri(101) not in await scene.likes(), "the choice for other songs stays"
    with pytest.raises(NotOnSpotify):
        await scene.feed.like_for_good(ADA, local(200))


async def test_a_song_that_is_added_while_it_is_being_saved_stays(scene: Scene) -> None:
    class Meanwhile(LocalPlaylists):
        async def save(self, songs: Sequence[str]) -> None:
            await super().save(songs)
            await scene.feed.add(ADA, uri(100), run.playlist, event=8)

    run = await kept(scene)
    await scene.feed.choose_saving(ADA, saves=False)
    await scene.feed.like_for_good(ADA, uri(100))
    await save.save(scene.store, Meanwhile(scene.store, ADA, lambda: scene.now[0]), ADA, scene.now[0])
    await scene.work()
    assert uri(100) in await scene.likes()


async def test_a_song_liked_again_during_its_removal_stays(scene: Scene) -> None:
    class Meanwhile(LocalPlaylists):
        async def unsave(self, songs: Sequence[str]) -> None:
            await super().unsave(songs)
            await scene.feed.like_for_good(ADA, uri(100))

    await scene.feed.choose_saving(ADA, saves=False)
    await scene.feed.like_for_good(ADA, uri(100))
    await scene.work()
    await scene.feed.unlike(ADA, uri(100))
    await save.save(scene.store, Meanwhile(scene.store, ADA, lambda: scene.now[0]), ADA, scene.now[0])
    assert uri(100) in await scene.likes()


async def test_a_song_spotify_refused_is_not_retried_or_added(scene: Scene) -> None:
    class Refusing(LocalPlaylists):
        async def save(self, songs: Sequence[str]) -> None:
            raise SongsRefused

    await scene.feed.choose_saving(ADA, saves=True)
    assert (await scene.feed.like(ADA, uri(100))).saved
    await save.save(scene.store, Refusing(scene.store, ADA, lambda: scene.now[0]), ADA, scene.now[0])
    scene.jobs.clear()
    assert not (await scene.feed.like(ADA, uri(100))).saved
    await scene.feed.choose_saving(ADA, saves=True)
    with pytest.raises(GoneFromSpotify):
        await scene.feed.add(ADA, uri(100), (await kept(scene)).playlist, event=7)
    assert scene.jobs == []


async def test_a_song_already_liked_is_reported_as_such(scene: Scene) -> None:
    await scene.feed.choose_saving(ADA, saves=True)
    assert not (await scene.feed.like(ADA, uri(100))).before
    await scene.work()
    assert (await scene.feed.like(ADA, uri(100))).before
    assert (await scene.feed.add(ADA, uri(100), (await kept(scene)).playlist, event=9)).before
