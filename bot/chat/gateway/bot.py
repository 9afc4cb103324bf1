"""Bot: the connection to Discord, and who handles what comes in over it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import discord
import yarl
from discord import app_commands

from bot.adapters.parts import EVERYTHING, Part
from bot.adapters.store import Store
from bot.chat import ids, reply
from bot.chat.failures import FAILURES
from bot.chat.gateway import answers, events, presence, registration
from bot.chat.gateway.identifying import Turns, until_allowed
from bot.chat.guard import caught, guarded
from bot.chat.ids import Id
from bot.chat.layout import Page
from bot.chat.pending import Pending
from bot.chat.sorting.offers import Offers
from bot.config import Settings
from bot.core.jobs import JobKind
from bot.core.records import Actor, Song
from bot.errors import CannotPost, ChatDown
from bot.flows.account.language import Languages
from bot.flows.attempt import until_stored
from bot.flows.once import Once
from bot.flows.social import server_channels
from bot.flows.sorting.labelling import prompt
from bot.flows.sorting.labelling.presses import Presses
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.messages import _, common, speak
from bot.services import Services
from bot.telemetry.acknowledgements import Acknowledgements

log = logging.getLogger(__name__)
EVERYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
FOR_ALL = app_commands.AppInstallationType(guild=True, user=True)
PATIENCE = 30.0  # seconds that a request waits for its turn at Discord; longer waits are the caller's
FOLLOWED_AT_ONCE = 2  # answers after which the next card is worked out; the others wait, acknowledged
CHAT_INPUT, COMMANDS = 1, {1, 2, 3}  # kinds of command: typed, in a member's menu, in a message's menu
DEFAULT_API = "https://discord.com/api/v10"
TAPPED = {discord.InteractionType.component, discord.InteractionType.modal_submit}
AnyCommand = app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu


def point_at(settings: Settings) -> None:
    """Tell discord.py where Discord is; it has no parameter for that."""
    discord.http.Route.BASE = settings.discord_api_url
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.discord_gateway_url)
    if settings.discord_api_url != DEFAULT_API:
        parts = urlsplit(settings.discord_api_url)
        discord.asset.Asset.BASE = f"{parts.scheme}://{parts.netloc}"


def without_voice() -> None:
    """Keep discord.py from warning at every start that it lacks what only calls need."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


def intents() -> discord.Intents:
    """What we listen to: none of it is privileged, none of it is what members write."""
    wanted = discord.Intents.none()
    wanted.guilds = wanted.guild_reactions = wanted.dm_reactions = True
    return wanted


class Tree(app_commands.CommandTree["Bot"]):
    """The commands: each interaction once, with the one way that errors go."""

    async def _call(self, interaction: discord.Interaction["Bot"]) -> None:
        """Have a command called. Raises an AppCommandError, which goes to `on_error`."""
        speak(await interaction.client.language_of(interaction))
        if interaction.type is discord.InteractionType.autocomplete:
            await super()._call(interaction)
        else:
            await interaction.client.once(interaction, lambda: self._called(interaction))

    async def _called(self, interaction: discord.Interaction["Bot"]) -> None:
        try:
            if _data(interaction).get("type", CHAT_INPUT) not in COMMANDS:
                raise app_commands.CommandNotFound("of another kind", [])
            if interaction.command is not None:
                log.info("command %s", interaction.command.qualified_name)
            await super()._call(interaction)
        except app_commands.AppCommandError:
            raise
        except Exception as error:  # discord.py cannot read what it was sent
            await caught(interaction, error)

    async def on_error(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /) -> None:
        if isinstance(error, app_commands.CommandInvokeError):
            await caught(interaction, error.original)
        elif isinstance(error, app_commands.TransformerError) and error.type is discord.AppCommandOptionType.channel:
            await caught(interaction, CannotPost())  # it's in a server that the bot isn't in, or was deleted
        elif isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
            await guarded(interaction, reply.whisper(interaction, Page(_(common.OLD_COMMAND))))
        else:
            await caught(interaction, error)


Handler = Callable[["Context"], Awaitable[None]]


