"""Page: the flows behind the page (`web.feed`): its sessions, and the feed, whose songs go by their catalogue keys."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.flows.account import sessions
from bot.flows.feed.api import Api
from bot.flows.feed.feed import Feed, FeedCard
from bot.flows.feed.listening import Listen, Listening
from bot.flows.feed.pages.dry_run_page import DryRunPage
from bot.flows.feed.pages.label_page import LabelPage

Post = Callable[[int, int | None, str], Awaitable[object]]  # post a member's song in a server


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Built once, by the composition root.

    name_of: a member's name in Discord; raises ChatDown. repost_server: a server's name; None when the bot isn't in it,
    or it takes no reposts.
    """

    api: Api
    feed: Feed
    labelling: LabelPage
    dry_runs: DryRunPage
    listening: Listening
    post: Post
    name_of: Callable[[int], Awaitable[str]]
    repost_server: Callable[[int], Awaitable[str | None]]

    async def invited(self, link: str) -> int:
        """Return the member a one-time link was made for, without using it up. Raises LinkUsed."""
        return await sessions.invited(self.api.store, link, self.api.clock())

    async def enter(self, link: str) -> str:
        """Use up a one-time link and return the new session's secret. Raises LinkUsed."""
        return await sessions.enter(self.api.store, link, self.api.clock())

    async def holder(self, secret: str) -> int | None:
        """Return the session's member; None when there's no such session, or it has ended."""
        return await sessions.holder(self.api.store, secret, self.api.clock())

    async def leave(self, secret: str) -> None:
        await sessions.end(self.api.store, secret)

    async def song(self, member: int, key: str) -> str:
        """Return the URI of the song with this key. Raises NotInCatalogue.

        It's the same error for a song that doesn't exist and for one the member can't see: a key never reveals
        whether a hidden song exists.
        """
        song = await self.api.catalogue.named(key)
        await self.api.catalogue.entry(member, song)
        return song

    async def listen(self, member: int, key: str) -> tuple[FeedCard, Listen]:
        """Return the song's card and the best way to hear it. Raises NotInCatalogue."""
        card = await self.feed.card(member, await self.song(member, key))
        return card, await self.listening.to(member, card.entry.song)

    async def server(self, secret: str) -> str | None:
        """Return the name of the server where the session's link was asked for; None if nothing can be reposted."""
        server = await sessions.server_of(self.api.store, secret)
        return None if server is None else await self.repost_server(server)

    async def repost(self, member: int, secret: str, key: str) -> None:
        """Post the song in the server where the session's link was asked for, under the member's name.

        Raises BadChoice if that server has no channel for reposts or doesn't want the song; AlreadyReposted.
        """
        song = await self.song(member, key)
        await self.post(member, await sessions.server_of(self.api.store, secret), song)
