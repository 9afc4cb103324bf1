"""Between the socket and the calls: log, hooks, faults, limits, tokens, and Spotify's error messages."""

import asyncio
import json
import re
from base64 import b64decode
from contextlib import suppress
from datetime import timedelta
from functools import partial
from time import perf_counter
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.spotify.accounts.tokens import Consent
from sandbox.spotify.errors import NotRegistered, OAuthRefused, OwnerNotPremium, Refused
from sandbox.spotify.faults import QUOTA_LOCKOUT, Fault, HangUp, Late, Request
from sandbox.spotify.model import Account
from sandbox.spotify.world import World

WORLD = web.AppKey("world", World)
ENTRY = web.RequestKey("entry", Request)
FAULT = web.RequestKey("fault", Fault)
CONSENT = web.RequestKey("consent", Consent)

PLACE = re.compile(r"^(.*?)(/(?:v1|accounts)(?:/.*)?)$")
HARMLESS = {"grant_type", "response_type", "client_id", "scope"}  # the accounts service's parameters that are logged


# ---------------------------------------------------------------- for handlers
def world_of(request: web.Request) -> World:
    return request.app[WORLD]


def account_of(request: web.Request) -> Account:
    """Return the account that the token belongs to."""
    return world_of(request).accounts[request[CONSENT].user]


def client_of(request: web.Request) -> str:
    return request[CONSENT].client_id


def root_of(request: web.Request) -> str:
    """Return the stand-in's address."""
    return str(request.url.origin()) + placed(request)[0]


def placed(request: web.Request) -> tuple[str, str]:
    """Split the path: the prefix of the stand-in, and the rest, starting with /v1 or /accounts."""
    match = PLACE.match(request.path)
    assert match, "these middlewares belong to /v1 and /accounts"  # noqa: S101 (guaranteed by the routes)
    return match[1], match[2]


async def json_of(request: web.Request) -> dict[str, Any]:
    """Return the body as a JSON object; empty without a body. Raises Refused 400."""
    text = await request.text()
    try:
        body = json.loads(text) if text else {}
    except json.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise Refused(400, "Error parsing JSON.")
    return body


# ---------------------------------------------------------------- middlewares, outermost first
@web.middleware
async def recorded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Log the request, without secrets, and run the hooks around it."""
    world = world_of(request)
    entry = request[ENTRY] = await _entry(request, world)
    world.requests.append(entry)
    await _catch_up(world)
    started = perf_counter()
    try:
        response = await _hooked(world, entry, request, handler)
    except HangUp:
        response = _hang_up(request)
    entry.duration = perf_counter() - started
    entry.status = 0 if _hung_up(request) else response.status
    return response


@web.middleware
async def worded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer refusals in Spotify's formats."""
    try:
        return await handler(request)
    except (NotRegistered, OwnerNotPremium) as refusal:
        return web.Response(status=refusal.status, text=refusal.message)
    except Refused as refusal:
        return _refusal(refusal)
    except OAuthRefused as refusal:
        return web.json_response({"error": refusal.error, "error_description": refusal.description}, status=400)