class Bot(discord.Client):
    """`taps` says who handles a button, select or form, by the `what` of its id."""

    def __init__(
        self,
        services: Services,
        commands: Iterable[AnyCommand],
        taps: Mapping[str, Handler],
        part: Part = EVERYTHING,
        **sharded: Any,
    ) -> None:
        point_at(services.settings)
        without_voice()
        self.acknowledgements = Acknowledgements()
        super().__init__(
            intents=intents(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=PATIENCE,
            http_trace=self.acknowledgements.trace(),
            **sharded,
        )
        self._part = part
        self.services, self.pending, self.offers = services, Pending(), Offers(services)
        self.present: presence.Known = {}
        self.connected = asyncio.Event()  # set for good by the first connection
        self.is_connected = False  # at this moment
        self._closed_apart = asyncio.Event()
        self._taps = dict(taps)
        self._once, self._languages = Once(services.store, services.clock), Languages(services.store)
        self.presses, self.following = Presses(services.store), asyncio.Semaphore(FOLLOWED_AT_ONCE)
        events.guard(self, self.acknowledgements.arrive)
        self.tree = Tree(self, allowed_contexts=EVERYWHERE, allowed_installs=FOR_ALL)
        for command in commands:
            self.tree.add_command(command)

    async def stay_logged_in(self, token: str) -> None:
        """Call Discord's REST API without a gateway, until closed."""
        await self.login(token)
        self.is_connected = True
        self.connected.set()
        await self._closed_apart.wait()

    @property
    def is_apart(self) -> bool:
        """Whether there are servers that this process's gateway, if it has one, doesn't tell of."""
        return not self._part.gateway or self._part.shards is not None

    async def guild(self, server: int) -> discord.Guild | None:
        """Return a server, asked for where this process's gateway doesn't know all; None for one we aren't in.

        Raises ChatDown.
        """
        await self.connected.wait()
        known = self.get_guild(server)
        if known is not None or not self.is_apart:
            return known
        try:
            return await self.fetch_guild(server)
        except (discord.NotFound, discord.Forbidden):
            return None
        except FAILURES as down:
            raise ChatDown(f"server {server}: {down or type(down).__name__}") from down

    async def close(self) -> None:
        self._closed_apart.set()
        await super().close()

    async def setup_hook(self) -> None:
        answers.install()
        if not self._part.gateway:
            return
        await until_allowed(self, len(self._part.shards.ids) if self._part.shards else 1)
        await registration.register(self, self.services.settings)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        if not initial:
            await until_allowed(self, 1)
        await self.take_turn(initial=initial)

    async def take_turn(self, *, initial: bool) -> None:
        """Wait for a shard's turn to identify."""
        await super().before_identify_hook(None, initial=initial)

    async def on_resumed(self) -> None:
        self.is_connected = True

    async def on_disconnect(self) -> None:
        self.is_connected = False

    async def on_ready(self) -> None:
        self.is_connected = True
        self.connected.set()
        log.info("connected to Discord as %s; servers: %d", self.user, len(self.guilds))
        await until_stored(self._forget_servers_left)

    async def _forget_servers_left(self) -> None:
        here = {guild.id for guild in self.guilds}
        await server_channels.keep_only(self.services.store, here, self._part.is_told_of)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await until_stored(partial(server_channels.leave, self.services.store, guild.id))

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await until_stored(partial(server_channels.close, self.services.store, channel.id))

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        log.exception("handling %s failed", event_method)

    async def once(self, interaction: discord.Interaction[Any], work: Callable[[], Awaitable[None]]) -> None:
        """Have the work done if the interaction comes for the first time; what comes again is told so, and no more."""
        speak(await self.language_of(interaction))
        self.services.polls.saw(interaction.user.id)
        if await self._once.take(interaction.id):
            try:
                await work()
            finally:
                self._once.over(interaction.id)
            await self._languages.remember(interaction.user.id, str(interaction.locale))
            return
        await self._once.wait(interaction.id)
        await guarded(interaction, reply.whisper(interaction, Page(_(common.TWICE))))

    async def language_of(self, interaction: discord.Interaction[Any]) -> str:
        """Return the language in which to answer."""
        return await self._languages.spoken_with(interaction.user.id, str(interaction.locale))

    async def tapped(self, interaction: discord.Interaction[Any], custom_id: str) -> None:
        """Have a button, select or form handled; one that nobody knows is answered privately."""
        tap = ids.parse(custom_id)
        handler = self._taps.get(tap.what) if tap else None
        if tap is None or handler is None:
            await guarded(interaction, reply.whisper(interaction, Page(_(common.OLD_BUTTON))))
        else:
            log.info("pressed %s", tap.what)
            await guarded(interaction, handler(Context.of(interaction, tap)))

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Handle buttons, selects and forms; commands are the tree's, and what else there may be is ignored."""
        if interaction.type in TAPPED:
            custom_id = str(_data(interaction).get("custom_id", ""))
            await self.once(interaction, lambda: self.tapped(interaction, custom_id))

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        if self.user is None or event.user_id == self.user.id:
            return
        pressed = await prompt.react(self.services.store, _reaction(event), self.services.clock())
        if pressed is not None and pressed.train:
            await self.services.jobs.enqueue(JobKind.TRAIN, event.user_id, pressed.layer)

    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        await prompt.unreact(self.services.store, _reaction(event), self.services.clock())


class ShardedBot(Bot, discord.AutoShardedClient):
    """A bot that has some of the gateway's shards; other processes have the others."""

    def __init__(
        self, services: Services, commands: Iterable[AnyCommand], taps: Mapping[str, Handler], part: Part
    ) -> None:
        shards = part.shards
        if shards is None:
            raise ValueError("which shards?")
        super().__init__(services, commands, taps, part, shard_ids=shards.ids, shard_count=shards.count)
        self._turns = Turns(services.store)

    async def take_turn(self, *, initial: bool) -> None:
        await self._turns.take()


def _reaction(event: discord.RawReactionActionEvent) -> prompt.Reaction:
    return prompt.Reaction(event.user_id, event.message_id, str(event.emoji))


Interaction = discord.Interaction[Bot]
NO_TAP = Id("")


@dataclass(frozen=True, slots=True)
class Context:
    """What came in: from which member, when, and by which button, select or form.

    Handlers in `TAPS` take it. discord.py calls a command with the interaction itself, so a command that needs more
    begins with `context = Context.of(interaction)`; helpers of both take the context. `reply` answers the interaction.
    """

    interaction: Interaction
    member: int
    now: datetime
    tap: Id = NO_TAP

    @classmethod
    def of(cls, interaction: Interaction, tap: Id = NO_TAP) -> "Context":
        return cls(interaction, interaction.user.id, interaction.client.services.clock(), tap)

    @property
    def actor(self) -> Actor:
        return Actor(self.member, self.interaction.guild_id, self.now)

    @property
    def bot(self) -> Bot:
        return self.interaction.client

    @property
    def services(self) -> Services:
        return self.bot.services

    @property
    def store(self) -> Store:
        return self.services.store

    @property
    def libraries(self) -> ScoredLibraries:
        return self.services.libraries

    @property
    def value(self) -> str:
        """What was chosen in a select that takes one; empty if it's nothing."""
        return next(iter(self.values), "")

    @property
    def values(self) -> list[str]:
        """What was chosen in the select."""
        return [str(value) for value in _data(self.interaction).get("values", ())]

    @property
    def fields(self) -> dict[str, str]:
        """What was filled into the form, or chosen in it, by the fields' ids."""
        inner = [item.get("component", {}) for item in _data(self.interaction).get("components", ())]
        return {item["custom_id"]: _filled(item) for item in inner if "custom_id" in item}

    async def song(self, song: str) -> Song:
        """Return a song that the member likes or can see. Raises BadChoice."""
        return (await self.services.catalogue.about(self.member, song)).song


def _filled(item: Any) -> str:
    return str(item.get("value") or next(iter(item.get("values") or ()), ""))


def _data(interaction: discord.Interaction[Any]) -> Any:
    return interaction.data or {}
