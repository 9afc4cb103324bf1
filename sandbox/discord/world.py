"""World: who and what there is in the stand-in, and how it changes.

Everything in memory. Changes are sent to the bot (as gateway events) and to watchers (`subscribe`, `wait_for`). What
Discord permits the bot is in `rules`, the wire format in `payloads`; here anything goes.
"""

import secrets
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from sandbox.discord.cdn import Cdn
from sandbox.discord.commands import CommandBook
from sandbox.discord.gateway.events import Events
from sandbox.discord.gateway.sessions import Sessions
from sandbox.discord.model import (
    MEMBER_PERMISSIONS,
    OWNER_PERMISSIONS,
    AnswerKind,
    Application,
    Attachment,
    Channel,
    Draft,
    Guild,
    Interaction,
    InteractionKind,
    Json,
    Member,
    Message,
    MessageFlag,
    User,
)
from sandbox.discord.oauth import OAuth
from sandbox.discord.payloads import Payloads
from sandbox.discord.snowflakes import Clock, Snowflakes
from sandbox.discord.traffic.exchange import Exchange
from sandbox.discord.traffic.faults import Faults
from sandbox.discord.traffic.limits import Buckets, Rules
from sandbox.discord.watch import Watched

LOGGED = 5_000  # exchanges kept; the tour makes a few hundred


def utc_now() -> datetime:
    return datetime.now(UTC)


