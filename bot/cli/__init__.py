"""The command line: what an operator runs by hand, beside the bot."""
