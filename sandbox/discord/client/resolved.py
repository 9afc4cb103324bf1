"""Resolved: the users, members, channels and files that an interaction refers to by id."""

from typing import Any

from sandbox.discord.client.outcome import NotAllowed
from sandbox.discord.model import MEMBER_PERMISSIONS, Channel, Json, User
from sandbox.discord.payloads import people, places
from sandbox.discord.uploads import Upload
from sandbox.discord.world import World


class Resolved:
    """Collects the objects that a member chose; each `add` returns the id that stands for one."""

    def __init__(self, world: World, channel: Channel) -> None:
        self._world = world
        self._channel = channel
        self._found: dict[str, Json] = {}

    def json(self) -> Json:
        return {"resolved": self._found} if self._found else {}

    def add(self, value: Any) -> str:
        """Add a User, a Channel or an Upload. Raises NotAllowed for anything else."""
        match value:
            case User():
                return self._user(value)
            case Channel():
                return self._keep("channels", value.id, self._place(value))
            case Upload():
                return self._file(value)
            case _:
                raise NotAllowed(f"{value!r} is not something to choose here")

    def _user(self, user: User) -> str:
        guild = self._channel.guild
        if guild and user.id in guild.members:
            member = people.interacting_member(guild.members[user.id])
            del member["user"]
            self._keep("members", user.id, member)
        return self._keep("users", user.id, people.user(user))

    def _place(self, channel: Channel) -> Json:
        return {**places.channel(channel), "permissions": str(MEMBER_PERMISSIONS)}

    def _file(self, upload: Upload) -> str:
        if len(upload.data) > self._world.rules.upload_limit:
            raise NotAllowed(f"{upload.filename} is too large to upload")
        attachment = upload.attachment(self._world.ids.next(), self._channel.id, ephemeral=True)
        self._world.upload(attachment)
        return self._keep("attachments", attachment.id, self._world.payloads.attachment(attachment))

    def _keep(self, shelf: str, key: int, payload: Json) -> str:
        self._found.setdefault(shelf, {})[str(key)] = payload
        return str(key)
