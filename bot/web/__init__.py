"""Web: the callback Spotify sends browsers to, and a health check. No page echoes the request."""

from bot.web.app import application
from bot.web.hosts import only
from bot.web.monitoring import add_metrics
from bot.web.server import port_of, serve
