"""Discord's REST interface (/api/v10) and CDN: one module per noun, each with its ENDPOINTS."""

from sandbox.discord.rest import (
    application,
    channels,
    commands,
    interactions,
    messages,
    oauth,
    reactions,
    threads,
    webhooks,
)
from sandbox.discord.rest.service import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *application.ENDPOINTS,
    *oauth.ENDPOINTS,
    *channels.ENDPOINTS,
    *messages.ENDPOINTS,
    *threads.ENDPOINTS,
    *reactions.ENDPOINTS,
    *commands.ENDPOINTS,
    *interactions.ENDPOINTS,
    *webhooks.ENDPOINTS,
)
