"""The bot's requests: their log, injected faults, and rate limits."""
