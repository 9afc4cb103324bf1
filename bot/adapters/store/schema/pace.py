"""Pace: requests made to each service and when it may be asked again; repeated failures; interactions handled."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, Table

from bot.adapters.store.schema.base import Moment, Text, metadata

cooldown = Table(
    "cooldown",
    metadata,
    Column("client_id", Text, primary_key=True),  # of a Spotify app, or "source:…"
    Column("until", Moment, nullable=False),
    Column("reason", Text, nullable=False),
)

spent = Table(
    "spent",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("day", Text, primary_key=True),  # UTC, ISO 8601
    Column("calls", Integer, nullable=False),
)

turn = Table(  # requests take turns, from all processes together
    "turn",
    metadata,
    Column("client_id", Text, primary_key=True),  # of a Spotify app, or "source:…"
    Column("free_at", Moment, nullable=False),  # core.library.pace: when the next request would be due
)

app = Table(  # a Spotify app's budget for polls
    "app",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("free_at", Moment, nullable=False),  # core.library.polling: when its next poll would be due
    Column("stretch", Float, nullable=False),  # factor on its members' pauses
)

setback = Table(  # work that failed or has to wait; deleted once the work succeeds
    "setback",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("subject", BigInteger, primary_key=True, autoincrement=False),  # a member, a notice, a message, …, by kind
    Column("member", BigInteger),  # its owner, if any
    Column("tries", Integer, nullable=False),  # failures in a row
    Column("due", Moment, nullable=False),  # not tried again before
    Column("reference", Text, nullable=False),  # in the log line about the last failure
    Column("told", Boolean, nullable=False),  # the member knows that it was set aside
)

interaction = Table(  # one that was handled: if Discord delivers it again, nothing happens
    "interaction",
    metadata,
    Column("interaction", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False, index=True),
)
