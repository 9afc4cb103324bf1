"""The HTTP API: a member's own programs ask for their songs and recommendations. `openapi.json` describes it."""

from bot.web.api.app import application

__all__ = ["application"]
