"""Services: everything the flows work with. `app.assembled` builds it once; it never changes afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.adapters.backup.daily import DailyBackups
from bot.adapters.hearing import Hearing
from bot.adapters.jobs import Jobs
from bot.adapters.local_playlists import LocalPlaylists, MixedPlaylists
from bot.adapters.prior import Priors
from bot.adapters.scorer import Scorer
from bot.adapters.spotify import Spotify, SpotifyMusic
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.lease import Lease
from bot.adapters.trainer import Trainer
from bot.adapters.vault import Vault
from bot.config import Settings
from bot.errors import NotLinked
from bot.errors.spotify import ConsentEnded
from bot.flows.account.erase import Erasing
from bot.flows.account.link import Linking
from bot.flows.feed.catalogue import Catalogue
from bot.flows.feed.feed import Feed
from bot.flows.feed.listening import Listening
from bot.flows.feed.recommend import Recommender
from bot.flows.library.poll import Polls
from bot.flows.library.uploads import Uploads
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.ports import Artefacts, Clock, FeatureSource, Music


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    store: Store
    leases: Sequence[Lease]  # on our names in a database that a server holds
    vault: Vault
    spotify: Spotify
    linking: Linking
    models: Artefacts  # with their cards and pictures
    scorer: Scorer
    priors: Priors
    libraries: ScoredLibraries
    erasing: Erasing
    jobs: Jobs
    polls: Polls
    trainer: Trainer
    backups: DailyBackups
    uploads: Uploads
    drawing: Hearing  # draws taste maps
    sources: Sequence[FeatureSource]  # only those switched on
    catalogue: Catalogue
    recommender: Recommender
    listening: Listening
    feed: Feed
    clock: Clock

    async def music(self, member: int) -> Music:
        """Return the member's playlists: Spotify's, or our own for an imported file. Raises NotLinked, ConsentEnded."""
        async with self.store.reading() as tx:
            known = await members.get(tx, member)
        local = LocalPlaylists(self.store, member, self.clock)
        if known is not None and known.source == "file":
            return local
        return MixedPlaylists(await self.account_music(member), local)

    async def account_music(self, member: int) -> SpotifyMusic:
        """Return the member's Spotify account. Raises NotLinked, ConsentEnded."""
        async with self.store.reading() as tx:
            account = await members.account(tx, member)
        if account is None:
            raise NotLinked
        if not account.tokens:
            raise ConsentEnded
        return self.spotify.music(account)
