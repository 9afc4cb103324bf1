"""JSON of messages and interactions, which depends on the application and on where files are served."""

import re

from sandbox.discord.cdn import Cdn
from sandbox.discord.components import attachment_name
from sandbox.discord.model import (
    MEMBER_PERMISSIONS,
    Application,
    Attachment,
    Channel,
    Interaction,
    InteractionKind,
    Json,
    Message,
    Permission,
    User,
)
from sandbox.discord.payloads import media, people, places

DEFAULT, REPLY, SLASH_REPLY = 0, 19, 20  # message types
FILESIZE_LIMIT = 10 * 1024 * 1024  # bytes; without boosts
GUILD_CONTEXT, DM_CONTEXT = 0, 1
CUSTOM_EMOJI = re.compile(r"(?P<name>\w+):(?P<id>\d+)")


class Payloads:
    """Serialises for the bot; for other people, only whose reactions are their own would differ."""

    def __init__(self, application: Application, bot: User, cdn: Cdn) -> None:
        self._application = application
        self.bot = bot
        self._cdn = cdn

    def message(self, message: Message) -> Json:
        resolve = self._resolver(message)
        return {
            "id": str(message.id),
            "channel_id": str(message.channel.id),
            "type": _message_type(message),
            "author": people.user(message.author),
            "content": message.content,
            "timestamp": message.created.isoformat(),
            "edited_timestamp": message.edited.isoformat() if message.edited else None,
            "tts": False,
            "pinned": False,
            "mention_everyone": False,
            "mentions": [people.user(user) for user in message.mentions],
            "mention_roles": [],
            "flags": int(message.flags),
            "embeds": [media.embed(embed, resolve) for embed in message.embeds],
            "components": [media.component(component, resolve) for component in message.components],
            "attachments": [self.attachment(attachment) for attachment in message.attachments],
            **({"thread": places.channel(message.thread)} if message.thread else {}),
            **self._reactions(message),
            **self._origins(message),
        }

    def attachment(self, attachment: Attachment) -> Json:
        url = self._cdn.url(attachment)
        known = {
            "description": attachment.description,
            "width": attachment.width,
            "height": attachment.height,
            "duration_secs": attachment.duration,
            "waveform": attachment.waveform,
            "ephemeral": attachment.ephemeral or None,
        }
        return {
            "id": str(attachment.id),
            "filename": attachment.filename,
            "size": len(attachment.data),
            "content_type": attachment.content_type,
            "url": url,
            "proxy_url": url,
            **{key: value for key, value in known.items() if value is not None},
        }

    def interaction(self, interaction: Interaction) -> Json:
        message = {"message": self.message(interaction.message)} if interaction.message else {}
        return {
            "id": str(interaction.id),
            "application_id": str(self._application.id),
            "type": int(interaction.kind),
            "token": interaction.token,
            "version": 1,
            "data": interaction.data,
            "channel": {**places.channel(interaction.channel), "permissions": str(MEMBER_PERMISSIONS)},
            "channel_id": str(interaction.channel.id),
            "locale": interaction.user.locale,
            "app_permissions": str(self._permissions(interaction.channel)),
            "attachment_size_limit": FILESIZE_LIMIT,
            "authorizing_integration_owners": _installation(interaction),
            "entitlements": [],
            "entitlement_sku_ids": [],
            **_whereabouts(interaction),
            **message,
        }

    def _permissions(self, channel: Channel) -> int:
        """What the bot may do there; of a channel that's hidden from it, Discord documents no more than that."""
        return MEMBER_PERMISSIONS if channel.admits(self.bot) else MEMBER_PERMISSIONS & ~Permission.VIEW_CHANNEL

    def _resolver(self, message: Message) -> media.Resolve:
        files = {attachment.filename: attachment for attachment in message.attachments}

        def resolve(url: str) -> Json:
            attachment = files.get(attachment_name(url) or "")
            return self._media(attachment) if attachment else media.external(url)

        return resolve

    def _media(self, attachment: Attachment) -> Json:
        shown = self.attachment(attachment)
        kept = {key: shown[key] for key in ("id", "url", "proxy_url", "content_type", "size")}
        picture = {"width": attachment.width, "height": attachment.height, "loading_state": media.LOADED, "flags": 0}
        return {**kept, **picture, "name": attachment.filename, "attachment_id": shown["id"]}

    def _reactions(self, message: Message) -> Json:
        if not message.reactions:
            return {}
        return {"reactions": [self._reaction(emoji, who) for emoji, who in message.reactions.items()]}

    def _reaction(self, emoji: str, who: list[int]) -> Json:
        return {
            "emoji": partial_emoji(emoji),
            "count": len(who),
            "count_details": {"burst": 0, "normal": len(who)},
            "burst_colors": [],
            "me": self.bot.id in who,
            "me_burst": False,
        }

    def _origins(self, message: Message) -> Json:
        """Return which interaction and which message this one answers."""
        origins: Json = {}
        if message.interaction:
            application = str(self._application.id)
            origins |= {"application_id": application, "webhook_id": application}
            origins["interaction_metadata"] = interaction_metadata(message.interaction)
        if message.reply_to:
            channel = str(message.channel.id)
            origins["message_reference"] = {"type": 0, "channel_id": channel, "message_id": str(message.reply_to)}
        return origins


def partial_emoji(emoji: str) -> Json:
    """Return Unicode emoji as they are, custom ones from name:id."""
    custom = CUSTOM_EMOJI.fullmatch(emoji)
    return {"id": custom["id"], "name": custom["name"]} if custom else {"id": None, "name": emoji}


def interaction_metadata(interaction: Interaction) -> Json:
    metadata = {
        "id": str(interaction.id),
        "type": int(interaction.kind),
        "user": people.user(interaction.user),
        "authorizing_integration_owners": _installation(interaction),
    }
    if interaction.kind is InteractionKind.COMPONENT and interaction.message:
        metadata["interacted_message_id"] = str(interaction.message.id)
    if interaction.kind is InteractionKind.MODAL and interaction.trigger:
        metadata["triggering_interaction_metadata"] = interaction_metadata(interaction.trigger)
    return metadata


def _message_type(message: Message) -> int:
    answered = message.interaction
    if answered and answered.kind is InteractionKind.COMMAND and answered.original in (None, message):
        return SLASH_REPLY
    return REPLY if message.reply_to else DEFAULT


def _installation(interaction: Interaction) -> Json:
    """Who installed the application: "0" is a guild (id 0 in a DM with the bot), "1" the member."""
    guild, user = interaction.channel.guild, interaction.user
    theirs = {"1": str(user.id)} if user.has_app else {}
    if guild is None:
        return {"0": "0", **theirs}
    return {**({"0": str(guild.id)} if guild.has_bot else {}), **theirs}


def _whereabouts(interaction: Interaction) -> Json:
    guild = interaction.channel.guild
    if guild is None:
        return {"user": people.user(interaction.user), "context": DM_CONTEXT}
    return {
        "guild_id": str(guild.id),
        "guild": places.partial_guild(guild),
        "guild_locale": guild.locale,
        "member": people.interacting_member(guild.members[interaction.user.id]),
        "context": GUILD_CONTEXT,
    }
