"""Chat: reads and uses Discord as one of the members."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.discord import Change, Choice, Message, Outcome, Person, Upload, World
from sandbox.discord.client import slash
from sandbox.discord.client.person import find_select
from sandbox.discord.client.slash import OptionKind
from sandbox.discord.components import ComponentKind, Field
from sandbox.discord.model import Json
from sandbox.page import views
from sandbox.page.asking import Ask

SHOWN = 100  # messages of a channel that a page loads at first
OBJECT_OPTIONS = {OptionKind.USER, OptionKind.CHANNEL, OptionKind.MENTIONABLE}
OBJECT_SELECTS = {ComponentKind.USER_SELECT, ComponentKind.CHANNEL_SELECT, ComponentKind.MENTIONABLE_SELECT}


class Revisions:
    """Numbers every change to a message, so that a page can ask for the ones it hasn't seen."""

    def __init__(self) -> None:
        self.newest = 0
        self._last_change: dict[int, int] = {}

    def note(self, change: Change) -> None:
        if isinstance(change.subject, Message):
            self.newest += 1
            self._last_change[change.subject.id] = self.newest

    def since(self, revision: int, messages: Iterable[Message]) -> list[Message]:
        return [message for message in messages if self._last_change.get(message.id, 0) > revision]


class Chat:
    """The page's calls; each returns JSON."""

    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions

    # Reading

    async def state(self, ask: Ask) -> Json:
        return views.stage(ask.stage)

    async def places(self, ask: Ask) -> list[Json]:
        return views.places(ask.stage, ask.member.user)

    async def commands(self, ask: Ask) -> list[Json]:
        return [views.slash(command) for command in ask.person.commands()]

    async def apps(self, ask: Ask) -> list[Json]:
        """Return the commands in a message's menu."""
        return [{"name": name} for name in ask.person.menu()]

    async def messages(self, ask: Ask) -> Json:
        """Return the ids of the newest `limit` messages, and in full those changed after the revision `since`."""
        seen, older = views.visible(ask.person, ask.channel, ask.number("limit", SHOWN))
        changed = self._revisions.since(ask.number("since", -1), seen)
        return {
            "revision": self._revisions.newest,
            "ids": [str(message.id) for message in seen],
            "older": older,
            "changed": [views.message(ask.stage, message, ask.member.user) for message in changed],
        }

    # Gestures that the bot answers

    async def command(self, ask: Ask) -> Json:
        path = ask.text("path")
        options = _options(ask.person, path, ask.given.get("options", {}), ask.files)
        return _shown(await ask.person.command(path, options=options))

    async def use(self, ask: Ask) -> Json:
        return _shown(await ask.person.use(ask.text("name"), ask.message))

    async def complete(self, ask: Ask) -> list[Json]:
        path, option = ask.text("path"), ask.text("option")
        options = _options(ask.person, path, ask.given.get("options", {}), {})
        choices = await ask.person.complete(path, option=option, typed=ask.text("typed"), options=options)
        return [_choice(choice) for choice in choices]

    async def click(self, ask: Ask) -> Json:
        return _shown(await ask.person.click(ask.message, ask.text("custom_id")))

    async def select(self, ask: Ask) -> Json:
        custom_id = ask.text("custom_id")
        menu = find_select(ask.message, custom_id)
        values = (
            _objects(ask.stage.discord, ask.given["values"]) if menu.kind in OBJECT_SELECTS else ask.given["values"]
        )
        return _shown(await ask.person.select(ask.message, custom_id, values))

    async def submit(self, ask: Ask) -> Json:
        interaction = ask.stage.discord.interactions[ask.number("interaction")]
        if interaction.modal is None:
            raise KeyError("no form was opened there")
        fields = {field.custom_id: field for field in interaction.modal.fields()}
        given = {**ask.given["values"], **ask.files}
        values = {name: _field(ask.stage.discord, fields[name], value) for name, value in given.items()}
        return _shown(await ask.person.submit(interaction.modal, values))

    # Gestures without an answer

    async def react(self, ask: Ask) -> Json:
        """Add or remove one's own reaction."""
        emoji = ask.text("emoji")
        mine = ask.member.user.id in ask.message.reactions.get(emoji, [])
        await (ask.person.unreact if mine else ask.person.react)(ask.message, emoji)
        return {}

    async def say(self, ask: Ask) -> Json:
        await ask.person.say(ask.text("content"))
        return {}


def _shown(outcome: Outcome) -> Json:
    """Return what the member's client does next: open a form or the Activity, or nothing."""
    form = outcome.interaction.modal
    launched = outcome.interaction.activity is not None
    return {"answer": outcome.answer.name, "modal": views.modal(form) if form else None, "launched": launched}


def _choice(choice: Choice) -> Json:
    return {"name": choice.name, "value": choice.value}


def _options(person: Person, path: str, given: Mapping[str, Any], files: Mapping[str, Upload]) -> dict[str, Any]:
    """Return a command's options, with people, channels and files in place of their ids."""
    command = slash.find(person.world, person.user, person.channel, path)
    named = {name: _option(person.world, command.option(name), value) for name, value in given.items()}
    return {**named, **files}


def _option(world: World, option: Json, value: Any) -> Any:
    return _object(world, value) if option["type"] in OBJECT_OPTIONS else value


def _field(world: World, field: Field, value: Any) -> Any:
    return _objects(world, value) if field.kind in OBJECT_SELECTS else value


def _objects(world: World, ids: Iterable[str]) -> list[Any]:
    return [_object(world, object_id) for object_id in ids]


def _object(world: World, known_by: str) -> Any:
    """Return the user or channel with that id. Raises KeyError."""
    return world.users.get(int(known_by)) or world.channels[int(known_by)]
