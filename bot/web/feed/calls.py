"""Calls: what the page asks for, each for the session's own member alone."""

from http import HTTPStatus

from aiohttp import web

from bot.errors import NothingThereYet
from bot.web.api import answers
from bot.web.feed import reading, shapes
from bot.web.feed.callers import MEMBER, PAGE, secret_of

Answer = web.Response


async def next_cards(request: web.Request) -> Answer:
    """The songs that come next; they count as shown. None, and why, where there is nothing yet."""
    count = await reading.count(request, "count")
    try:
        cards = await request.config_dict[PAGE].next(request[MEMBER], count)
    except NothingThereYet as nothing:
        return answers.fresh({"cards": [], "detail": nothing.for_member()})
    return answers.fresh({"cards": [shapes.card(each) for each in cards], "detail": None})


async def me(request: web.Request) -> Answer:
    """Whose session it is, in Discord's words."""
    return answers.fresh({"name": await request.config_dict[PAGE].name_of(request[MEMBER])})


async def server(request: web.Request) -> Answer:
    """What the server is called in which this browser reposts."""
    return answers.fresh({"name": await request.config_dict[PAGE].server(secret_of(request))})


async def listen(request: web.Request) -> Answer:
    """How the song can be heard."""
    card, found = await request.config_dict[PAGE].listen(request[MEMBER], _key(request))
    return answers.fresh(shapes.listen(card.entry, found))


async def clip(request: web.Request) -> Answer:
    """The song's clip, or the part of it that is asked for."""
    return answers.clip(request, await request.config_dict[PAGE].clip(request[MEMBER], _key(request)))


async def like(request: web.Request) -> Answer:
    liked = await request.config_dict[PAGE].like(request[MEMBER], _key(request))
    return answers.fresh({"saved": liked.saved, "ask": liked.ask})


async def unlike(request: web.Request) -> Answer:
    await request.config_dict[PAGE].unlike(request[MEMBER], _key(request))
    return _done()


async def like_for_good(request: web.Request) -> Answer:
    """Put this one song among the member's likes, whatever they chose for the others."""
    await request.config_dict[PAGE].like_for_good(request[MEMBER], _key(request))
    return _done()


async def choose_saving(request: web.Request) -> Answer:
    """Whether what is liked here goes to the member's likes."""
    await request.config_dict[PAGE].choose_saving(request[MEMBER], await reading.switch(request, "saves"))
    return _done()


async def skip(request: web.Request) -> Answer:
    await request.config_dict[PAGE].skip(request[MEMBER], _key(request))
    return _done()


async def playlists(request: web.Request) -> Answer:
    guesses = await request.config_dict[PAGE].playlists(request[MEMBER], _key(request))
    return answers.fresh({"playlists": [shapes.guess(each) for each in guesses]})


async def add(request: web.Request) -> Answer:
    number = int(request.match_info["playlist"])
    added = await request.config_dict[PAGE].add(request[MEMBER], _key(request), number)
    return answers.fresh({"name": added.name})


async def repost(request: web.Request) -> Answer:
    """Post the song in the member's server, with their name; the page asked them before."""
    await request.config_dict[PAGE].repost(request[MEMBER], secret_of(request), _key(request))
    return _done()


async def put_away(request: web.Request) -> Answer:
    await request.config_dict[PAGE].put_away(request[MEMBER], _key(request))
    return _done()


async def take_back(request: web.Request) -> Answer:
    await request.config_dict[PAGE].take_back(request[MEMBER], _key(request))
    return _done()


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
    web.put(f"{SONG}/distaste", put_away),
    web.delete(f"{SONG}/distaste", take_back),
)
