"""Songs that others share: joining, finding, dismissing, walking from song to song; with the bot as a process."""

import pytest
import pytest_asyncio

from sandbox.discord import Message, Person
from sandbox.music.library import Library
from tests.e2e.chat_stage import answer, labels, with_file
from tests.e2e.checked_stack import CheckedStack
from tests.e2e.trained_stage import plain

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]
SHARED, OWN = plain(36, seed=91), plain(9, seed=92)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def rae(stack: CheckedStack) -> Person:
    """A member who has joined; another shares 36 songs."""
    await stack.import_features(Library((*SHARED.tracks, *OWN.tracks), (), {}, (*SHARED.features, *OWN.features)))
    await stack.described(SHARED, OWN)
    quin = await with_file(stack, "quin", library=SHARED)
    await answer(quin.command("feed join"))
    rae = await with_file(stack, "rae", library=OWN)
    assert "You're in" in (await answer(rae.command("feed join"))).text()
    return rae


def named(message: Message) -> set[str]:
    """The shared songs that a message links to."""
    return {track.uri for track in SHARED.tracks if track.id in message.text()}


def style(uri: str) -> int:
    return next(at % 3 for at, track in enumerate((*SHARED.tracks, *OWN.tracks)) if track.uri == uri)


async def test_recommendations_are_others_songs_with_reasons(rae: Person) -> None:
    said = await answer(rae.command("discover songs"))
    assert len(named(said)) == 5
    assert "near *Song" in said.text()
    assert said.visible_to == rae.user.id
    assert not any(track.id in said.text() for track in OWN.tracks)


async def test_more_like_this_finds_similar_songs_by_other_artists(rae: Person) -> None:
    said = await answer(rae.command("discover like", song=OWN.tracks[1].uri))
    first = [track for track in SHARED.tracks if track.id in said.text()]
    assert {style(track.uri) for track in first[:3]} >= {1}
    assert len({track.artists for track in first}) == len(first), "no artist twice"
    more = await answer(rae.click(said, labels(said)[0]))
    assert named(more)
    assert more.id != said.id


async def test_not_for_me_lasts_until_it_is_undone(stack: CheckedStack, rae: Person) -> None:
    said = await answer(rae.command("discover like", song=OWN.tracks[0].uri))
    before = named(said)
    noted = await answer(rae.click(said, "Not for me"))
    assert "isn't for you" in noted.text()
    ((away,),) = stack.rows("select song from dislike where member = ?", rae.user.id)
    assert away in before
    assert away not in named(await answer(rae.command("discover like", song=OWN.tracks[0].uri)))
    assert "may come up again" in (await answer(rae.click(noted, "Undo"))).text()
    assert stack.rows("select 1 from dislike where member = ?", rae.user.id) == []
    assert away in named(await answer(rae.command("discover like", song=OWN.tracks[0].uri)))


async def test_a_random_song_has_its_buttons_and_so_has_the_next(rae: Person) -> None:
    said = await answer(rae.command("discover random"))
    assert labels(said) == ["Listen", "Like", "Add to…", "More like this", "Not for me", "Another"]
    assert labels(await answer(rae.click(said, "Another"))) == labels(said)


async def test_a_song_of_a_list_can_be_heard_liked_and_added(stack: CheckedStack, rae: Person) -> None:
    said = await answer(rae.command("discover songs"))
    chosen = await answer(rae.select(said, "Choose a song…", said.selects()[0].options[1].value))
    assert chosen.id != said.id
    assert labels(chosen) == ["Listen", "Like", "Add to…", "More like this", "Not for me"]
    (song,) = named(chosen)
    heard = await answer(rae.click(chosen, "Listen"))
    assert heard.visible_to == rae.user.id
    assert named(heard) == {song}
    assert "Next" not in labels(heard)
    assert "Liked" in (await answer(rae.click(chosen, "Like"))).text()
    assert "don't keep any playlists" in (await answer(rae.click(chosen, "Add to…"))).text()
    assert stack.rows("select said from shown where member = ? and song = ?", rae.user.id, song) == [("like",)]


