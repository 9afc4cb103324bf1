"""What members show each other, and where the feed may appear in a server. A server's counts hold no names."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, Table, false

from bot.adapters.store.schema.base import Moment, Serial, Text, metadata, of_member

place = Table(  # a channel whose moderators gave it a purpose; nothing is posted anywhere else
    "place",
    metadata,
    Column("channel", BigInteger, primary_key=True, autoincrement=False),
    Column("purpose", Text, primary_key=True),  # "feed", "reposts", "rounds", "digest" or "reports"
    Column("server", BigInteger, nullable=False, index=True),
    Column("due_at", Moment),  # when its next digest is due
    Index("ix_place_due", "purpose", "due_at"),
)

counted = Table(  # what happened in a server, for its digest: how often, never who
    "counted",
    metadata,
    Column("server", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Text, primary_key=True),  # UTC, ISO 8601
    Column("what", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)

repost = Table(
    "repost",
    metadata,
    Column("repost", Serial, primary_key=True),
    of_member(index=True),
    Column("server", BigInteger, nullable=False),
    Column("channel", BigInteger, nullable=False),
    Column("message", BigInteger, index=True),  # None while it's being posted
    Column("song", Text, nullable=False, index=True),
    Column("key", Text, nullable=False),  # its entry's
    Column("at", Moment, nullable=False),
)

report = Table(
    "report",
    metadata,
    Column("report", Serial, primary_key=True),
    of_member(index=True),
    Column("server", BigInteger),
    Column("channel", BigInteger),
    Column("message", BigInteger),
    Column("song", Text, nullable=False),
    Column("key", Text, nullable=False),  # its entry's
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)

barred = Table(  # songs that a server's moderators don't want posted there
    "barred",
    metadata,
    Column("server", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),  # its entry's
)

takedown = Table(  # messages of ours to delete; nothing says whose they were
    "takedown",
    metadata,
    Column("message", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False, default=0),  # refused by Discord
    Column("due_at", Moment),  # when to try again; None: at once
)

posted = Table(  # messages of ours that name a member, with their consent; deleted once they hide or erase
    "posted",
    metadata,
    Column("message", BigInteger, primary_key=True, autoincrement=False),
    of_member(primary_key=True, index=True),
    Column("channel", BigInteger, nullable=False),
)

profile = Table(  # what a member chose to show others; without a row, nothing
    "profile",
    metadata,
    of_member(primary_key=True, autoincrement=False),
    Column("playlists", JSON, nullable=False, default=list),  # numbers of those they show
    Column("map", Boolean, nullable=False, default=False, server_default=false()),
    Column("reposts", Boolean, nullable=False, default=False, server_default=false()),
    Column("at", Moment, nullable=False),
)

follow = Table(
    "follow",
    metadata,
    of_member(primary_key=True),
    of_member("followed", primary_key=True, index=True),
    Column("at", Moment, nullable=False),
)

agreement = Table(  # `member` asked `other` to compare their tastes; declined: `member` may not ask again for a while
    "agreement",
    metadata,
    Column("agreement", Serial, primary_key=True),
    of_member(index=True),
    of_member("other", index=True),
    Column("asked_at", Moment, nullable=False),
    Column("agreed_at", Moment),
    Column("declined_at", Moment),
)
