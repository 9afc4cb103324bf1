"""A member's Discord client: the commands, buttons and forms it offers, and what it sends."""
