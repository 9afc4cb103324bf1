"""A bot in parts: gateway, workers and web as processes of their own, on one PostgreSQL database."""

import asyncio
import signal
from pathlib import Path

import aiohttp

from sandbox.stack import free_port
from tests.e2e.checked_stack import PATIENCE, CheckedStack


class Parts(CheckedStack):
    """A stack whose bot is several processes, by their names."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, engine="postgresql", FEED_PAGE="on", **settings)
        self.processes: dict[str, asyncio.subprocess.Process] = {}

    async def stop_bot(self, how: signal.Signals = signal.SIGTERM) -> int | None:
        """Kill what still runs, such as after a failure."""
        for process in self.processes.values():
            if process.returncode is None:
                process.kill()
                await process.wait()
        return 0

    async def begin(self, *command: str, port: int = 0) -> None:
        """Start a part; `port` is where it serves its pages."""
        self.processes[" ".join(command)] = await self.start_process(*command, port=port or free_port())

    async def begin_all(self) -> None:
        await self.begin("gateway")
        await self.begin("worker", "--name", "1")
        await self.begin("web", port=self.bot_port)
        await self._until_ready(*(process.wait() for process in self.processes.values()))
        await self.until_served()

    async def until_served(self) -> None:
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as browser:
            while True:
                try:
                    async with browser.get(f"http://127.0.0.1:{self.bot_port}/health") as health:
                        if health.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)

    async def kill(self, name: str) -> None:
        self.processes[name].kill()
        await self.processes[name].wait()

    async def stop_all(self) -> list[int | None]:
        for process in self.processes.values():
            if process.returncode is None:
                process.terminate()
        return [await asyncio.wait_for(process.wait(), PATIENCE) for process in self.processes.values()]
