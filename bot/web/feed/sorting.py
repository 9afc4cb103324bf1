"""Sorting: what the page asks for to label and to review a dry run, always for the session's own member."""

from urllib.parse import quote

from aiohttp import web

from bot.core.sorting.labels import Kind
from bot.flows.feed.pages.dry_run_page import DryRunPage
from bot.flows.feed.pages.label_page import LabelPage
from bot.messages.sorting import labels
from bot.web.feed import shapes
from bot.web.feed.callers import PAGE
from bot.web.http import answers, bodies
from bot.web.http.callers import MEMBER

Answer = web.Response


# ---------------------------------------------------------------- labelling


async def ask(request: web.Request) -> Answer:
    """The next question of a layer (0: the member's first), or what to say where there's none."""
    layer = await bodies.number(request, "layer")
    return answers.fresh(shapes.following(await _labelling(request).ask(request[MEMBER], layer)))


async def answer(request: web.Request) -> Answer:
    """Store which playlists the song goes to; an empty list means none of them. Repeating it changes nothing."""
    chosen = await bodies.numbers(request, "playlists")
    return await _answered(request, Kind.ONLY if chosen else Kind.NONE, chosen)


async def skip(request: web.Request) -> Answer:
    return await _answered(request, Kind.SKIP, [])


async def _answered(request: web.Request, kind: Kind, chosen: list[int]) -> Answer:
    said = await _labelling(request).answer(request[MEMBER], request.match_info["card"], kind, chosen)
    note = "" if kind is Kind.SKIP else shapes.answered(said.song, said.playlists)
    return answers.fresh({"note": note, **shapes.following(said.following)})


async def undo(request: web.Request) -> Answer:
    """Undo the last answer, and ask about that song again. Repeating it changes nothing."""
    undone = await _labelling(request).undo(request[MEMBER], request.match_info["card"])
    note = labels.undone(undone.songs, writing=undone.in_playlists)
    return answers.fresh({"note": note, **shapes.following(undone.following)})


async def more(request: web.Request) -> Answer:
    """The songs by an artist of the card's song, or on its album, that aren't sorted."""
    listed = await _labelling(request).more(request[MEMBER], request.match_info["card"], _group(request))
    return answers.fresh(shapes.bulk(listed))


async def answer_all(request: web.Request) -> Answer:
    """Store which playlist the ticked songs go to. Repeating it changes nothing."""
    return await _answered_all(request, [int(request.match_info["playlist"])])


async def none_of_them(request: web.Request) -> Answer:
    """Store that the ticked songs go to none of the playlists. Repeating it changes nothing."""
    return await _answered_all(request, [])


async def _answered_all(request: web.Request, chosen: list[int]) -> Answer:
    card, ticks = request.match_info["card"], await bodies.words(request, "ticks")
    said = await _labelling(request).answer_all(request[MEMBER], card, _group(request), chosen, ticks)
    note = shapes.answered_all(said.answered, said.playlists)
    return answers.fresh({"note": note, "rest": said.rest, **shapes.following(said.following)})


def _group(request: web.Request) -> int:
    return int(request.match_info["group"])


async def listen(request: web.Request) -> Answer:
    card = request.match_info["card"]
    song, way = await _labelling(request).listen(request[MEMBER], card)
    return answers.fresh(shapes.listen(song, way, f"api/questions/{card}/clip"))


async def clip(request: web.Request) -> Answer:
    return answers.clip(request, await _labelling(request).clip(request[MEMBER], request.match_info["card"]))


def _labelling(request: web.Request) -> LabelPage:
    return request.config_dict[PAGE].labelling


# ---------------------------------------------------------------- dry runs


async def dry_run(request: web.Request) -> Answer:
    return answers.fresh(shapes.dry_run(await _dry_runs(request).open(request[MEMBER], _write(request))))


async def choose(request: web.Request) -> Answer:
    """Tick or untick a line; returns the dry run as it is then."""
    goes = await bodies.switch(request, "goes")
    change = int(request.match_info["change"])
    opened = await _dry_runs(request).choose(request[MEMBER], _write(request), change, goes)
    return answers.fresh(shapes.dry_run(opened))


async def apply(request: web.Request) -> Answer:
    """Apply the dry run, if it's still what the page showed."""
    version = await bodies.text(request, "version")
    return answers.fresh(shapes.dry_run(await _dry_runs(request).apply(request[MEMBER], _write(request), version)))


async def listen_to(request: web.Request) -> Answer:
    write, uri = _write(request), request.match_info["song"]
    song, way = await _dry_runs(request).listen(request[MEMBER], write, uri)
    return answers.fresh(shapes.listen(song, way, f"api/dry-runs/{write}/songs/{quote(uri, safe='')}/clip"))


async def clip_of(request: web.Request) -> Answer:
    write, uri = _write(request), request.match_info["song"]
    return answers.clip(request, await _dry_runs(request).clip(request[MEMBER], write, uri))


def _dry_runs(request: web.Request) -> DryRunPage:
    return request.config_dict[PAGE].dry_runs


def _write(request: web.Request) -> int:
    return int(request.match_info["write"])


QUESTION = "/questions/{card}"
MORE = f"{QUESTION}/more/{{group:[0-9]{{1,2}}}}"
DRY_RUN = "/dry-runs/{write:[0-9]{1,18}}"
SONG = f"{DRY_RUN}/songs/{{song:[^/]+}}"
ROUTES = (
    web.post("/questions", ask),
    web.put(f"{QUESTION}/answer", answer),
    web.put(f"{QUESTION}/skip", skip),
    web.post(f"{QUESTION}/undo", undo),
    web.get(MORE, more),
    web.put(f"{MORE}/playlists/{{playlist:[0-9]{{1,18}}}}", answer_all),
    web.put(f"{MORE}/none", none_of_them),
    web.get(f"{QUESTION}/listen", listen),
    web.get(f"{QUESTION}/clip", clip),
    web.get(DRY_RUN, dry_run),
    web.put(f"{DRY_RUN}/lines/{{change:[0-9]{{1,18}}}}", choose),
    web.post(f"{DRY_RUN}/apply", apply),
    web.get(f"{SONG}/listen", listen_to),
    web.get(f"{SONG}/clip", clip_of),
)
