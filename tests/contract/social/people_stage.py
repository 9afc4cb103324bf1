"""A stage for profiles, follows and matches: members on a catalogue of others' songs, and their reposts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.adapters.store import Store, schema
from bot.adapters.store.account import members
from bot.adapters.store.sorting import playlists
from bot.core.records import Item, Playlist
from tests.contract.feed.catalogue_stage import EVA, Stage, song

SERVER, ELSEWHERE = 7001, 7002
CAL = 1004  # has never used the bot


@dataclass
class People:
    """Members on the catalogue's stage."""

    stage: Stage
    now: datetime

    @property
    def store(self) -> Store:
        return self.stage.store

    async def strangers(self) -> None:
        """Have Eva share songs of all three styles, and refresh the catalogue."""
        await self.stage.like(EVA, range(1000, 1060))
        await self.stage.catalogue.points.refresh()

    async def likes(self, member: int, numbers: range | list[int], *, joined: bool = True) -> None:
        await self.stage.like(member, list(numbers), joined=joined)

    async def change(self, member: int, **values: object) -> None:
        async with self.store.writing() as tx:
            await members.ensure(tx, member, self.now)
            await members.change(tx, member, **values)

    async def keeps(self, member: int, name: str, numbers: range) -> Playlist:
        """Have a member keep a playlist with songs in it."""
        async with self.store.writing() as tx:
            await members.ensure(tx, member, self.now)
            layer = await playlists.ensure_layer(tx, member, "main")
            kept = await playlists.add(tx, layer, name, f"shelf:{name}", "🟦")
            await playlists.save_content(tx, kept, [Item(song(number).song, None) for number in numbers], None)
            return kept

    async def reposts(self, member: int, number: int, *, server: int = SERVER, ago: int = 0) -> None:
        """Have a member repost a song `ago` hours ago."""
        row = {"member": member, "server": server, "channel": 5, "message": 9000 + number, "song": song(number).song}
        async with self.store.writing() as tx:
            at = self.now - timedelta(hours=ago)
            await tx.execute(sa.insert(schema.repost).values(**row, key=f"key{number}", at=at))

    async def count(self, table: sa.Table) -> int:
        async with self.store.reading() as tx:
            return (await tx.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
