"""Tour: the whole main job, played by a scripted member who knows the truth, for a bot that doesn't.

Link, add playlists, answer cards, train, dry run, apply, like new songs, get the update. Everything goes through
Discord and Spotify, as if a person did it. The truth is used only to answer cards and, at the end, to count.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass

from sandbox import discord
from sandbox.page.tour import Tour
from sandbox.stack import Listener, Stack

SONG = re.compile(r"^### .*open\.spotify\.com/track/(\w{22})", re.MULTILINE)  # the song that a card is about
STEPS = (
    "{name} links a Spotify account",
    "{name} adds {playlists} playlists",
    "{name} answers {labels} cards",
    "The bot learns",
    "{name} checks the dry run and applies it",
    "{name} likes {new} new songs",
    "The bot sorts them and says so",
)
MOST = 3  # times the planned number of cards, if a playlist is hard to find
PATIENCE = 150.0  # seconds for anything a job does
LOOKS = 15  # at the newest likes, after which the bot has nothing to say about them
PAUSE = 0.1  # seconds


@dataclass(frozen=True, slots=True)
class Figures:
    """What the tour measured. Of `placed` unlabelled songs that the bot placed by itself, `right` were right."""

    library: int
    labels: int
    placed: int
    right: int
    as_labelled: int  # placed as the member had labelled them
    asked: int
    left: int
    new_likes: int
    new_placed: int
    new_right: int
    new_asked: int
    discord_requests: int
    spotify_requests: Mapping[str, int]
    slowest_answer: float  # seconds from a gesture to its acknowledgement
    seconds: float

    @property
    def accuracy(self) -> float:
        return self.right / self.placed if self.placed else 0.0

    def lines(self) -> dict[str, str]:
        """Return captions and figures in words."""
        looked_at = self.placed + self.asked + self.left
        calls = ", ".join(f"{count} {step}" for step, count in self.spotify_requests.items())
        return {
            "Library": f"{self.library} liked songs, {self.labels} labels",
            "Right": f"{self.right} of {self.placed} songs it placed by itself ({self.accuracy:.0%}), none seen before",
            "Placed, asked, left": f"{self.placed}, {self.asked}, {self.left} of {looked_at}",
            "As labelled": f"{self.as_labelled} songs",
            "New likes": f"{self.new_likes}: {self.new_placed} placed, {self.new_right} right, {self.new_asked} asked",
            "Requests": f"{self.discord_requests} at Discord; at Spotify {calls}",
            "Slowest answer": f"{self.slowest_answer * 1000:.0f} ms from tap to acknowledgement",
            "Time": f"{self.seconds:.1f} s",
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What a guide does: answers `labels` cards, more until every playlist has `per_playlist`; then likes `new`."""

    labels: int
    per_playlist: int = 0
    new: int = 5


