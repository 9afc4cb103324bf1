"""Web: the callback that members' browsers come back to, and a health check. No page repeats what was asked for."""

from bot.web.app import application
from bot.web.hosts import only
from bot.web.server import port_of, serve

__all__ = ["application", "only", "port_of", "serve"]
