"""Prompt: a song in a channel, answered by reactions. Buttons and reactions end up in the same log of answers.

An emoji means what the message says: a playlist of the member who posted it. So only that member's reactions count;
everybody else gets a card with their own playlists from the button below.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members, notices
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, cards, playlists
from bot.core.notices import NoticeKind
from bot.core.records import Layer, Playlist, Prompt, Song
from bot.core.sorting.labels import Answer, Kind, Source
from bot.errors.sorting import NothingLeftToAsk, QuestionGone
from bot.flows.sorting.labelling import label
from bot.flows.sorting.labelling.readiness import training_pays
from bot.flows.sorting.scored_library import ScoredLibraries

NONE = "🚫"  # the reaction for "none of them"
AT_ONCE = 5  # songs; more would flood the channel
MOST = 19  # playlists on one prompt; Discord takes 20 different reactions, and one is NONE


@dataclass(frozen=True, slots=True)
class Asked:
    """A song to post, with one reaction per playlist."""

    song: Song
    layer: Layer
    playlists: tuple[Playlist, ...]


@dataclass(frozen=True, slots=True)
class Reaction:
    """A member's reaction to a message."""

    member: int
    message: int
    emoji: str


async def choose(store: Store, libraries: ScoredLibraries, layer: Layer, count: int, now: datetime) -> list[Asked]:
    """Choose up to `count` dissimilar songs to ask about in a channel. Raises NothingLeftToAsk."""
    questions = await label.ask_some(store, libraries, layer, count, now)
    if not questions:
        raise NothingLeftToAsk
    return [Asked(question.song, layer, tuple(question.playlists[:MOST])) for question in questions]


async def posted(store: Store, message: int, channel: int, asked: Asked, now: datetime) -> None:
    """Store which message asks about which song, and the meaning of each emoji on it."""
    layer, shown = asked.layer, tuple((playlist.emoji, playlist.playlist) for playlist in asked.playlists)
    prompt = Prompt(message, layer.member, channel, layer.layer, asked.song.song, shown, now)
    async with store.writing() as tx:
        await cards.add_prompt(tx, prompt)


async def song_of(store: Store, message: int) -> str:
    """Return the song that a message asks about. Raises QuestionGone."""
    async with store.reading() as tx:
        prompt = await cards.prompt(tx, message)
    if prompt is None:
        raise QuestionGone
    return prompt.song


async def react(store: Store, reaction: Reaction, now: datetime) -> label.Pressed | None:
    """Store the reaction of the prompt's author as their answer; None if it means nothing.

    Other members saw somebody else's playlists, so their reactions store nothing; they're told once how to answer.
    Discord doesn't say when somebody reacted: it counts as after all their answers so far, whatever our clock says.
    """
    async with _in_order(store, reaction):
        prompt = await _prompt(store, reaction.message)
        if prompt is None or bare(reaction.emoji) not in _signs(prompt):
            return None
        async with store.writing() as tx:
            if prompt.member != reaction.member:
                await _explain(tx, reaction.member, now)
                return None
            return await _answer(tx, prompt, _signs(prompt)[bare(reaction.emoji)])


async def unreact(store: Store, reaction: Reaction, now: datetime) -> bool:
    """Undo a reaction's answer; return whether there was one."""
    async with _in_order(store, reaction):
        prompt = await _prompt(store, reaction.message)
        if prompt is None or prompt.member != reaction.member or bare(reaction.emoji) not in _signs(prompt):
            return False
        async with store.writing() as tx:
            return await answers.retract(tx, prompt, _signs(prompt)[bare(reaction.emoji)], now)


def _in_order(store: Store, reaction: Reaction) -> AbstractAsyncContextManager[None]:
    """Return the lock under which one member's reactions count in the order in which Discord told of them.

    It told this process of all on a message, and of everybody else's on any message of a server.
    """
    return store.lock_here(("reactions", reaction.member))


async def _prompt(store: Store, message: int) -> Prompt | None:
    async with store.reading() as tx:
        return await cards.prompt(tx, message)


def _signs(prompt: Prompt) -> dict[str, int | None]:
    """Return the meaning of each emoji: a playlist's number, or None for "none of them"."""
    return {NONE: None} | {bare(emoji): playlist for emoji, playlist in prompt.shown}


async def _answer(tx: Tx, prompt: Prompt, playlist: int | None) -> label.Pressed | None:
    """Store an answer; None if the song or the playlist the member saw is no longer theirs to sort."""
    layer = await playlists.layer(tx, prompt.layer)
    kept = {playlist.playlist for playlist in await playlists.in_layer(tx, prompt.layer)}
    if layer is None or playlist not in kept | {None} or not await songs.is_liked(tx, prompt.member, prompt.song):
        return None
    kind = Kind.NONE if playlist is None else Kind.ALSO if layer.several else Kind.ONLY
    chosen = () if playlist is None else (playlist,)
    standing = await answers.standing(tx, prompt.member, layer.layer, prompt.song)
    if (Source.REACTION, kind, chosen) in [(answer.source, answer.kind, answer.playlists) for answer in standing]:
        return None  # nobody reacts twice with one emoji: it's a repeated delivery
    event = await answers.next_event(tx, prompt.member)
    await answers.add(tx, prompt.member, layer.layer, Answer(prompt.song, kind, chosen, Source.REACTION, event))
    train = await training_pays(tx, prompt.member, layer.layer)
    return label.Pressed(prompt.member, layer.layer, prompt.song, True, train, None)


async def _explain(tx: Tx, member: int, now: datetime) -> None:
    """Tell a member once that their reaction didn't count; strangers read it on the message."""
    known = await members.get(tx, member)
    if known is not None and known.updates == "dm" and not await notices.has(tx, member, NoticeKind.PROMPT):
        await notices.add(tx, member, NoticeKind.PROMPT, {}, now)


def bare(emoji: str) -> str:
    """Return an emoji without the variation selector, which Discord may or may not send."""
    return emoji.replace("\ufe0f", "")
