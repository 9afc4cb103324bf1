"""Answers: an interaction's first answer may arrive at Discord while its receipt gets lost on the way back.

discord.py sends it again after a 5xx, is refused ("already acknowledged"), and takes that for a failure: the member
would wait in front of "thinking" for good.
"""

from typing import Any

from aiohttp import ClientError
from discord import HTTPException
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from bot.chat.guard import ANSWERED


class Adapter(AsyncWebhookAdapter):
    """Takes an answer that's refused as the second one for given: each interaction is handled once (`flows.once`)."""

    async def create_interaction_response(self, interaction_id: int, token: str, **sent: Any) -> Any:
        try:
            return await self._send(interaction_id, token, **sent)
        except HTTPException as refused:
            if refused.code != ANSWERED:
                raise
        return {"interaction": {"id": str(interaction_id)}}

    async def _send(self, interaction_id: int, token: str, **sent: Any) -> Any:
        """Send an answer, and once more if the connection broke, which discord.py doesn't do on every system."""
        try:
            return await super().create_interaction_response(interaction_id, token, **sent)
        except (ClientError, OSError):
            for file in sent["params"].files or ():
                file.reset()
        return await super().create_interaction_response(interaction_id, token, **sent)


def install() -> None:
    """Have every interaction answered this way in this task, and in those it begins."""
    async_context.set(Adapter())  # type: ignore[no-untyped-call]