class World(Watched):
    """One Discord with one application in it.

    `origin` (http://host:port) is where attachments and the gateway are served; by default it's taken from the first
    request. `on_exchange` is called with every request of the bot and its response.
    """

    def __init__(
        self,
        *,
        token: str = "sandbox",  # noqa: S107  the bot's token; guards nothing
        clock: Clock = utc_now,
        rules: Rules | None = None,
    ) -> None:
        super().__init__()
        self.token = token
        self.now = clock
        self.rules = rules or Rules()
        self.ids = Snowflakes(clock)
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.attachments: dict[int, Attachment] = {}
        self.interactions: dict[int, Interaction] = {}
        self.bot = self.add_user("Cratekeeper", bot=True)
        self.owner = self.add_user("owner")
        self.application = Application(self.bot.id, "Cratekeeper", "Keeps playlists in order.", self.owner)
        self.commands = CommandBook(self.application.id, self.ids)
        self.oauth = OAuth(self.application)
        self.cdn = Cdn(clock)
        self.payloads = Payloads(self.application, self.bot, self.cdn)
        self.sessions = Sessions()
        self.events = Events(self.sessions, self.payloads)
        self.buckets = Buckets(clock)
        self.faults = Faults()
        self.log: deque[Exchange] = deque(maxlen=LOGGED)
        self.on_exchange: Callable[[Exchange], None] | None = None

    # People and places

    def add_user(
        self,
        name: str,
        *,
        display_name: str | None = None,
        locale: str = "en-US",
        dms_open: bool = True,
        bot: bool = False,
    ) -> User:
        user = User(self.ids.next(), name, display_name or name, bot, locale, dms_open)
        self.users[user.id] = user
        return user

    def add_guild(
        self,
        name: str,
        *,
        channels: Iterable[str] = ("general",),
        members: Iterable[User] = (),
        locale: str = "en-US",
    ) -> Guild:
        """Add a server that the bot is in, with text channels and members."""
        guild = self.add_foreign_guild(name, channels=channels, members=(self.bot, *members), locale=locale)
        self.events.guild_create(guild)
        return guild

    def add_foreign_guild(
        self,
        name: str,
        *,
        channels: Iterable[str] = ("general",),
        members: Iterable[User] = (),
        locale: str = "en-US",
    ) -> Guild:
        """Add a server that the bot isn't in; it only hears of members who use the app there."""
        guild = Guild(self.ids.next(), name, self.owner, self.now(), locale)
        self.guilds[guild.id] = guild
        for user in (self.owner, *members):
            self._admit(guild, user)
        for channel in channels:
            self._add_text_channel(guild, channel)
        self.changed("place", guild)
        return guild

    def add_channel(self, guild: Guild, name: str) -> Channel:
        channel = self._add_text_channel(guild, name)
        self.events.channel_create(channel)
        self.changed("place", guild)
        return channel

    def close(self, channel: Channel, user: User) -> None:
        """Hide a channel from a member."""
        channel.closed_to.add(user.id)
        self._announce_change(channel)

    def open(self, channel: Channel, user: User) -> None:
        """Show it to them again."""
        channel.closed_to.discard(user.id)
        self._announce_change(channel)

    def _announce_change(self, channel: Channel) -> None:
        self.events.channel_update(channel)
        self.changed("place", channel.guild)

    def start_thread(self, message: Message, name: str, owner: User) -> Channel:
        """Start a thread from a message; both have the same id."""
        thread = Channel(message.id, name, message.channel.guild, starter=message, owner=owner)
        if thread.guild:
            thread.guild.threads[thread.id] = thread
        self.channels[thread.id] = message.thread = thread
        message.flags |= MessageFlag.HAS_THREAD
        self.events.thread_create(thread)
        self.events.message_update(message)
        self.changed("edit", message)
        self.changed("place", message.channel.guild)
        return thread

    def join(self, guild: Guild, user: User) -> Member:
        member = self._admit(guild, user)
        self.events.member_add(guild, member)
        self.changed("place", guild)
        return member

    def appoint(self, guild: Guild, user: User) -> None:
        """Let somebody manage the guild, in addition to its owner."""
        guild.members[user.id].permissions = OWNER_PERMISSIONS
        self.changed("place", guild)

    def leave(self, guild: Guild, user: User) -> None:
        del guild.members[user.id]
        self.events.member_remove(guild, user)
        self.changed("place", guild)

    def dm(self, user: User) -> Channel:
        """Return the DM between the bot and this person, opened on first use."""
        existing = (channel for channel in self.channels.values() if channel.recipient is user)
        channel = next(existing, None)
        if channel is None:
            channel = Channel(self.ids.next(), user.name, recipient=user)
            self.channels[channel.id] = channel
        return channel

    def share_guild(self, user: User) -> bool:
        """Whether the bot and this person share a guild."""
        return any({user.id, self.bot.id} <= guild.members.keys() for guild in self.guilds.values())

    # Messages

    def post(
        self,
        channel: Channel,
        author: User,
        draft: Draft,
        *,
        visible_to: int | None = None,
        interaction: Interaction | None = None,
    ) -> Message:
        message = Message(self.ids.next(), channel, author, self.now(), visible_to=visible_to, interaction=interaction)
        self._write(message, draft)
        channel.messages[message.id] = self.messages[message.id] = message
        self.events.message_create(message)
        self.changed("message", message)
        return message

    def edit(self, message: Message, draft: Draft) -> Message:
        """Apply the draft to the message; parts not in it stay."""
        self._write(message, draft)
        message.revision += 1
        message.edited = self.now()
        self.events.message_update(message)
        self.changed("edit", message)
        return message

    def delete(self, message: Message) -> None:
        message.deleted = True
        del message.channel.messages[message.id]
        del self.messages[message.id]
        self.events.message_delete(message)
        self.changed("delete", message)

    def upload(self, attachment: Attachment) -> Attachment:
        self.attachments[attachment.id] = attachment
        return attachment

    def react(self, message: Message, user: User, emoji: str) -> None:
        who = message.reactions.setdefault(emoji, [])
        if user.id in who:
            return
        who.append(user.id)
        self.events.reaction_add(message, user, emoji)
        self.changed("reactions", message)

    def unreact(self, message: Message, user: User, emoji: str) -> None:
        who = message.reactions.get(emoji, [])
        if user.id not in who:
            return
        who.remove(user.id)
        if not who:
            del message.reactions[emoji]
        self.events.reaction_remove(message, user, emoji)
        self.changed("reactions", message)

    # Interactions

    def begin(
        self,
        kind: InteractionKind,
        user: User,
        channel: Channel,
        data: Json,
        *,
        message: Message | None = None,
        trigger: Interaction | None = None,
    ) -> Interaction:
        """Start an interaction, as a member's gesture does; the bot gets its event."""
        token = secrets.token_urlsafe(48)
        interaction = Interaction(
            self.ids.next(), token, kind, user, channel, data, self.now(), message=message, trigger=trigger
        )
        self.interactions[interaction.id] = interaction
        self.events.interaction_create(interaction)
        self.changed("interaction", interaction)
        return interaction

    def acknowledge(self, interaction: Interaction, answer: AnswerKind, original: Message | None = None) -> None:
        """Record the bot's answer; `original` is the message that later edits go to."""
        interaction.answer = answer
        interaction.acknowledged = self.now()
        interaction.original = original
        interaction.original_revision = original.revision if original else 0
        self.changed("answer", interaction)

    def by_token(self, token: str) -> Interaction | None:
        return next(
            (interaction for interaction in reversed(self.interactions.values()) if interaction.token == token), None
        )

    # The wire

    @property
    def origin(self) -> str:
        return self.cdn.origin

    @origin.setter
    def origin(self, origin: str) -> None:
        self.cdn.origin = origin

    @property
    def online(self) -> bool:
        """Whether a bot is connected to the gateway."""
        return self.sessions.online

    def record(self, exchange: Exchange) -> None:
        self.log.append(exchange)
        self.changed("exchange", exchange)
        if self.on_exchange:
            self.on_exchange(exchange)

    # Internals

    def _admit(self, guild: Guild, user: User) -> Member:
        permissions = OWNER_PERMISSIONS if user is self.owner else MEMBER_PERMISSIONS
        member = Member(user, self.now(), permissions)
        guild.members[user.id] = member
        return member

    def _add_text_channel(self, guild: Guild, name: str) -> Channel:
        channel = Channel(self.ids.next(), name, guild)
        guild.channels[channel.id] = self.channels[channel.id] = channel
        return channel

    def _write(self, message: Message, draft: Draft) -> None:
        for part, value in draft.items():
            setattr(message, part, value)
        for attachment in draft.get("attachments", ()):
            self.attachments[attachment.id] = attachment