@web.middleware
async def faulty(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Apply the first matching fault."""
    line = request[ENTRY].line
    fault = next((fault for fault in world_of(request).faults if fault.hits(line)), None)
    return await _struck(fault, request, handler) if fault else await handler(request)


@web.middleware
async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the request in its client's window."""
    world = world_of(request)
    if seconds := world.limit.wait(request[ENTRY].client_id, world.now()):
        raise Refused(429, "API rate limit exceeded", retry_after=seconds)
    return await handler(request)


@web.middleware
async def authorised(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let requests through if they have a valid token, the app's owner has Premium, and the member a seat in it."""
    world = world_of(request)
    if not _bearer(request):
        raise Refused(401, "No token provided")
    consent = world.tokens.consent(_bearer(request))
    if consent is None:
        raise Refused(401, "The access token expired")
    if not world.apps[consent.client_id].premium:
        raise OwnerNotPremium
    if consent.user not in world.apps[consent.client_id].users:
        raise NotRegistered(world.seatless)
    request[CONSENT] = consent
    return await handler(request)


# ---------------------------------------------------------------- internals
async def _hooked(world: World, entry: Request, request: web.Request, handler: Handler) -> web.StreamResponse:
    for hook in world.before:
        await hook(entry)
    response = await handler(request)
    for hook in world.after:
        await hook(entry)
    return response


async def _catch_up(world: World) -> None:
    """Carry out late requests that are due, as of the moment when each was."""
    async with world.catching_up:
        now = world.now
        due = [change for change in world.late if change.due <= now()]
        world.late[:] = [change for change in world.late if change not in due]
        try:
            for change in due:
                world.now = change.moment
                await change.carry_out()
        finally:
            world.now = now


async def _entry(request: web.Request, world: World) -> Request:
    path = placed(request)[1]
    query, body = dict(request.query), await _body(request)
    consent = world.tokens.consent(_bearer(request))
    client, user = (consent.client_id, consent.user) if consent else ("", "")
    if path.startswith("/accounts/"):
        form = dict(await request.post())
        client = str(form.get("client_id") or query.get("client_id") or basic_of(request)[0])
        query, body = _harmless(query), _harmless(form)
    return Request(len(world.requests) + 1, request.method, path, query, body, world.now(), client, user)


async def _body(request: web.Request) -> Any:
    if request.content_type != "application/json":
        return None
    try:
        return json.loads(await request.text() or "null")
    except ValueError:
        return None


def _harmless(parameters: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items() if name in HARMLESS}


def basic_of(request: web.Request) -> tuple[str, str]:
    """Return client id and secret from the Authorization header; empty if there are none."""
    scheme, _, coded = request.headers.get("Authorization", "").partition(" ")
    try:
        login = b64decode(coded, validate=True).decode() if scheme == "Basic" else ""
    except ValueError:
        login = ""
    client_id, _, secret = login.partition(":")
    return client_id, secret


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


def _refusal(refusal: Refused) -> web.Response:
    error: dict[str, Any] = {"status": refusal.status, "message": refusal.message}
    if refusal.reason:
        error["reason"] = refusal.reason
    headers = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
    return web.json_response({"error": error}, status=refusal.status, headers=headers)


async def _struck(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    refusal = Refused(fault.status, f"A fault on request: {fault.status}", retry_after=fault.retry_after)
    match fault.kind:
        case "status":
            raise refusal
        case "quota":
            wait = QUOTA_LOCKOUT if fault.retry_after is None else fault.retry_after
            raise Refused(429, "Quota exceeded", "QUOTA_EXCEEDED", wait)
        case "drop":
            return _hang_up(request)
        case "apply-then":
            await handler(request)
            return _refusal(refusal) if fault.status else _hang_up(request)
        case "slow":
            await asyncio.sleep(fault.seconds)
        case "late":
            world = world_of(request)
            due = world.now() + timedelta(seconds=fault.seconds)
            world.late.append(Late(due, partial(handler, request)))
            return _hang_up(request)
        case "cut" | "dribble":
            return await _piecemeal(request, await handler(request), fault.seconds if fault.kind == "dribble" else None)
        case "omit-refresh-token":
            request[FAULT] = fault
        case "edit":
            return _edited(fault, await handler(request))
    return await handler(request)


def _edited(fault: Fault, answer: web.StreamResponse) -> web.StreamResponse:
    if fault.edit is None or not isinstance(answer, web.Response) or not answer.text:
        return answer
    return web.json_response(fault.edit(json.loads(answer.text)), status=answer.status)


async def _piecemeal(request: web.Request, whole: web.StreamResponse, seconds: float | None) -> web.StreamResponse:
    """Send an answer byte by byte, so many seconds apart; None: send half of it, and hang up."""
    body = str(whole.text).encode() if isinstance(whole, web.Response) else b""
    answer = web.StreamResponse(status=whole.status, headers={"Content-Type": whole.content_type})
    answer.content_length = len(body)
    await answer.prepare(request)
    if seconds is None:
        await answer.write(body[: len(body) // 2])
        return _hang_up(request)
    with suppress(ConnectionError):  # the client gave up
        for byte in body:
            await answer.write(bytes([byte]))
            await asyncio.sleep(seconds)
    return answer


def _hang_up(request: web.Request) -> web.Response:
    """Close the connection under the client; the response goes nowhere."""
    if request.transport:
        request.transport.abort()
    return web.Response()


def _hung_up(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
