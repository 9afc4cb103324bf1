"""What exists in the stand-in: people, places, messages, interactions.

Plain values, without wire format (see payloads) or rules (see rules). Messages and interactions are live objects:
whoever holds one sees it change when the bot edits or answers. Times are timezone-aware UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, IntFlag
from typing import Any, TypedDict

from sandbox.discord import components as tree

Json = dict[str, Any]


class ChannelKind(IntEnum):
    TEXT = 0
    DM = 1
    PUBLIC_THREAD = 11


class InteractionKind(IntEnum):
    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class AnswerKind(IntEnum):
    """The ways to acknowledge an interaction (Discord: interaction callback types)."""

    MESSAGE = 4
    DEFERRED = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9
    LAUNCH_ACTIVITY = 12


class MessageFlag(IntFlag):
    NONE = 0
    SUPPRESS_EMBEDS = 1 << 2
    HAS_THREAD = 1 << 5
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    VOICE = 1 << 13
    COMPONENTS_V2 = 1 << 15


class Permission(IntFlag):
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    USE_APPLICATION_COMMANDS = 1 << 31
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38


MEMBER_PERMISSIONS = sum(Permission)
OWNER_PERMISSIONS = (1 << 53) - 1


@dataclass(eq=False, slots=True)
class User:
    """`has_app`: whether they installed the application for themselves, to use it anywhere."""

    id: int
    name: str
    display_name: str
    bot: bool = False
    locale: str = "en-US"
    dms_open: bool = True
    has_app: bool = False

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"


@dataclass(eq=False, slots=True)
class Application:
    """`activity` is the address that Activities are mapped to (None: not enabled)."""

    id: int
    name: str
    description: str
    owner: User
    privileged_intents: int = 0
    activity: str | None = None
    secret: str = "sandbox-secret"  # noqa: S105  guards nothing


@dataclass(eq=False, slots=True)
class Member:
    user: User
    joined: datetime
    permissions: int
    timed_out_until: datetime | None = None


@dataclass(eq=False, slots=True)
class Channel:
    """A text channel, a DM with the bot (`recipient`), or a thread started from `starter`."""

    id: int
    name: str
    guild: "Guild | None" = None
    recipient: User | None = None
    messages: "dict[int, Message]" = field(default_factory=dict, repr=False)
    starter: "Message | None" = field(default=None, repr=False)
    owner: User | None = None
    closed_to: set[int] = field(default_factory=set)  # ids of members who can't see it

    @property
    def kind(self) -> ChannelKind:
        if self.starter:
            return ChannelKind.PUBLIC_THREAD
        return ChannelKind.TEXT if self.guild else ChannelKind.DM

    def admits(self, user: User) -> bool:
        """Whether this person, or the bot, can open the channel; whoever can see a channel can see its threads."""
        if self.guild is None:
            return user.bot or user is self.recipient
        place = self.starter.channel if self.starter else self
        return user.id in self.guild.members and user.id not in place.closed_to


@dataclass(eq=False, slots=True)
class Guild:
    id: int
    name: str
    owner: User
    created: datetime
    locale: str = "en-US"
    channels: dict[int, Channel] = field(default_factory=dict, repr=False)
    members: dict[int, Member] = field(default_factory=dict, repr=False)
    threads: dict[int, Channel] = field(default_factory=dict, repr=False)

    @property
    def has_bot(self) -> bool:
        """Whether the bot is a member, and gets events from here."""
        return any(member.user.bot for member in self.members.values())


@dataclass(eq=False, slots=True)
class Attachment:
    id: int
    filename: str
    data: bytes = field(repr=False)
    content_type: str
    channel_id: int
    description: str | None = None
    ephemeral: bool = False
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    waveform: str | None = None


@dataclass(eq=False, slots=True)
class Message:
    """A message as everybody sees it, or one person if `visible_to` is set.

    `reactions` maps an emoji to the ids of those who reacted, in order. `revision` counts edits.
    """

    id: int
    channel: Channel
    author: User
    created: datetime
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: MessageFlag = MessageFlag.NONE
    mentions: list[User] = field(default_factory=list)
    reply_to: int | None = None
    visible_to: int | None = None
    interaction: "Interaction | None" = field(default=None, repr=False)
    reactions: dict[str, list[int]] = field(default_factory=dict)
    thread: Channel | None = field(default=None, repr=False)
    edited: datetime | None = None
    revision: int = 0
    deleted: bool = False

    @property
    def loading(self) -> bool:
        """Whether the bot is still "thinking": deferred, with the message to follow."""
        return MessageFlag.LOADING in self.flags

    @property
    def is_v2(self) -> bool:
        return MessageFlag.COMPONENTS_V2 in self.flags

    def visible(self, user: User) -> bool:
        return not self.deleted and self.visible_to in (None, user.id) and self.channel.admits(user)

    def text(self) -> str:
        """Return all text in it: content, embeds and text displays, from top to bottom."""
        parts = [self.content, *tree.embed_texts(self.embeds), *tree.texts(self.components)]
        return "\n".join(part for part in parts if part)

    def buttons(self) -> list[tree.Button]:
        return tree.buttons(self.components)

    def selects(self) -> list[tree.Select]:
        return tree.selects(self.components)

    def files(self) -> list[Attachment]:
        """Return the attachments shown: in a Components V2 message, only those that a component refers to."""
        if not self.is_v2:
            return list(self.attachments)
        shown = {tree.attachment_name(item["url"]) for item in tree.media(self.components)}
        return [attachment for attachment in self.attachments if attachment.filename in shown]


class Draft(TypedDict, total=False):
    """The parts of a message that its author sets; for an edit, only those that change."""

    content: str
    embeds: list[Json]
    components: list[Json]
    attachments: list[Attachment]
    flags: MessageFlag
    mentions: list[User]
    reply_to: int | None


@dataclass(eq=False, slots=True)
class Modal:
    """A form that the bot opened for the member of `interaction`."""

    custom_id: str
    title: str
    components: list[Json]
    interaction: "Interaction" = field(repr=False)

    def text(self) -> str:
        return "\n".join([self.title, *tree.texts(self.components)])

    def fields(self) -> list[tree.Field]:
        return tree.fields(self.components)


@dataclass(eq=False, slots=True)
class Interaction:
    """One gesture of a member that the bot has to answer.

    `data` is its payload as sent. `original` is the first answer's message: for UPDATE and DEFERRED_UPDATE, the one
    that was pressed. `activity` is the instance that was launched. `refused` is the error for an answer that came too
    late.
    """

    id: int
    token: str
    kind: InteractionKind
    user: User
    channel: Channel
    data: Json
    created: datetime
    message: Message | None = None
    trigger: "Interaction | None" = None
    answer: AnswerKind | None = None
    acknowledged: datetime | None = None
    refused: str | None = None
    original: Message | None = None
    original_revision: int = 0
    followups: list[Message] = field(default_factory=list)
    choices: list[Json] = field(default_factory=list)
    modal: Modal | None = None
    activity: str | None = None

    @property
    def seconds(self) -> float | None:
        """Seconds from the gesture to its acknowledgement; None without one."""
        return (self.acknowledged - self.created).total_seconds() if self.acknowledged else None

    def messages(self) -> Iterator[Message]:
        """Yield the bot's answers that still exist, oldest first."""
        answers = [self.original, *self.followups]
        return (message for message in answers if message and not message.deleted)
