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

turn = Table(  # of requests, from all processes together
    "turn",
    metadata,
    Column("client_id", Text, primary_key=True),  # of a Spotify app, or "source:…"
    Column("free_at", Moment, nullable=False),  # core.library.pace: when the next request would be due
)

app = Table(  # a Spotify app's budget of polls
    "app",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("free_at", Moment, nullable=False),  # core.library.polling: when its next poll would be due
    Column("stretch", Float, nullable=False),  # of its members' pauses
)

setback = Table(  # work that failed, or has to wait; it goes when the work succeeds
    "setback",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("subject", BigInteger, primary_key=True, autoincrement=False),  # a member, a notice, a message, …, by kind
    Column("member", BigInteger),  # whose it is, if anybody's
    Column("tries", Integer, nullable=False),  # that failed in a row
    Column("due", Moment, nullable=False),  # not to be tried before
    Column("reference", Text, nullable=False),  # of the log's line about the last failure
    Column("told", Boolean, nullable=False),  # whether the member heard that it was set aside
)

interaction = Table(  # that was taken up: delivered again, it is not acted on again
    "interaction",
    metadata,
    Column("interaction", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False, index=True),
)
