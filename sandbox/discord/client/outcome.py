"""What came of a member's gesture."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.discord.model import AnswerKind, Attachment, Interaction, Message, Modal
from sandbox.discord.world import World

READING = 20.0  # seconds that a person waits for a deferred answer before giving up


class PersonError(Exception):
    """A person could not do what was asked of them."""


class NotThere(PersonError):
    """There is no such command, option, button, choice or field to be seen here."""


class NotAllowed(PersonError):
    """Discord's client would not let a person send this: disabled, missing, too long, too many."""


class NoAnswer(PersonError):
    """The application did not respond."""

    def __init__(self, interaction: Interaction) -> None:
        self.interaction = interaction
        super().__init__(f"{interaction.kind.name.lower()} {interaction.data} was not acknowledged in time")


@dataclass(frozen=True, slots=True)
class Outcome:
    """An interaction that the bot has acknowledged; what it shows may still be on its way (see `reply`)."""

    world: World
    interaction: Interaction

    @property
    def answer(self) -> AnswerKind:
        if self.interaction.answer is None:
            raise NoAnswer(self.interaction)
        return self.interaction.answer

    @property
    def seconds(self) -> float:
        """From the gesture to the acknowledgement."""
        return self.interaction.seconds or 0.0

    @property
    def messages(self) -> list[Message]:
        """The first answer (or the message that was pressed) and the follow-ups, without deleted ones."""
        return list(self.interaction.messages())

    @property
    def message(self) -> Message:
        """The first answer as it is now, or the first follow-up when that is gone."""
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
        """The instance of the Activity that was launched."""
        if self.interaction.activity is None:
            raise NotThere(f"no activity, the answer was {self.answer.name}")
        return self.interaction.activity

    def text(self) -> str:
        """All that can be read in the answer and its follow-ups."""
        return "\n".join(message.text() for message in self.messages)

    async def reply(self, within: float = READING) -> Message:
        """The answer once it can be read: after a deferral, when the bot has filled, edited or followed it up.

        Raises TimeoutError after `within` seconds.
        """
        await self.world.wait_for(self._readable, within)
        return self.message

    async def until(self, condition: Callable[[Message], bool], within: float = READING) -> Message:
        """The first of the messages for which the condition holds (progress that is edited into an answer)."""
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
