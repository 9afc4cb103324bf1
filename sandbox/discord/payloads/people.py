"""JSON of users, members and the application."""

from sandbox.discord.model import Application, Json, Member, User


def user(person: User) -> Json:
    return {
        "id": str(person.id),
        "username": person.name,
        "global_name": None if person.bot else person.display_name,
        "discriminator": "0000" if person.bot else "0",
        "avatar": f"{person.id:032x}",
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
        "bot": person.bot,
        "system": False,
        "banner": None,
        "accent_color": None,
        "avatar_decoration_data": None,
    }


def me(bot: User) -> Json:
    """The bot as it sees itself, with the private fields."""
    return {**user(bot), "mfa_enabled": True, "locale": bot.locale, "verified": True, "email": None}


def member(person: Member) -> Json:
    return {
        "user": user(person.user),
        "nick": None,
        "avatar": None,
        "banner": None,
        "roles": [],
        "joined_at": person.joined.isoformat(),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
        "communication_disabled_until": person.timed_out_until.isoformat() if person.timed_out_until else None,
    }


def interacting_member(person: Member) -> Json:
    """A member as in interactions: with their permissions in the channel."""
    return {**member(person), "permissions": str(person.permissions)}


def application(app: Application, guilds: int) -> Json:
    return {
        "id": str(app.id),
        "name": app.name,
        "icon": None,
        "description": app.description,
        "type": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "owner": user(app.owner),
        "team": None,
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "approximate_guild_count": guilds,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": ["applications.commands", "bot"],
        "integration_types_config": {"0": {}},
    }
