"""The swipe page of the feed: static files that show it, and what they ask for, below /feed."""

from bot.web.feed.app import application

__all__ = ["application"]
