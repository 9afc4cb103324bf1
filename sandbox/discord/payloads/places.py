"""JSON of channels and guilds."""

from collections.abc import Iterable

from sandbox.discord.model import MEMBER_PERMISSIONS, Channel, ChannelKind, Guild, Json, Member, Message, Permission
from sandbox.discord.payloads import people
from sandbox.discord.snowflakes import time_of

HOUR = 3600  # seconds; one of the timeouts that Discord allows here
DAY = 1440  # minutes without a message after which a thread is archived


def channel(place: Channel) -> Json:
    if place.starter:
        return _thread(place, place.starter)
    return _dm(place) if place.guild is None else _text_channel(place, place.guild)


def _dm(place: Channel) -> Json:
    return {
        "id": str(place.id),
        "type": int(ChannelKind.DM),
        "flags": 0,
        "last_message_id": _last_message(place),
        "recipients": [people.user(place.recipient)] if place.recipient else [],
    }


def _text_channel(place: Channel, owner: Guild) -> Json:
    return {
        "id": str(place.id),
        "type": int(ChannelKind.TEXT),
        "guild_id": str(owner.id),
        "name": place.name,
        "position": list(owner.channels).index(place.id),
        "flags": 0,
        "topic": None,
        "nsfw": False,
        "parent_id": None,
        "rate_limit_per_user": 0,
        "permission_overwrites": [_closed(member) for member in sorted(place.closed_to)],
        "last_message_id": _last_message(place),
    }


def _closed(member: int) -> Json:
    """A permission overwrite for one member (type 1) that denies them the channel."""
    return {"id": str(member), "type": 1, "allow": "0", "deny": str(int(Permission.VIEW_CHANNEL))}


def _thread(place: Channel, starter: Message) -> Json:
    begun = time_of(place.id).isoformat()
    return {
        "id": str(place.id),
        "type": int(ChannelKind.PUBLIC_THREAD),
        "guild_id": str(place.guild.id if place.guild else 0),
        "parent_id": str(starter.channel.id),
        "owner_id": str(place.owner.id if place.owner else 0),
        "name": place.name,
        "flags": 0,
        "last_message_id": _last_message(place),
        "rate_limit_per_user": 0,
        "message_count": len(place.messages),
        "total_message_sent": len(place.messages),
        "member_count": 1,
        "thread_metadata": {
            "archived": False,
            "archive_timestamp": begun,
            "auto_archive_duration": DAY,
            "locked": False,
            "create_timestamp": begun,
        },
    }


def guild(place: Guild) -> Json:
    """A guild as in REST."""
    return {**_identity(place), **_settings(), "roles": [_everyone(place)], "emojis": [], "stickers": []}


def guild_create(place: Guild, members: Iterable[Member]) -> Json:
    """A guild as the gateway announces it; without the members intent, only the bot itself is in `members`."""
    return {
        **guild(place),
        "joined_at": place.created.isoformat(),
        "large": False,
        "unavailable": False,
        "member_count": len(place.members),
        "members": [people.member(member) for member in members],
        "channels": [channel(child) for child in place.channels.values()],
        "threads": [channel(thread) for thread in place.threads.values()],
        **{name: [] for name in ("voice_states", "presences", "stage_instances", "soundboard_sounds")},
        "guild_scheduled_events": [],
    }


def partial_guild(place: Guild) -> Json:
    return {"id": str(place.id), "locale": place.locale, "features": []}


def my_guild(place: Guild, permissions: int) -> Json:
    return {
        "id": str(place.id),
        "name": place.name,
        "icon": None,
        "banner": None,
        "owner": False,
        "permissions": str(permissions),
        "features": [],
    }


def _last_message(place: Channel) -> str | None:
    shared = [message.id for message in place.messages.values() if message.visible_to is None]
    return str(shared[-1]) if shared else None


def _identity(place: Guild) -> Json:
    nothing = ("icon", "description", "home_header", "splash", "discovery_splash", "banner", "vanity_url_code")
    nowhere = ("afk", "system", "widget", "rules", "safety_alerts", "public_updates")
    return {
        "id": str(place.id),
        "name": place.name,
        "owner_id": str(place.owner.id),
        "application_id": None,
        "features": [],
        "preferred_locale": place.locale,
        **dict.fromkeys(nothing),
        **{f"{purpose}_channel_id": None for purpose in nowhere},
    }


def _settings() -> Json:
    return {
        "region": "deprecated",
        "afk_timeout": HOUR,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "verification_level": 0,
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "incidents_data": None,
    }


def _everyone(place: Guild) -> Json:
    """The role that every member has; its id is the guild's."""
    return {
        "id": str(place.id),
        "name": "@everyone",
        "permissions": str(MEMBER_PERMISSIONS),
        "position": 0,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
