"""The catalogue: songs that may be recommended, their points in the space, and dislikes."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table

from bot.adapters.store.schema.base import Moment, OneOf, Serial, Text, metadata, of_member
from bot.core.social.records import Reaction, Saving

space = Table(  # where the catalogue's songs lie (core.feed.space); the newest holds
    "space",
    metadata,
    Column("space", Serial, primary_key=True),
    Column("definition", LargeBinary, nullable=False),
    Column("songs", Integer, nullable=False),  # in the catalogue with something known of them when it was fitted
)

entry = Table(  # the catalogue: songs that a member who joined likes, and the operator's files; never whose they are
    "entry",
    metadata,
    Column("song", Text, primary_key=True),  # a song, or "local:…" for a file that is none of those
    Column("key", Text, nullable=False, index=True),  # what a button carries
    Column("path", Text, index=True),  # of the file, for "local:…"
    Column("artist", BigInteger, nullable=False),  # the first one's `artist_key`; 0: unknown
    Column("space", Serial, nullable=False),  # in which it has its point
    Column("point", LargeBinary),  # (k,) float32, little-endian; None: nothing is known to go by
    Column("at", Moment, nullable=False),  # when that was known
)

dislike = Table(  # "Not for me", until it is undone
    "dislike",
    metadata,
    of_member(primary_key=True),
    Column("song", Text, primary_key=True),
    Column("key", Text, nullable=False),  # as of an entry: it can be undone when that is gone
    Column("at", Moment, nullable=False),
)

shown = Table(  # what the feed showed a member, and what they said of it
    "shown",
    metadata,
    of_member(primary_key=True),
    Column("song", Text, primary_key=True, index=True),
    Column("key", Text, nullable=False),  # as of an entry
    Column("at", Moment, nullable=False),  # the last time
    Column("said", OneOf(Reaction)),  # None: nothing, or taken back
    Column("said_at", Moment),
    Column("saving", OneOf(Saving)),
)