class Guide:
    """Plays one member, following a plan."""

    def __init__(self, stack: Stack, listener: Listener, tour: Tour, plan: Plan) -> None:
        self.stack, self.me, self.tour, self.plan = stack, listener, tour, plan
        self.new = min(plan.new, len(listener.library.later))
        self.person = listener.person
        self.names = tuple(listener.library.truth)
        self.labelled: set[str] = set()
        words = {"name": listener.account.display_name, "playlists": len(self.names), "new": self.new}
        labels = f"at least {plan.labels}" if plan.per_playlist else plan.labels
        self.steps = [step.format(**words, labels=labels) for step in STEPS]
        tour.steps = list(self.steps)
        self._calls: dict[str, int] = {}
        self._slowest = 0.0

    async def play(self) -> Figures:
        """Play every step; return the figures. Raises TakenOver if a person takes over."""
        began = time.monotonic()
        acts = (self.link, self.add_playlists, self.answer, self.train, self.sort, self.like, self.update)
        for step, act in zip(self.steps, acts, strict=True):
            await self.tour.begin(step)
            before = len(self.stack.spotify.requests)
            await act()
            self._calls[act.__name__.replace("_", " ")] = len(self.stack.spotify.requests) - before
        figures = self._figures(time.monotonic() - began)
        self.tour.finish(figures.lines())
        return figures

    # The steps

    async def link(self) -> None:
        outcome = await self._did(self.stack.link(self.me))
        await outcome.until(lambda message: "liked song" in message.text() and "Linked" in message.text(), PATIENCE)
        self.tour.say(f"Linked: {len(self.me.account.likes)} liked songs read.")

    async def add_playlists(self) -> None:
        for name in self.names:
            outcome = await self._did(self.person.command("playlists add", new=name))
            await outcome.reply()
        self.tour.say(f"Kept: {', '.join(self.names)}, all empty.")

    async def answer(self) -> None:
        """Answer cards until there are enough labels, training a model along the way when it's worth it."""
        outcome = await self._did(self.person.command("label"))
        card = await outcome.reply()
        while not self.enough() and (uri := song_on(card)):
            belongs = [name for name in self.me.library.belongs(uri) if name in self.names]
            outcome = await self._did(self.pick(card, belongs[0] if belongs else "None of them"))
            card = await outcome.reply()
            self.labelled.add(uri)
        if not self.enough():
            self.tour.say(f"The cards ended early: {plain(card.text())}")
        placed = Counter(name for uri in self.labelled for name in self.me.library.belongs(uri)[:1])
        said = ", ".join(f"{name} {count}" for name, count in placed.items())
        self.tour.say(f"{len(self.labelled)} cards answered from the truth: {said}.")

    def enough(self) -> bool:
        """Whether as many cards as planned are answered, and every playlist has its share of them."""
        fewest = min(sum(name in self.me.library.belongs(uri) for uri in self.labelled) for name in self.names)
        count, plan = len(self.labelled), self.plan
        return count >= plan.labels and (fewest >= plan.per_playlist or count >= MOST * plan.labels)

    async def pick(self, card: discord.Message, name: str) -> discord.Outcome:
        """Press the playlist's button, or choose it in the select if there are too many."""
        if any(button.label.endswith(name) for button in card.buttons()):
            return await self.person.click(card, name)
        return await self.person.select(card, card.selects()[0].custom_id, [name])

    async def train(self) -> None:
        outcome = await self._did(self.person.command("model"))
        model = await outcome.reply()
        if any(button.label == "Learn now" for button in model.buttons()):  # otherwise it's learning already
            outcome = await self._did(self.person.click(model, "Learn now"))
        message = await outcome.until(lambda message: settled(message.text()), PATIENCE)
        self.tour.say(plain(message.text()))

    async def sort(self) -> None:
        outcome = await self._did(self.person.command("sort"))
        dry_run = await outcome.until(lambda message: "would be placed" in message.text(), PATIENCE)
        promised = plain(dry_run.text())
        self.tour.say(promised.splitlines()[0])
        outcome = await self._did(self.person.click(dry_run, "Apply"))
        receipt = await outcome.until(lambda message: "Done" in message.text(), PATIENCE)
        self.tour.say(plain(receipt.text().splitlines()[0]))
        self.before_likes = self.contents()
        self.asked = _number(r"([\d,]+) needs? your answer", promised)
        self.total = _number(r"of ([\d,]+) songs? would be placed", promised)

    async def like(self) -> None:
        self.liked = list(self.me.library.later[: self.new])
        for uri in self.liked:
            self.stack.spotify.like(self.me.account.id, uri)
        self.tour.say(f"Liked in Spotify: {len(self.liked)} songs. The bot looks by itself.")

    async def update(self) -> None:
        if not self.liked:
            self.updated = ""
            return
        message = await self._word()
        self.updated = plain(message.text()) if message else "No update came: none of the new songs fits a playlist."
        self.tour.say(self.updated.splitlines()[0])

    async def _word(self) -> discord.Message | None:
        """Wait for the update. None if the bot looked often enough: it says nothing about likes that fit nowhere."""
        before = self._looks()
        for _ in range(round(PATIENCE / PAUSE)):
            if (message := self._update()) or self._looks() >= before + LOOKS:
                return message
            await asyncio.sleep(PAUSE)
        return None

    def _looks(self) -> int:
        me = self.me.account.id
        return sum(each.user == me and each.line == "GET /v1/me/tracks" for each in self.stack.spotify.requests)

    def _update(self) -> discord.Message | None:
        """Return the message about new likes, whether they were sorted or only asked about."""
        return next((message for message in self.me.dm.visible() if "new like" in message.text()), None)

    # Counting

    def contents(self) -> dict[str, tuple[str, ...]]:
        """Return the contents of the member's playlists on Spotify, by name."""
        ids = [playlist for playlist in self.me.account.playlists if playlist is not None]
        return {playlist.name: playlist.uris for playlist in map(self.stack.spotify.playlist, ids)}

    def _figures(self, seconds: float) -> Figures:
        sorted_songs = [(uri, name) for name, uris in self.before_likes.items() for uri in uris]
        alone = [(uri, name) for uri, name in sorted_songs if uri not in self.labelled]
        new = [(uri, name) for name, uris in self.contents().items() for uri in uris if uri in self.liked]
        looked_at = self.total - (len(sorted_songs) - len(alone))
        return Figures(
            library=len(self.me.library.likes),
            labels=len(self.labelled),
            placed=len(alone),
            right=self._right(alone),
            as_labelled=len(sorted_songs) - len(alone),
            asked=self.asked,
            left=looked_at - len(alone) - self.asked,
            new_likes=len(self.liked),
            new_placed=len(new),
            new_right=self._right(new),
            new_asked=_number(r"([\d,]+) for you to decide", self.updated),
            discord_requests=len(self.stack.discord.log),
            spotify_requests=self._calls,
            slowest_answer=self._slowest,
            seconds=seconds,
        )

    def _right(self, placed: Sequence[tuple[str, str]]) -> int:
        return sum(name in self.me.library.belongs(uri) for uri, name in placed)

    async def _did(self, gesture: Awaitable[discord.Outcome]) -> discord.Outcome:
        outcome = await gesture
        self._slowest = max(self._slowest, outcome.seconds)
        return outcome


def song_on(message: discord.Message) -> str | None:
    """Return the URI of the song that a card asks about; None if it asks about none."""
    match = SONG.search(message.text())
    return f"spotify:track:{match[1]}" if match and "None of them" in str(message.components) else None


def settled(text: str) -> bool:
    """Whether the message gives the training's result."""
    return "I can place" in text or "kept the model" in text


def plain(markdown: str) -> str:
    """Return the text as it's displayed, without markup."""
    return re.sub(r"\*\*|^-# |^#+ |\[([^]]*)\]\([^)]*\)", lambda match: match[1] or "", markdown, flags=re.MULTILINE)


def _number(pattern: str, text: str) -> int:
    match = re.search(pattern, text)
    return int(match[1].replace(",", "")) if match else 0
