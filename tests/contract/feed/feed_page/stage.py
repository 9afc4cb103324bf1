"""A stage for the feed page: served over HTTP, on a real store. Ada has joined and keeps a playlist; Ben hasn't joined.

Both see the operator's files.
"""

import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot.adapters.artefacts import Folder
from bot.adapters.hearing import Hearing
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.core.records import Actor
from bot.flows.account import sessions
from bot.flows.feed.api import Api
from bot.flows.feed.catalogue import Catalogue
from bot.flows.feed.catalogue_index import key
from bot.flows.feed.clips import Clips
from bot.flows.feed.feed import Feed
from bot.flows.feed.listening import Listening
from bot.flows.feed.pages.dry_run_page import DryRunPage
from bot.flows.feed.pages.label_page import LabelPage
from bot.flows.feed.pages.page import FeedPage
from bot.flows.feed.previews import SongPreviews
from bot.flows.feed.recommend import Recommender
from bot.flows.social import reposts
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.web import feed
from tests.contract.feed.api.stage import ADA, BEN, Answer, liked
from tests.contract.feed.served import served
from tests.contract.spotify.stage import Clock

KEY = key(liked(0).song)  # a song that Ada shares
OURS = {"X-Cratekeeper": "1"}


SERVER = 7001  # one that the bot is in
NAMES = {ADA: "@ada (Ada)", BEN: "@ben (Ben)"}


@dataclass
class Stage:
    store: Store
    clock: Clock
    origin: str
    sessions: dict[int, str] = field(default_factory=dict)
    jobs: list[tuple[str, int]] = field(default_factory=list)
    posted: list[int] = field(default_factory=list)  # reposts sent to Discord

    async def ask(
        self, path: str, member: int | None = ADA, method: str = "GET", body: Any = None, **more: str
    ) -> Answer:
        """Send a request as the page does, with the member's cookie; header names use underscores."""
        headers = OURS | {name.replace("_", "-"): value for name, value in more.items()}
        if member is not None:
            headers["Cookie"] = f"ck_feed={self.sessions[member]}"
        return await self.bare(path, method, json.dumps(body).encode() if body is not None else None, headers)

    async def bare(self, path: str, method: str, data: Any, headers: Mapping[str, str]) -> Answer:
        """Send a request with only these headers."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.origin}{path}", data=data, headers=headers, allow_redirects=False) as said,
        ):
            body = await said.json(content_type=None) if "json" in said.content_type and method != "HEAD" else None
            return Answer(said.status, said.headers.copy(), await said.read(), body)

    async def cards(self, count: int = 3, member: int = ADA) -> list[dict[str, Any]]:
        return list((await self.ask("/feed/api/cards", member, "POST", {"count": count})).json["cards"])


def scored_libraries(stage: Stage) -> ScoredLibraries:
    return ScoredLibraries(stage.store, Scorer(Folder(stage.store.path.parent / "models")))


@asynccontextmanager
async def staged(folder: Path, made: Path, public_url: str = "http://127.0.0.1:8888") -> AsyncIterator[Stage]:
    """Set the stage in `folder`, with a copy of the `prepared` database."""
    clock, hearing = Clock(), Hearing()
    store = Store(f"sqlite+aiosqlite:///{shutil.copy(made, folder / 'test.db')}")
    catalogue = Catalogue(store, Clips(hearing, Folder(folder / "clips")), clock)
    recommender = Recommender(store, catalogue, Scorer(Folder(folder / "models")))
    stage = Stage(store, clock, "")

    async def enqueue(kind: str, member: int, _: int) -> None:
        stage.jobs.append((kind, member))

    async def post(member: int, server: int | None, song: str) -> None:
        stage.posted.append(await reposts.begin(store, catalogue, Actor(member, server, clock()), song, members.still))

    async def name_of(member: int) -> str:
        return NAMES[member]

    async def repost_server(server: int) -> str | None:
        return {SERVER: "Crate diggers"}.get(server)

    previews = SongPreviews(store, None, None, clock)
    feed_flow = Feed(store, catalogue, recommender, enqueue, clock, previews.sound)
    listening = Listening(catalogue, previews)
    parts = store, scored_libraries(stage), catalogue, listening, enqueue, clock
    labelling, dry_runs = LabelPage(*parts), DryRunPage(*parts)
    api = Api(store, catalogue, recommender, clock)
    page = FeedPage(api, feed_flow.of_known(), labelling, dry_runs, listening, post, name_of, repost_server)
    pages = feed.application(page, public_url, ["https://*.scdn.co"], [], lambda: clock().timestamp())
    async with served("/feed", pages) as stage.origin:
        for member in (ADA, BEN):
            stage.sessions[member] = await sessions.begin(store, Actor(member, None, clock()))
        yield stage
    await hearing.close()
    await store.close()
