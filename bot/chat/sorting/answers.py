"""Answers: what follows from one."""

from bot.chat.gateway.bot import Context
from bot.core.jobs import JobKind
from bot.flows.sorting.labelling.label import Pressed


async def follow(context: Context, pressed: Pressed) -> None:
    """Have done what an answer leads to: a training, a write."""
    if pressed.train:
        context.bot.pending.wait(context.interaction, "train", context.now, about=pressed.layer, apart=True)
        await context.services.jobs.enqueue(JobKind.TRAIN, context.member, pressed.layer)
    if pressed.write is not None:
        await context.services.jobs.enqueue(JobKind.APPLY, context.member, pressed.write)
