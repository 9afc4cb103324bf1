"""The HTTP API: songs and recommendations for a member's own programs. `openapi.json` describes it."""

from bot.web.api.app import application
