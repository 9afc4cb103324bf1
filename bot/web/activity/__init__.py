"""The swipe page as a Discord Activity: the same files in a frame of Discord's, below /activity."""

from bot.web.activity.app import application

__all__ = ["application"]
