"""Discord's JSON for everything in the model. Ids are strings and times ISO 8601, as on the wire."""

from sandbox.discord.payloads.wire import Payloads
