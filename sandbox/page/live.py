"""Live: tells open pages which parts of them are out of date, as server-sent events.

An event names topics, never contents: the page fetches what it shows of them. So nothing is lost when a page sleeps or
comes back, and a hundred changes in a moment are one event.
"""

import asyncio
import json

from aiohttp import web

GATHER = 0.05  # seconds in which changes are gathered into one event
RETRY = 500  # milliseconds after which a page that lost its line tries again
KEEP_ALIVE = 15.0  # seconds between signs of life, by which a page that has gone is noticed


class Listener:
    """One open page, and the topics it has not been told of."""

    def __init__(self) -> None:
        self._topics: set[str] = set()
        self._news = asyncio.Event()

    def tell(self, topic: str) -> None:
        self._topics.add(topic)
        self._news.set()

    async def next(self) -> str:
        """The next event in the wire format of event streams; a comment when nothing happened for a while."""
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
        """End every stream, so that the server need not wait for pages to be closed."""
        self._closed = True
        self.changed("closed")

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Answer an EventSource for as long as its page is open."""
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
