"""Page: what the feed's swipe page may ask for: the flows behind `web.feed`. Songs go by the key of their entry."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.core.records import Clip, Playlist
from bot.flows.account import sessions
from bot.flows.feed.api import Api
from bot.flows.feed.feed import Feed, FeedCard, Liked, PlaylistGuess
from bot.flows.feed.listening import Listen, Listening

Post = Callable[[int, int | None, str], Awaitable[object]]  # a member's repost of a song in a server


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Built once. Of a song that the member cannot see, or that there is not, everything raises BadChoice."""

    feed: Api
    stream: Feed
    listening: Listening
    post: Post
    name_of: Callable[[int], Awaitable[str]]  # what Discord calls a member; raises ChatDown
    server_name: Callable[[int], Awaitable[str | None]]  # what Discord calls a server; None: the bot is not in it

    async def invited(self, link: str) -> int:
        """Return whose one-time link it is, and leave it good. Raises LinkUsed."""
        return await sessions.invited(self.feed.store, link, self.feed.clock())

    async def enter(self, link: str) -> str:
        """Turn a one-time link's secret into that of a session. Raises LinkUsed."""
        return await sessions.enter(self.feed.store, link, self.feed.clock())

    async def holder(self, secret: str) -> int | None:
        """Return whose session it is; None where it is none, or over."""
        return await sessions.holder(self.feed.store, secret, self.feed.clock())

    async def leave(self, secret: str) -> None:
        await sessions.end(self.feed.store, secret)

    async def next(self, member: int, count: int) -> list[FeedCard]:
        """Raises NothingThereYet."""
        return await self.stream.next(member, count)

    async def listen(self, member: int, key: str) -> tuple[FeedCard, Listen]:
        card = await self.stream.card(member, await self._song(member, key))
        return card, await self.listening.to(member, card.entry.song)

    async def clip(self, member: int, key: str) -> Clip:
        """Raises NoClip, AudioError."""
        return await self.feed.clip(member, await self._song(member, key))

    async def like(self, member: int, key: str) -> Liked:
        return await self.stream.like(member, await self._song(member, key))

    async def unlike(self, member: int, key: str) -> None:
        await self.stream.unlike(member, await self._song(member, key))

    async def like_for_good(self, member: int, key: str) -> None:
        await self.stream.like_for_good(member, await self._song(member, key))

    async def choose_saving(self, member: int, saves: bool) -> None:
        await self.stream.choose_saving(member, saves)

    async def skip(self, member: int, key: str) -> None:
        await self.stream.skip(member, await self._song(member, key))

    async def playlists(self, member: int, key: str) -> Sequence[PlaylistGuess]:
        """Return the playlists that the member keeps, the best guess first."""
        return await self.stream.places(member, await self._song(member, key))

    async def add(self, member: int, key: str, playlist: int) -> Playlist:
        added = await self.stream.add(member, await self._song(member, key), playlist)
        return added.playlist

    async def server(self, secret: str) -> str | None:
        """Return what the server is called in which this browser's link was asked for; None where it was in none."""
        server = await sessions.server_of(self.feed.store, secret)
        return None if server is None else await self.server_name(server)

    async def repost(self, member: int, secret: str, key: str) -> None:
        """Post the song in the server in which this browser's link was asked for, with the member's name.

        Raises BadChoice where that has no channel for it, or does not want the song; AlreadyReposted.
        """
        song = await self._song(member, key)
        await self.post(member, await sessions.server_of(self.feed.store, secret), song)

    async def put_away(self, member: int, key: str) -> None:
        await self.feed.dislike(member, await self._song(member, key))

    async def take_back(self, member: int, key: str) -> None:
        await self.feed.undo_dislike(member, await self._song(member, key))

    async def _song(self, member: int, key: str) -> str:
        """Whoever cannot see a song does not learn by its key whether it is there."""
        song = await self.feed.catalogue.named(key)
        await self.feed.entry(member, song)
        return song
