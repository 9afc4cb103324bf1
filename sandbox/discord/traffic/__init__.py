"""The bot's requests: a log of them, the faults they meet, and the rate limits they run into."""
