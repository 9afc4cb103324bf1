"""Views: what the page shows of the Discord stand-in, as JSON: places, commands, messages, forms.

A message is Discord's own JSON, plus what only its reader's client knows: which reactions are theirs, what's private.
"""

from collections.abc import Iterator

from sandbox.discord import Attachment, Channel, Interaction, InteractionKind, Message, Modal, Person, Slash, User
from sandbox.discord.commands import CHAT_INPUT
from sandbox.discord.components import ATTACHMENT_SCHEME
from sandbox.discord.model import Json
from sandbox.page.stage import Member, Stage


def stage(stage: Stage) -> Json:
    """Return who and what there is, for any viewer."""
    return {
        "guild": stage.guild.name,
        "bot": {**person(stage.discord.bot), "online": stage.discord.online, "state": stage.bot_state},
        "members": [member(played) for played in stage.members],
        "sound": stage.sound is not None,
    }


def member(member: Member) -> Json:
    return {**person(member.user), "account": member.account}


def person(user: User) -> Json:
    return {"id": str(user.id), "name": user.display_name, "bot": user.bot}


def places(stage: Stage, user: User) -> list[Json]:
    """Return the channels that a member can open, each with the newest message they see there; the DM comes last."""
    rooms = [channel for channel in stage.guild.channels.values() if channel.admits(user)]
    listed = [place for room in rooms for place in (room, *_threads(room))]
    return [place(channel, user) for channel in (*listed, stage.discord.dm(user))]


def _threads(room: Channel) -> list[Channel]:
    guild = room.guild
    return (
        [thread for thread in guild.threads.values() if thread.starter and thread.starter.channel is room]
        if guild
        else []
    )


def place(channel: Channel, user: User) -> Json:
    newest = max((message.id for message in channel.messages.values() if message.visible(user)), default=0)
    return {
        "id": str(channel.id),
        "name": channel.name,
        "dm": channel.guild is None,
        "thread": channel.starter is not None,
        "newest": str(newest),
    }


def slash(command: Slash) -> Json:
    options = [{"required": False, **option} for option in command.options]
    return {
        "path": command.path,
        "id": str(command.command.id),
        "description": command.description,
        "options": options,
    }


def message(stage: Stage, message: Message, user: User) -> Json:
    return {
        **stage.discord.payloads.message(message),
        "author": person(message.author),
        "attachments": [stage.discord.payloads.attachment(attachment) for attachment in _listed(message)],
        "reactions": [
            {"emoji": emoji, "count": len(who), "me": user.id in who} for emoji, who in message.reactions.items()
        ],
        "private": message.visible_to is not None,
        "loading": message.loading,
        "used": _used(message.interaction),
    }


def modal(form: Modal) -> Json:
    return {"title": form.title, "interaction": str(form.interaction.id), "components": form.components}


def visible(person: Person, channel: Channel, limit: int) -> tuple[list[Message], bool]:
    """Return the newest messages there, oldest first, and whether there are older ones."""
    seen = person.visible(channel)
    return seen[-limit:], len(seen) > limit


def _listed(message: Message) -> list[Attachment]:
    """Return the attachments to show below the text: not those already in an embed or a component."""
    if message.is_v2:
        return []
    pictured = set(_pictures(message))
    return [attachment for attachment in message.attachments if attachment.filename not in pictured]


def _pictures(message: Message) -> Iterator[str]:
    for embed in message.embeds:
        for slot in ("image", "thumbnail"):
            yield (embed.get(slot) or {}).get("url", "").removeprefix(ATTACHMENT_SCHEME)


def _used(interaction: Interaction | None) -> Json | None:
    """Return the command that a message answers, for its header."""
    if interaction is None or interaction.kind is not InteractionKind.COMMAND:
        return None
    sign = "/" if interaction.data.get("type", CHAT_INPUT) == CHAT_INPUT else ""
    return {"by": person(interaction.user), "command": sign + _path(interaction.data)}


def _path(data: Json) -> str:
    """Return the command's full name, with its group and subcommand."""
    path = [data["name"]]
    options = data.get("options") or []
    while options and "options" in options[0]:
        path.append(options[0]["name"])
        options = options[0]["options"]
    return " ".join(path)
