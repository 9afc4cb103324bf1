"""The swipe page as a Discord Activity: the same files, shown in Discord's frame, below /activity."""

from bot.web.activity.app import application
