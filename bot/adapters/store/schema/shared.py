"""Shared playlists: their songs, who added each, and votes to keep or drop it."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, Table

from bot.adapters.store.schema.base import Moment, OneOf, Serial, Text, by_member, metadata, of_member
from bot.core.social.shared_playlists import SongState

shared = Table(
    "shared",
    metadata,
    Column("shared", Serial, primary_key=True),
    by_member("host"),  # the member whose account it's written to; None: nobody hosts it
    Column("server", BigInteger, index=True),  # whose members keep it; None: a group does (`partner`)
    Column("name", Text, nullable=False),
    Column("ref", Text),  # Spotify's id in the host's account, or "shelf:…"; None: not made yet
    Column("making", Boolean, nullable=False, default=False),  # its host agreed, and it's being made
    Column("snapshot", Text),
    Column("missed_at", Moment),  # as in `playlist`
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
)


def _of_shared() -> Column[int]:
    return Column("shared", Serial, ForeignKey("shared.shared", ondelete="CASCADE"), primary_key=True)


partner = Table(  # the members of a group that keeps a playlist outside any server
    "partner",
    metadata,
    _of_shared(),
    of_member(primary_key=True, index=True),
    Column("at", Moment, nullable=False),
)

contribution = Table(  # songs that members added; those voted out stay on record
    "contribution",
    metadata,
    _of_shared(),
    Column("song", Text, primary_key=True, index=True),
    by_member("brought_by"),
    Column("at", Moment, nullable=False),
    Column("dropped_at", Moment),
    Column("state", OneOf(SongState), nullable=False, default=SongState.WANTED),  # in the host's playlist
    Column("sent_at", Moment),  # as in `change`
    Column("sends", Integer, nullable=False, default=0),
    Column("problem", Text),
    Column("shown_as", Text),
)

vote = Table(
    "vote",
    metadata,
    _of_shared(),
    Column("song", Text, primary_key=True),
    of_member(primary_key=True, index=True),
    Column("keep", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
)

removal = Table(  # who was removed from a group, and who removed them; everyone in it can see that
    "removal",
    metadata,
    _of_shared(),
    of_member(primary_key=True, index=True),
    by_member("by"),
    Column("at", Moment, nullable=False),
)
