"""Served: pages below a path on loopback, as the bot serves them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp.web import Application

from bot.web import application, port_of, serve


@asynccontextmanager
async def served(path: str, pages: Application) -> AsyncIterator[str]:
    """Serve pages until the block ends; yield their origin."""
    site = application(None, _healthy)
    site.add_subapp(path, pages)
    runner = await serve(site, 0)
    try:
        yield f"http://127.0.0.1:{port_of(runner)}"
    finally:
        await runner.cleanup()


async def _healthy() -> dict[str, object]:
    return {"ok": True}