async def test_a_list_becomes_a_playlist_with_a_receipt_and_an_undo(stack: CheckedStack, rae: Person) -> None:
    said = await answer(rae.command("discover songs"))
    songs = named(said)
    form = await rae.click(said, "Make a playlist of these")
    told = await answer(rae.submit(form, name="Rainy"))
    assert "gets 5 songs" in told.text()
    assert told.id != said.id
    there = "select c.song from content c join playlist p using (playlist) where p.name = 'Rainy' and p.member = ?"
    await stack.until(lambda: {song for (song,) in stack.rows(there, rae.user.id)} == songs)
    liked = "select song from liked where member = ?"
    await stack.until(lambda: songs <= {song for (song,) in stack.rows(liked, rae.user.id)})
    await stack.until(lambda: not stack.rows("select 1 from 'write' where state = 'applying'"))
    again = await rae.click(said, "Make a playlist of these")
    assert "already in" in (await answer(rae.submit(again, name="Rainy"))).text()
    await answer(rae.command("undo"))
    await stack.until(lambda: not stack.rows(there, rae.user.id))


async def test_song_info_shows_what_is_known(rae: Person) -> None:
    suggestions = await rae.complete("song about", option="song", typed="Song 1")
    said = await answer(rae.command("song about", song=suggestions[0]))
    assert "120 bpm" in said.text()
    assert "energy" not in said.text()
    details = await answer(rae.click(said, "Details"))
    assert details.id == said.id
    assert "tempo 120 bpm" in details.text()
    assert "energy" in details.text()
    assert "from " in details.text()
    unknown = await answer(rae.command("song about", song="spotify:track:0000000000000000000000"))
    assert "isn't in the catalogue" in unknown.text()


async def test_a_mix_is_like_one_song_and_unlike_another(rae: Person) -> None:
    said = await answer(rae.command("discover mix", add=SHARED.tracks[0].uri, subtract=SHARED.tracks[1].uri))
    assert said.text().startswith("**Songs like Song 0")
    blend = named(said) - {SHARED.tracks[0].uri, SHARED.tracks[1].uri}
    assert len(blend) > 2
    assert sum(style(uri) == 1 for uri in blend) <= 1


async def test_the_same_song_twice_is_refused_in_words(rae: Person) -> None:
    one, other = SHARED.tracks[0].uri, SHARED.tracks[1].uri
    for refused in (
        rae.command("discover path", options={"from": one, "to": one}),
        rae.command("discover mix", add=one, subtract=one),
        rae.command("discover mix", add=one, add_too=one, subtract=other),
    ):
        assert "the same song twice" in (await answer(refused)).text()


async def test_a_walk_leads_from_one_song_to_another(rae: Person) -> None:
    ends = SHARED.tracks[0], SHARED.tracks[1]
    said = await answer(rae.command("discover path", options={"from": ends[0].uri, "to": ends[1].uri, "steps": 4}))
    lines = said.text().splitlines()
    assert ends[0].id in lines[0]
    assert ends[1].id in lines[-1]
    assert len(named(said)) == len(lines) <= 6


async def test_members_who_have_not_joined_find_nothing_of_others(stack: CheckedStack, rae: Person) -> None:
    sam = await with_file(stack, "sam", library=plain(6, seed=93))
    assert "/feed join" in (await answer(sam.command("discover random"))).text()
    refused = await answer(sam.command("discover like", song=SHARED.tracks[0].uri))
    assert "neither in your library nor in the catalogue" in refused.text()
    assert await sam.complete("discover like", option="song", typed="Song 30") == []


async def test_p35_deleting_a_members_data_takes_their_songs_out_of_the_catalogue(
    stack: CheckedStack, rae: Person
) -> None:
    await stack.described(plain(5, seed=94))
    tom = await with_file(stack, "tom", library=plain(5, seed=94))
    await answer(tom.command("feed join"))
    songs = {track.uri for track in plain(5, seed=94).tracks}
    assert songs <= {song for (song,) in stack.rows("select song from entry")}
    outcome = await tom.submit(await tom.command("data delete"), word="delete")
    await outcome.until(lambda message: "is deleted" in message.text())
    assert not songs & {song for (song,) in stack.rows("select song from entry")}


async def test_leaving_takes_a_members_songs_out_at_once(stack: CheckedStack, rae: Person) -> None:
    await stack.described(plain(5, seed=95))
    uma = await with_file(stack, "uma", library=plain(5, seed=95))
    await answer(uma.command("feed join"))
    songs = {track.uri for track in plain(5, seed=95).tracks}
    assert songs <= {song for (song,) in stack.rows("select song from entry")}
    assert "You're out" in (await answer(uma.command("feed leave"))).text()
    assert not songs & {song for (song,) in stack.rows("select song from entry")}
