"""The feed's swipe page, below /feed: its static files and the calls they make."""

from bot.web.feed.app import application

__all__ = ["application"]
