"""Calls: what the page asks for about the feed, always for the session's own member."""

from http import HTTPStatus

from aiohttp import web

from bot.core.markup import plain
from bot.errors import NothingThereYet
from bot.messages.errors import describe
from bot.web.feed import shapes
from bot.web.feed.callers import PAGE, secret_of
from bot.web.http import answers, bodies
from bot.web.http.callers import MEMBER

Answer = web.Response


async def next_cards(request: web.Request) -> Answer:
    """The next songs, which then count as shown; or none, and the reason, where there's nothing yet."""
    count = await bodies.count(request, "count")
    try:
        cards = await request.config_dict[PAGE].feed.next(request[MEMBER], count)
    except NothingThereYet as nothing:
        return answers.fresh({"cards": [], "detail": describe(nothing, plain=True)})
    return answers.fresh({"cards": [shapes.card(card) for card in cards], "detail": None})


async def me(request: web.Request) -> Answer:
    """The member's name in Discord."""
    return answers.fresh({"name": plain(await request.config_dict[PAGE].name_of(request[MEMBER]))})


async def server(request: web.Request) -> Answer:
    """The name of the server this browser reposts to."""
    name = await request.config_dict[PAGE].server(secret_of(request))
    return answers.fresh({"name": plain(name) if name else None})


async def listen(request: web.Request) -> Answer:
    """The best way to hear the song."""
    card, way = await request.config_dict[PAGE].listen(request[MEMBER], _key(request))
    return answers.fresh(shapes.listen(card.entry.song, way, f"api/songs/{card.entry.key}/clip"))


async def clip(request: web.Request) -> Answer:
    """The song's clip, or the byte range asked for."""
    return answers.clip(request, await request.config_dict[PAGE].api.catalogue.clip(*await _asked(request)))


async def like(request: web.Request) -> Answer:
    liked = await request.config_dict[PAGE].feed.like(*await _asked(request))
    return answers.fresh({"saved": liked.saved, "ask": liked.ask})


async def unlike(request: web.Request) -> Answer:
    await request.config_dict[PAGE].feed.unlike(*await _asked(request))
    return _done()


async def like_for_good(request: web.Request) -> Answer:
    """Save this one song to the member's Spotify likes, whatever they chose for the rest."""
    await request.config_dict[PAGE].feed.like_for_good(*await _asked(request))
    return _done()


async def choose_saving(request: web.Request) -> Answer:
    """Choose whether songs liked here are saved to the member's Spotify likes."""
    saves = await bodies.switch(request, "saves")
    await request.config_dict[PAGE].feed.choose_saving(request[MEMBER], saves)
    return _done()


async def skip(request: web.Request) -> Answer:
    await request.config_dict[PAGE].feed.skip(*await _asked(request))
    return _done()


async def playlists(request: web.Request) -> Answer:
    """The playlists the member keeps, the likeliest first."""
    guesses = await request.config_dict[PAGE].feed.places(*await _asked(request))
    return answers.fresh({"playlists": [shapes.guess(guess) for guess in guesses]})


async def add(request: web.Request) -> Answer:
    member, song = await _asked(request)
    added = await request.config_dict[PAGE].feed.add(member, song, int(request.match_info["playlist"]))
    return answers.fresh({"name": plain(added.playlist.name)})


async def repost(request: web.Request) -> Answer:
    """Post the song in the member's server, under their name. The page asked them first."""
    await request.config_dict[PAGE].repost(request[MEMBER], secret_of(request), _key(request))
    return _done()


async def dislike(request: web.Request) -> Answer:
    await request.config_dict[PAGE].api.dislike(*await _asked(request))
    return _done()


async def undo_dislike(request: web.Request) -> Answer:
    await request.config_dict[PAGE].api.undo_dislike(*await _asked(request))
    return _done()


async def _asked(request: web.Request) -> tuple[int, str]:
    """Return the member and the song's URI. Raises BadChoice for a song they can't see."""
    member = request[MEMBER]
    return member, await request.config_dict[PAGE].song(member, _key(request))


def _key(request: web.Request) -> str:
    return request.match_info["song"]


def _done() -> Answer:
    return web.Response(status=HTTPStatus.NO_CONTENT)


SONG = "/songs/{song}"
ROUTES = (
    web.get("/me", me),
    web.get("/server", server),
    web.post("/cards", next_cards),
    web.put("/saving", choose_saving),
    web.get(f"{SONG}/listen", listen),
    web.get(f"{SONG}/clip", clip),
    web.put(f"{SONG}/like", like),
    web.delete(f"{SONG}/like", unlike),
    web.put(f"{SONG}/saved", like_for_good),
    web.put(f"{SONG}/skip", skip),
    web.get(f"{SONG}/playlists", playlists),
    web.put(f"{SONG}/playlists/{{playlist:[0-9]{{1,18}}}}", add),
    web.post(f"{SONG}/repost", repost),
    web.put(f"{SONG}/dislike", dislike),
    web.delete(f"{SONG}/dislike", undo_dislike),
)
