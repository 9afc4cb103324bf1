"""Load: members use the bot at an offered rate, in one process and in several. `python -m benchmarks.load`.

The stand-ins for Discord and Spotify run in this process; the bot's processes, and PostgreSQL where it's used, are
beside them on the same machine. Each way to run the bot gets the same members, who do the same in the same order.
Whatever was acknowledged is looked for afterwards; if anything is lost, the run fails and says what.
"""
