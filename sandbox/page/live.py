"""Live: tells open pages which parts of them are out of date, with server-sent events.

An event has topics, never contents: the page fetches what it shows of them. So nothing is lost when a page sleeps or
comes back, and a hundred changes in a moment become one event.
"""

import asyncio
import json

from aiohttp import web

GATHER = 0.05  # seconds over which changes are batched into one event
RETRY = 500  # milliseconds until a disconnected page tries again
KEEP_ALIVE = 15.0  # seconds between keep-alives, which detect closed pages


class Listener:
    """One open page, and the topics it hasn't been told about."""

    def __init__(self) -> None:
        self._topics: set[str] = set()
        self._news = asyncio.Event()

    def tell(self, topic: str) -> None:
        self._topics.add(topic)
        self._news.set()

    async def next(self) -> str:
        """Return the next event in the event stream format; a comment if nothing happens for a while."""
        try:
            async with asyncio.timeout(KEEP_ALIVE):
                await self._news.wait()
        except TimeoutError:
            return ": still here\n\n"
        await asyncio.sleep(GATHER)
        topics, self._topics = sorted(self._topics), set()
        self._news.clear()
        return f"data: {json.dumps(topics)}\n\n"


class Live:
    """All open pages."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._closed = False

    def changed(self, topic: str) -> None:
        for listener in self._listeners:
            listener.tell(topic)

    def close(self) -> None:
        """End every stream, so the server needn't wait for pages to be closed."""
        self._closed = True
        self.changed("closed")

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Serve an EventSource for as long as its page is open."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        listener = Listener()
        self._listeners.add(listener)
        try:
            await response.write(f"retry: {RETRY}\n\n".encode())
            while not self._closed:
                await response.write((await listener.next()).encode())
        except ConnectionResetError:
            pass  # the page was closed
        finally:
            self._listeners.discard(listener)
        return response
