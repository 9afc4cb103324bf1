"""Filed playlists: playlists that came as files in an archive become playlists of a member without Spotify."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.adapters.store import Store
from bot.adapters.store.sorting import playlists as table
from bot.core.records import Actor, Playlist
from bot.errors import BadChoice
from bot.flows.sorting import playlists
from bot.flows.sorting.playlists import DEFAULT_LAYER
from bot.ports import Music


@dataclass(frozen=True, slots=True)
class Filed:
    """The playlists that were filled, and the names of those that weren't made, with the reason."""

    playlists: Sequence[Playlist]
    unmade: Mapping[str, BadChoice]


async def keep(store: Store, music: Music, actor: Actor, held: Mapping[str, Sequence[str]]) -> Filed:
    """Fill a playlist for each name: the one that's there, or a new one. Songs that it holds stay, and stay once."""
    filled, unmade = list[Playlist](), dict[str, BadChoice]()
    for name, songs in held.items():
        try:
            kept = await _named(store, music, actor, name)
        except BadChoice as reason:
            unmade[name] = reason
            continue
        there = set((await music.contents(kept.ref)).songs)
        if new := [song for song in dict.fromkeys(songs) if song not in there]:
            await music.add(kept.ref, new, None)
        filled.append(kept)
    return Filed(filled, unmade)


async def _named(store: Store, music: Music, actor: Actor, name: str) -> Playlist:
    async with store.reading() as tx:
        kept = [known for known in await table.of_member(tx, actor.member) if known.ref]
    same = next((known for known in kept if known.name.casefold() == name.casefold()), None)
    return same or await playlists.make(store, music, actor.member, DEFAULT_LAYER, name, actor.now)
