"""Discord's JSON for what exists here. Ids are strings, times ISO 8601, as on the wire."""

from sandbox.discord.payloads.wire import Payloads

__all__ = ["Payloads"]
