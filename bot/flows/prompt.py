"""Prompt: a song in a channel, answered by reactions. Buttons and reactions end in the same log of answers.

Whoever reacts labels for themselves: an emoji means the playlist that has it in the layer which *they* share there.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store, Tx, answers, cards, playlists, songs
from bot.core.labels import Answer, Kind, Source
from bot.core.records import Layer, Playlist, Prompt, Song
from bot.errors import BadChoice
from bot.flows import label
from bot.flows.outlook import Outlooks

NONE = "🚫"  # the reaction that says: in none of them
AT_ONCE = 5  # songs; more of them would be a flood
MOST = 19  # playlists on one prompt; Discord takes 20 different reactions, and one is NONE


@dataclass(frozen=True, slots=True)
class Asked:
    """A song to be posted with one reaction for each playlist."""

    song: Song
    layer: Layer
    playlists: tuple[Playlist, ...]


async def choose(
    store: Store, outlooks: Outlooks, member: int, channel: int, layer: Layer, count: int, now: datetime
) -> list[Asked]:
    """Choose up to `count` songs, each unlike the others, to ask about in a channel. Raises BadChoice.

    The layer is shared there from now on.
    """
    questions = await label.ask_some(store, outlooks, member, layer, count, now)
    if not questions:
        raise BadChoice("There is nothing left that I would have to ask.")
    async with store.writing() as tx:
        await playlists.share(tx, member, channel, layer.layer)
    return [Asked(each.song, layer, tuple(each.playlists[:MOST])) for each in questions]


async def posted(store: Store, member: int, message: int, channel: int, layer: int, song: str, now: datetime) -> None:
    """Remember which message asks about which song."""
    async with store.writing() as tx:
        await cards.add_prompt(tx, Prompt(message, member, channel, layer, song, now))


async def react(store: Store, member: int, message: int, emoji: str, event: int, now: datetime) -> label.Pressed | None:
    """Take a reaction as the reacting member's own answer; None when it means nothing for them."""
    async with store.writing() as tx:
        found = await _meant(tx, member, message, emoji)
        if found is None:
            return None
        prompt, layer, playlist = found
        kind = Kind.NONE if playlist is None else Kind.ALSO if layer.several else Kind.ONLY
        chosen = () if playlist is None else (playlist.playlist,)
        said = Answer(prompt.song, kind, chosen, Source.REACTION, event)
        new = await answers.add(tx, member, layer.layer, said)
        train = new and await label.training_pays(tx, member, layer.layer)
        return label.Pressed(member, layer.layer, prompt.song, new, train, None)


async def unreact(store: Store, member: int, message: int, emoji: str, now: datetime) -> bool:
    """Take back what a reaction said; whether there was anything to take back."""
    async with store.writing() as tx:
        found = await _meant(tx, member, message, emoji)
        if found is None:
            return False
        prompt, layer, playlist = found
        number = None if playlist is None else playlist.playlist
        return await answers.retract(tx, member, layer.layer, prompt.song, number, Source.REACTION, now)


async def _meant(tx: Tx, member: int, message: int, emoji: str) -> tuple[Prompt, Layer, Playlist | None] | None:
    """Return what `emoji` on the message means to the member: a playlist of theirs, None for "none of them"."""
    prompt = await cards.prompt(tx, message)
    layer = await playlists.shared(tx, member, prompt.channel) if prompt else None
    if prompt is None or layer is None or prompt.song not in await songs.liked(tx, member):
        return None
    if emoji == NONE:
        return prompt, layer, None
    kept = {bare(each.emoji): each for each in await playlists.in_layer(tx, layer.layer)}
    return (prompt, layer, kept[bare(emoji)]) if bare(emoji) in kept else None


def bare(emoji: str) -> str:
    """An emoji without the mark that asks for its coloured form: Discord sends the same one with and without."""
    return emoji.replace("\ufe0f", "")
