"""The page below /feed, to swipe, label and review dry runs: its static files and the calls they make."""

from bot.web.feed.app import application
