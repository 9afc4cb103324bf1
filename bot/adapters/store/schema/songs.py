"""Songs, who likes them, and what's known about them."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, Table

from bot.adapters.store.schema.base import Moment, OneOf, Text, metadata, of_member
from bot.core.library.lookups import LookupState


def _described() -> tuple[Column[Any], ...]:
    """What a song is called and where it is: the fields of `core.records.Song`, its id left out."""
    return (
        Column("title", Text, nullable=False),
        Column("artists", JSON, nullable=False),  # list of names
        Column("album", Text),
        Column("year", Integer),
        Column("duration_ms", Integer),
        Column("isrc", Text),
        Column("url", Text),  # link back to Spotify
        Column("cover", Text),  # address at Spotify; never copied or changed
    )


song = Table(  # what everybody sees: from Spotify or the operator, never from a member's file
    "song",
    metadata,
    Column("song", Text, primary_key=True),
    *_described(),
    Column("cached_at", Moment, nullable=False),
    Column("origin", Integer, nullable=False, default=0, server_default="0"),  # core.library.merge.Origin
    Index("ix_song_isrc", "isrc"),
)

own_song = Table(  # what a member's files say of a song, where `song` lacks it; that member alone sees it
    "own_song",
    metadata,
    of_member(primary_key=True),
    Column("song", Text, primary_key=True),
    *_described(),
    Index("ix_own_song_song", "song"),
)

liked = Table(
    "liked",
    metadata,
    of_member(primary_key=True),
    Column("song", Text, primary_key=True),
    Column("added_at", Moment),
    Column("fresh", Boolean, nullable=False, default=False),  # liked since new likes were last sorted
    Index("ix_liked_song", "song"),
)

other_playlist = Table(  # one that the bot doesn't keep, if its member lets the bot learn from it
    "other_playlist",
    metadata,
    of_member(primary_key=True),
    Column("ref", Text, primary_key=True),  # Spotify's id
    Column("snapshot", Text),  # Spotify's snapshot_id when it was read; None: it wasn't listed at the last look
    Column("songs", JSON, nullable=False),  # the keys of each song's artists, by song
)

feature = Table(
    "feature",
    metadata,
    Column("owner", BigInteger, primary_key=True, autoincrement=False),  # a member, or OPERATOR
    Column("song", Text, primary_key=True),  # a song, or "isrc:…"
    Column("source", Text, primary_key=True),
    Column("numbers", JSON, nullable=False),
    Column("sets", JSON, nullable=False),
    Column("at", Moment, nullable=False),
    Column("vectors", LargeBinary),  # core.vectors
)

news = Table(  # when the features that count for somebody last changed; what's cached from before is stale
    "news",
    metadata,
    Column("owner", BigInteger, primary_key=True, autoincrement=False),  # a member, or OPERATOR for everybody
    Column("at", Moment, nullable=False),
)

lookup = Table(  # what a source answered about a song; it's asked once, however many like the song
    "lookup",
    metadata,
    Column("owner", BigInteger, primary_key=True, autoincrement=False, default=0),  # OPERATOR, or an own song's member
    Column("song", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("state", OneOf(LookupState), nullable=False),
    Column("tries", Integer, nullable=False),  # failures in a row
    Column("asked_at", Moment, nullable=False),
    Column("due", Moment),  # when to ask again, if ever
    Column("ids", JSON, nullable=False),  # by kind: MusicBrainz's "recording" and "artist"; the "video" that plays it
)

recording = Table(  # files in the operator's music folder, and how they sound
    "recording",
    metadata,
    Column("path", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),  # bytes
    Column("mtime_ns", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("title", Text),
    Column("artists", JSON, nullable=False),
    Column("album", Text),
    Column("year", Integer),
    Column("duration", Float),  # seconds
    Column("isrc", Text),
    Column("mbid", Text),
    Column("version", Text),  # of the feature set
    Column("numbers", JSON, nullable=False),
    Column("vectors", LargeBinary),  # core.vectors
    Column("error", Text),  # why it couldn't be analysed
    Column("at", Moment, nullable=False),
)

match = Table(  # which of those files holds a song
    "match",
    metadata,
    Column("song", Text, primary_key=True),
    Column("path", Text, index=True),  # None: the operator says that none does
    Column("score", Float, nullable=False),
    Column("way", Text, nullable=False),  # "isrc", "mbid", "names", or "operator" for a correction
    Column("at", Moment, nullable=False),
)
