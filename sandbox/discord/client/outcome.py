"""Outcome: the result of a member's gesture."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.discord.model import AnswerKind, Attachment, Interaction, Message, Modal
from sandbox.discord.world import World

READING = 20.0  # seconds that a person waits for a deferred answer


class PersonError(Exception):
    """A person couldn't do what they were told to do."""


class NotThere(PersonError):
    """There's no such command, option, button, choice or field here."""


class NotAllowed(PersonError):
    """Discord's client wouldn't let a person send this: disabled, missing, too long, too many."""


class NoAnswer(PersonError):
    """The application didn't respond."""

    def __init__(self, interaction: Interaction) -> None:
        self.interaction = interaction
        super().__init__(f"{interaction.kind.name.lower()} {interaction.data} was not acknowledged in time")


@dataclass(frozen=True, slots=True)
class Outcome:
    """An interaction that the bot has acknowledged; its answer may still be on its way (see `reply`)."""

    world: World
    interaction: Interaction

    @property
    def answer(self) -> AnswerKind:
        if self.interaction.answer is None:
            raise NoAnswer(self.interaction)
        return self.interaction.answer

    @property
    def seconds(self) -> float:
        """Seconds from the gesture to the acknowledgement."""
        return self.interaction.seconds or 0.0

    @property
    def messages(self) -> list[Message]:
        """Return the first answer (or the message that was pressed) and the follow-ups, without deleted ones."""
        return list(self.interaction.messages())

    @property
    def message(self) -> Message:
        """Return the first answer as it is now, or the first follow-up if the answer is gone."""
        if not self.messages:
            raise NotThere(f"no message, the answer was {self.answer.name}")
        return self.messages[0]

    @property
    def modal(self) -> Modal:
        if self.interaction.modal is None:
            raise NotThere(f"no modal, the answer was {self.answer.name}")
        return self.interaction.modal

    @property
    def files(self) -> list[Attachment]:
        return [attachment for message in self.messages for attachment in message.files()]

    @property
    def activity(self) -> str:
        """Return the instance of the Activity that was launched."""
        if self.interaction.activity is None:
            raise NotThere(f"no activity, the answer was {self.answer.name}")
        return self.interaction.activity

    def text(self) -> str:
        """Return all text in the answer and its follow-ups."""
        return "\n".join(message.text() for message in self.messages)

    async def reply(self, within: float = READING) -> Message:
        """Return the answer once it's there: if deferred, when the bot has filled it in, edited it or followed up.

        Raises TimeoutError after `within` seconds.
        """
        await self.world.wait_for(self._readable, within)
        return self.message

    async def until(self, condition: Callable[[Message], bool], within: float = READING) -> Message:
        """Wait for a message that meets the condition (such as progress that is edited into an answer)."""
        return await self.world.wait_for(lambda: next(filter(condition, self.messages), None), within)

    def _readable(self) -> bool:
        original = self.interaction.original
        match self.answer:
            case AnswerKind.DEFERRED:
                return bool(self.messages) and not self.message.loading
            case AnswerKind.DEFERRED_UPDATE:
                edited = original is not None and original.revision > self.interaction.original_revision
                return edited or bool(self.interaction.followups)
            case _:
                return True
