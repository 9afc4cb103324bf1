"""Service: wraps an endpoint in authorisation, injected faults, rate limits, Discord's error bodies, and the log."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.discord.errors import DiscordError, Unauthorized
from sandbox.discord.rest.call import Call, read_body
from sandbox.discord.traffic.exchange import Exchange
from sandbox.discord.traffic.faults import Fault
from sandbox.discord.traffic.limits import Bucket
from sandbox.discord.world import World

API = "/api/v10"
MAJOR = ("channel_id", "guild_id", "application_id", "token")
VIA = "1.1 sandbox"  # without this header, discord.py takes a 429 for a ban and gives up

Handler = Callable[[Call], Awaitable[Any]]
Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`handler` returns JSON, or None for 204. With `token_in_path`, no bot token is needed."""

    method: str
    route: str
    handler: Handler
    token_in_path: bool = False
    success: int = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """`status` 0 hangs up."""

    status: int
    body: Any
    headers: dict[str, str]

    def response(self) -> web.Response:
        """Discord's content type is exactly application/json; the client's parser insists on that."""
        headers = {"Via": VIA, **self.headers}
        if self.body is None:
            return web.Response(status=self.status, headers=headers)
        headers["Content-Type"] = "application/json"
        return web.Response(status=self.status, headers=headers, body=json.dumps(self.body).encode())


def serving(world: World, endpoint: Endpoint) -> Serve:
    """Return an endpoint's aiohttp handler."""

    async def serve(request: web.Request) -> web.StreamResponse:
        started = time.perf_counter()
        world.origin = world.origin or f"{request.scheme}://{request.host}"
        call = Call(world, dict(request.match_info), dict(request.query))
        call.authorization = request.headers.get("Authorization", "")
        reply = await _answer(endpoint, call, request)
        response = reply.response()
        if reply.status:
            await response.prepare(request)
            await response.write_eof()
        elif request.transport:
            request.transport.abort()
        world.record(_exchange(endpoint, call, request, reply, time.perf_counter() - started))
        return response

    return serve


async def _answer(endpoint: Endpoint, call: Call, request: web.Request) -> Reply:
    world = call.world
    fault = world.faults.take(f"{request.method} {request.path.removeprefix(API)}")
    if fault:
        await asyncio.sleep(fault.delay)
        if not fault.applied and (fault.status is not None or fault.retry_after is not None):
            return _faulty(fault)
    bucket = _bucket(endpoint, call)
    headers = bucket.headers(world.now())
    if bucket.remaining < 0:
        return _too_many(float(headers["X-RateLimit-Reset-After"]), everywhere=False, headers=headers)
    try:
        await read_body(request, call)
        _authorise(endpoint, call)
        body = await endpoint.handler(call)
    except DiscordError as error:
        return Reply(error.status, error.body(), headers)
    if fault and fault.applied:
        return _faulty(fault)
    return Reply(204 if body is None else endpoint.success, body, headers)


def _authorise(endpoint: Endpoint, call: Call) -> None:
    if not endpoint.token_in_path and call.authorization != f"Bot {call.world.token}":
        raise Unauthorized


def _bucket(endpoint: Endpoint, call: Call) -> Bucket:
    route = f"{endpoint.method} {endpoint.route}"
    if not call.world.rules.enforce_buckets:
        return call.world.buckets.untouched(route)
    return call.world.buckets.take(route, "+".join(call.params[name] for name in MAJOR if name in call.params))


def _faulty(fault: Fault) -> Reply:
    if fault.retry_after is not None:
        return _too_many(fault.retry_after, everywhere=fault.everywhere, headers={})
    status = 500 if fault.status is None else fault.status
    return Reply(status, {"message": f"{status}: Service failure", "code": 0}, {})


def _too_many(retry_after: float, *, everywhere: bool, headers: dict[str, str]) -> Reply:
    body = {"message": "You are being rate limited.", "retry_after": retry_after, "global": everywhere, "code": 0}
    scope = "global" if everywhere else "user"
    return Reply(429, body, {**headers, "Retry-After": f"{retry_after:.0f}", "X-RateLimit-Scope": scope})


def _exchange(endpoint: Endpoint, call: Call, request: web.Request, reply: Reply, seconds: float) -> Exchange:
    return Exchange(
        at=call.world.now(),
        method=request.method,
        path=request.raw_path.partition("?")[0].removeprefix(API),
        route=endpoint.route,
        query=call.query,
        request=call.body,
        status=reply.status,
        response=reply.body,
        seconds=seconds,
        answered_after=call.answered.seconds if call.answered else None,
    )
