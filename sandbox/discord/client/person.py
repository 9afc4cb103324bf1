"""A person on Discord: types commands, presses buttons, fills in forms, reacts, reads.

Drives the world as a member's client would, and allows only what the client would allow. Gestures return once the bot
has acknowledged them, and raise NoAnswer if it doesn't do so in time.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.discord.client import forms, menus, slash
from sandbox.discord.client.outcome import NoAnswer, NotAllowed, NotThere, Outcome
from sandbox.discord.client.resolved import Resolved
from sandbox.discord.client.slash import Choice, Slash
from sandbox.discord.components import Button, ComponentKind, Select
from sandbox.discord.model import Channel, Interaction, InteractionKind, Json, Message, Modal, User
from sandbox.discord.world import World

REACTION_TIME = 0.03  # seconds; by then the bot has the response to its last request


class Person:
    """One member in one channel; by default, the first channel of their first guild."""

    def __init__(
        self, world: World, user: User, channel: Channel | None = None, *, reaction_time: float = REACTION_TIME
    ) -> None:
        self.world = world
        self.user = user
        self.channel = channel or self._first_channel()
        self.reaction_time = reaction_time

    def at(self, channel: Channel) -> "Person":
        """The same person in another channel."""
        return Person(self.world, self.user, channel, reaction_time=self.reaction_time)

    def in_dm(self) -> "Person":
        return self.at(self.world.dm(self.user))

    # Reading

    def visible(self, channel: Channel | None = None) -> list[Message]:
        """Return the messages that this member can see there, oldest first."""
        place = channel or self.channel
        return [message for message in place.messages.values() if message.visible(self.user)]

    def commands(self) -> list[Slash]:
        """Return the commands that the client offers here; subcommands look like "playlists add"."""
        return slash.offered(self.world, self.user, self.channel)

    def menu(self) -> list[str]:
        """Return the commands in the "Apps" menu of messages here."""
        return menus.on_messages(self.world, self.user, self.channel)

    # Gestures that the bot answers

    async def command(
        self, path: str, *, channel: Channel | None = None, options: Mapping[str, Any] | None = None, **named: Any
    ) -> Outcome:
        """Send a slash command: `await anna.command("playlists add", name="Late night")`.

        Give options by name, or as a mapping (for an option called "channel"). Strings match the names of choices if
        there are any; attachments are `Upload`s or paths; users and channels are their objects.
        """
        place = channel or self.channel
        command = slash.find(self.world, self.user, place, path)
        data = slash.invocation(command, Resolved(self.world, place), {**(options or {}), **named})
        return await self._gesture(InteractionKind.COMMAND, place, data)

    async def use(self, name: str, message: Message) -> Outcome:
        """Choose a command from a message's menu: `await anna.use("More like this", message)`."""
        await self._reach(message)
        data = menus.invocation(self.world, self.user, message, name)
        return await self._gesture(InteractionKind.COMMAND, message.channel, data)

    async def complete(
        self,
        path: str,
        *,
        option: str,
        typed: str = "",
        channel: Channel | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> list[Choice]:
        """Return what the bot suggests while `option` is being typed and `options` are already filled in."""
        place = channel or self.channel
        command = slash.find(self.world, self.user, place, path)
        data = slash.completion(command, Resolved(self.world, place), option, typed, options or {})
        outcome = await self._gesture(InteractionKind.AUTOCOMPLETE, place, data)
        return [Choice(choice["name"], choice["value"]) for choice in outcome.interaction.choices]

    async def click(self, message: Message, label_or_custom_id: str) -> Outcome:
        button = find_button(message, label_or_custom_id)
        if button.custom_id is None:
            raise NotAllowed(f"{button.label} is a link to {button.url}")
        if button.disabled:
            raise NotAllowed(f"{button.label} is disabled")
        pressed = {
            "id": button.component_id,
            "component_type": int(ComponentKind.BUTTON),
            "custom_id": button.custom_id,
        }
        return await self._press(message, pressed)

    async def select(
        self, message: Message, custom_id_or_placeholder: str, values: str | User | Channel | Iterable[Any]
    ) -> Outcome:
        """Choose in a select, by labels or values of its options, or users or channels."""
        menu = find_select(message, custom_id_or_placeholder)
        if menu.disabled:
            raise NotAllowed(f"{custom_id_or_placeholder} is disabled")
        return await self._press(message, forms.selection(self.world, message.channel, menu, values))

    async def submit(self, modal: Modal | Outcome, values: Mapping[str, Any] | None = None, **fields: Any) -> Outcome:
        """Submit a modal with the given fields, by custom id or label; the others stay as they opened."""
        form = modal.modal if isinstance(modal, Outcome) else modal
        opener = form.interaction
        data = forms.submission(self.world, opener.channel, form, {**(values or {}), **fields})
        return await self._gesture(InteractionKind.MODAL, opener.channel, data, message=opener.message, trigger=opener)

    # Gestures without an answer

    async def react(self, message: Message, emoji: str) -> None:
        await self._reach(message)
        if message.visible_to is not None:
            raise NotAllowed("nobody can react to an ephemeral message")
        self.world.react(message, self.user, emoji)

    async def unreact(self, message: Message, emoji: str) -> None:
        await self._reach(message)
        self.world.unreact(message, self.user, emoji)

    async def say(self, content: str, *, channel: Channel | None = None) -> Message:
        await asyncio.sleep(self.reaction_time)
        return self.world.post(channel or self.channel, self.user, {"content": content})

    # Internals

    def _first_channel(self) -> Channel:
        for guild in self.world.guilds.values():
            if self.user.id in guild.members and guild.channels:
                return next(iter(guild.channels.values()))
        return self.world.dm(self.user)

    async def _reach(self, message: Message) -> None:
        await asyncio.sleep(self.reaction_time)
        if not message.visible(self.user):
            raise NotThere(f"{self.user.name} cannot see message {message.id}")

    async def _press(self, message: Message, data: Json) -> Outcome:
        await self._reach(message)
        return await self._gesture(InteractionKind.COMPONENT, message.channel, data, message=message)

    async def _gesture(
        self,
        kind: InteractionKind,
        channel: Channel,
        data: Json,
        *,
        message: Message | None = None,
        trigger: Interaction | None = None,
    ) -> Outcome:
        await asyncio.sleep(self.reaction_time)
        interaction = self.world.begin(kind, self.user, channel, data, message=message, trigger=trigger)
        await self._answered(interaction)
        return Outcome(self.world, interaction)

    async def _answered(self, interaction: Interaction) -> None:
        patience = self.world.rules.answer_within.total_seconds()
        try:
            await self.world.wait_for(lambda: interaction.acknowledged or interaction.refused, patience)
        except TimeoutError:
            raise NoAnswer(interaction) from None
        if interaction.refused:
            raise NoAnswer(interaction)


def find_button(message: Message, label_or_custom_id: str) -> Button:
    """Return the button with that label or custom id. Raises NotThere, with the buttons and text there are."""
    buttons = message.buttons()
    named: list[Button] = [
        button for button in buttons if label_or_custom_id in (button.label, button.custom_id, button.emoji)
    ]
    if not named:
        labels = [button.label or button.emoji for button in buttons]
        raise NotThere(f"no button {label_or_custom_id!r} among {labels} below {message.text()!r}")
    return named[0]


def find_select(message: Message, custom_id_or_placeholder: str) -> Select:
    """Return the select with that placeholder or custom id. Raises NotThere, listing the ones there are."""
    menus = message.selects()
    named: list[Select] = [menu for menu in menus if custom_id_or_placeholder in (menu.placeholder, menu.custom_id)]
    if not named:
        raise NotThere(f"no select {custom_id_or_placeholder!r} among {[menu.placeholder for menu in menus]}")
    return named[0]
