"""Events: what the gateway sends the bot when the world changes.

Each event has the intent it needs, in a guild and in a DM; ephemeral messages stay between one member and the
interaction, without events.
"""

from sandbox.discord.gateway.sessions import Intent, Session, Sessions
from sandbox.discord.model import Channel, Guild, Interaction, Json, Member, Message, User
from sandbox.discord.payloads import Payloads, people, places
from sandbox.discord.payloads.wire import partial_emoji

HIDDEN_CONTENT: Json = {"content": "", "embeds": [], "attachments": [], "components": []}


class Events:
    def __init__(self, sessions: Sessions, payloads: Payloads) -> None:
        self._sessions = sessions
        self._payloads = payloads

    def guild_create(self, guild: Guild) -> None:
        for session in self._sessions.wanting(Intent.GUILDS):
            self.greet(session, guild)

    def greet(self, session: Session, guild: Guild) -> None:
        """Announce a guild to one session, with the members it may see."""
        knows_all = session.wants(Intent.GUILD_MEMBERS)
        members = [member for member in guild.members.values() if knows_all or member.user.bot]
        session.dispatch("GUILD_CREATE", places.guild_create(guild, members))

    def channel_create(self, channel: Channel) -> None:
        self._tell(channel.guild, "CHANNEL_CREATE", places.channel(channel), Intent.GUILDS)

    def channel_update(self, channel: Channel) -> None:
        self._tell(channel.guild, "CHANNEL_UPDATE", places.channel(channel), Intent.GUILDS)

    def thread_create(self, thread: Channel) -> None:
        data = {**places.channel(thread), "newly_created": True}
        self._tell(thread.guild, "THREAD_CREATE", data, Intent.GUILDS)

    def member_add(self, guild: Guild, member: Member) -> None:
        data = {**people.member(member), "guild_id": str(guild.id)}
        self._tell(guild, "GUILD_MEMBER_ADD", data, Intent.GUILD_MEMBERS)

    def member_remove(self, guild: Guild, user: User) -> None:
        if user.bot:
            self._sessions.dispatch("GUILD_DELETE", {"id": str(guild.id)}, Intent.GUILDS)
            return
        data = {"guild_id": str(guild.id), "user": people.user(user)}
        self._tell(guild, "GUILD_MEMBER_REMOVE", data, Intent.GUILD_MEMBERS)

    def message_create(self, message: Message) -> None:
        self._message("MESSAGE_CREATE", message)

    def message_update(self, message: Message) -> None:
        self._message("MESSAGE_UPDATE", message)

    def message_delete(self, message: Message) -> None:
        if message.visible_to is None and self._hears(message.channel):
            data = {"id": str(message.id), **_place(message.channel)}
            self._tell(message.channel.guild, "MESSAGE_DELETE", data, _messages_intent(message.channel))

    def reaction_add(self, message: Message, user: User, emoji: str) -> None:
        guild = message.channel.guild
        member = {"member": people.member(guild.members[user.id])} if guild else {}
        author = {"message_author_id": str(message.author.id), "burst_colors": []}
        self._reaction("MESSAGE_REACTION_ADD", message, user, emoji, {**author, **member})

    def reaction_remove(self, message: Message, user: User, emoji: str) -> None:
        self._reaction("MESSAGE_REACTION_REMOVE", message, user, emoji, {})

    def interaction_create(self, interaction: Interaction) -> None:
        self._sessions.dispatch("INTERACTION_CREATE", self._payloads.interaction(interaction))

    def _message(self, event: str, message: Message) -> None:
        if message.visible_to is not None or not self._hears(message.channel):
            return
        data = {**self._payloads.message(message), **_place(message.channel), **_author(message)}
        for session in self._sessions.wanting(_messages_intent(message.channel)):
            open_book = session.wants(Intent.MESSAGE_CONTENT) or _always_readable(message)
            session.dispatch(event, data if open_book else {**data, **HIDDEN_CONTENT})

    def _reaction(self, event: str, message: Message, user: User, emoji: str, more: Json) -> None:
        place = _place(message.channel)
        data = {"user_id": str(user.id), "message_id": str(message.id), "emoji": partial_emoji(emoji)}
        intent = Intent.GUILD_REACTIONS if message.channel.guild else Intent.DM_REACTIONS
        if self._hears(message.channel):
            self._tell(message.channel.guild, event, {**data, **place, "burst": False, "type": 0, **more}, intent)

    def _hears(self, channel: Channel) -> bool:
        """Whether the bot gets a channel's messages and reactions: only where it can see them."""
        return channel.admits(self._payloads.bot)

    def _tell(self, guild: Guild | None, event: str, data: Json, intent: Intent) -> None:
        if _heard(guild):
            self._sessions.dispatch(event, data, intent)


def _heard(guild: Guild | None) -> bool:
    """Whether the bot gets events from there: from its own DMs, and from guilds it's a member of."""
    return guild is None or guild.has_bot


def _place(channel: Channel) -> Json:
    guild = {"guild_id": str(channel.guild.id)} if channel.guild else {}
    return {"channel_id": str(channel.id), **guild}


def _author(message: Message) -> Json:
    guild = message.channel.guild
    if guild is None or message.author.id not in guild.members:
        return {}
    member = people.member(guild.members[message.author.id])
    del member["user"]
    return {"member": member}


def _messages_intent(channel: Channel) -> Intent:
    return Intent.GUILD_MESSAGES if channel.guild else Intent.DM_MESSAGES


def _always_readable(message: Message) -> bool:
    """Whether the bot can read it without the message content intent: its own messages, DMs and mentions."""
    return message.author.bot or message.channel.guild is None or any(user.bot for user in message.mentions)
