"""The catalogue: songs that may be recommended, their points in the space, and dislikes."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table

from bot.adapters.store.schema.base import Moment, OneOf, Serial, Text, metadata, of_member
from bot.core.social.records import Reaction, Saving

space = Table(  # the vectors in which the catalogue's songs have their points (core.feed.space); the newest counts
    "space",
    metadata,
    Column("space", Serial, primary_key=True),
    Column("definition", LargeBinary, nullable=False),
    Column("songs", Integer, nullable=False),  # how many had known features when it was fitted
)

entry = Table(  # the catalogue: liked songs of members who joined, and the operator's files; never whose they are
    "entry",
    metadata,
    Column("song", Text, primary_key=True),  # a song, or "local:…" for a file that matches none
    Column("key", Text, nullable=False, index=True),  # what a button carries
    Column("path", Text, index=True),  # of the file, for "local:…"
    Column("artist", BigInteger, nullable=False),  # `artist_key` of the first artist; 0: unknown
    Column("space", Serial, nullable=False),  # that its point is in
    Column("point", LargeBinary),  # (k,) float32, little-endian; None: no known features
    Column("at", Moment, nullable=False),  # when the point was stored
)

dislike = Table(  # "Not for me", until it's undone
    "dislike",
    metadata,
    of_member(primary_key=True),
    Column("song", Text, primary_key=True),
    Column("key", Text, nullable=False),  # its entry's: undoing works even if the entry is gone
    Column("at", Moment, nullable=False),
)

shown = Table(  # what the feed showed a member, and how they reacted
    "shown",
    metadata,
    of_member(primary_key=True),
    Column("song", Text, primary_key=True, index=True),
    Column("key", Text, nullable=False),  # its entry's
    Column("at", Moment, nullable=False),  # the last time
    Column("said", OneOf(Reaction)),  # None: no reaction, or taken back
    Column("said_at", Moment),
    Column("saving", OneOf(Saving)),
)
