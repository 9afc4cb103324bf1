"""A member's layers and playlists, their answers, models, and every write with its receipt."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    false,
)

from bot.adapters.store.schema.base import Moment, OneOf, Serial, Text, metadata, of_member
from bot.core.sorting.history import By
from bot.core.sorting.writing.writes import Action, LineState, WriteKind, WriteState

layer = Table(
    "layer",
    metadata,
    Column("layer", Serial, primary_key=True),
    of_member(),
    Column("name", Text, nullable=False),
    Column("several", Boolean, nullable=False, default=False),
    Column("everything", Boolean, nullable=False, default=False),
    Column("tried", Integer, nullable=False, default=0),  # labels at the last training, whatever came of it
    Column("learnt_at", Moment),  # when the last training read what is known of songs
    Column("training", Boolean, nullable=False, default=False, server_default=false()),  # one is under way
    Column("standing", Boolean),  # whether songs that stand in its playlists count as labels; None: not asked yet
    UniqueConstraint("member", "name"),
)

playlist = Table(
    "playlist",
    metadata,
    Column("playlist", Serial, primary_key=True),
    of_member(index=True),
    Column("layer", Serial, ForeignKey("layer.layer", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("ref", Text, nullable=False),  # Spotify's id, or "shelf:…" for a member with a file
    Column("emoji", Text, nullable=False),
    Column("automatic", Boolean, nullable=False, default=True),
    Column("mistakes", Integer, nullable=False, default=2),  # bearable mistakes in 20
    Column("snapshot", Text),  # Spotify's snapshot_id when `content` was read
    Column("edition", Integer, nullable=False, default=0, server_default="0"),  # of `content` that holds
    Column("doubles", Boolean, nullable=False, default=False),  # the same recording may go in under another id
    Column("missed_at", Moment),  # since when Spotify has said that it is not there; None: it is
    Column("removed_at", Moment),  # no longer kept: never written again, its labels stay
    Column("recorded_from", Moment),  # how far back its history goes; None: nothing is recorded yet
)

content = Table(
    "content",
    metadata,
    of_member(index=True),
    Column("playlist", Serial, ForeignKey("playlist.playlist", ondelete="CASCADE"), primary_key=True),
    Column("edition", Integer, primary_key=True, default=0, server_default="0"),  # the playlist's holds, others don't
    Column("position", Integer, primary_key=True),
    Column("song", Text, index=True),  # None: a place with nothing in it that is a song
    Column("added_at", Moment),
    Column("isrc", Text),
    Column("naming", Text),  # core.sorting.recording.naming
    Column("duration_ms", Integer),
    Column("playable", Boolean, nullable=False, default=True),
)

revision = Table(  # a change that was found when a playlist was read
    "revision",
    metadata,
    Column("revision", Serial, primary_key=True),
    of_member(index=True),
    Column("playlist", Serial, ForeignKey("playlist.playlist", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Moment),  # None: being stored, or being forgotten
    Column("edits", Integer, nullable=False),  # how many it has
)

edit = Table(
    "edit",
    metadata,
    of_member(index=True),
    Column("revision", Serial, ForeignKey("revision.revision", ondelete="CASCADE"), primary_key=True),
    Column("action", OneOf(Action), primary_key=True),
    Column("position", Integer, primary_key=True),  # before the revision (removed), or after it (added)
    Column("song", Text, index=True),  # None: a place with nothing in it that is a song
    Column("isrc", Text),
    Column("naming", Text),
    Column("duration_ms", Integer),
    Column("by", OneOf(By), nullable=False),
    Column("change", Serial),  # the line of our journal that did it; the line may have been deleted since
)

card = Table(
    "card",
    metadata,
    Column("card", Text, primary_key=True),  # random: what a button carries
    of_member(index=True),
    Column("layer", Serial, ForeignKey("layer.layer", ondelete="CASCADE"), nullable=False, index=True),
    Column("song", Text, nullable=False, index=True),
    Column("write", Serial, index=True),  # the receipt that this card asks about, if any
    Column("created_at", Moment, nullable=False),
)

prompt = Table(
    "prompt",
    metadata,
    Column("message", BigInteger, primary_key=True, autoincrement=False),
    of_member(index=True),
    Column("channel", BigInteger, nullable=False),
    Column("layer", Serial, ForeignKey("layer.layer", ondelete="CASCADE"), nullable=False, index=True),
    Column("song", Text, nullable=False, index=True),
    Column("shown", JSON, nullable=False, default=list, server_default="[]"),  # [emoji, playlist] as the message says
    Column("created_at", Moment, nullable=False),
)

answer = Table(
    "answer",
    metadata,
    Column("answer", Serial, primary_key=True),
    of_member(),
    Column("layer", Serial, ForeignKey("layer.layer", ondelete="CASCADE"), nullable=False, index=True),
    Column("song", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),  # core.sorting.labels.Kind
    Column("playlists", JSON, nullable=False),
    Column("source", Text, nullable=False),  # core.sorting.labels.Source
    Column("event", BigInteger, nullable=False),
    Column("undone_at", Moment),
    UniqueConstraint("member", "layer", "song", "event"),
)

model = Table(
    "model",
    metadata,
    Column("model", Serial, primary_key=True),
    of_member(index=True),
    Column("layer", Serial, ForeignKey("layer.layer", ondelete="CASCADE"), nullable=False, index=True),
    Column("digest", Text, nullable=False, index=True),  # sha256 of the ONNX file, and its name
    Column("labels", Integer, nullable=False),
    Column("card", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("serving", Boolean, nullable=False),
)

write = Table(
    "write",
    metadata,
    Column("write", Serial, primary_key=True),
    of_member(),
    Column("layer", Serial, ForeignKey("layer.layer", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", OneOf(WriteKind), nullable=False),
    Column("state", OneOf(WriteState), nullable=False),
    Column("undoes", Serial, ForeignKey("write.write", ondelete="CASCADE"), index=True),
    Column("total", Integer, nullable=False),  # songs looked at
    Column("model", Text),  # digest of the model that decided
    Column("problem", Text),
    Column("created_at", Moment, nullable=False),
    Column("applied_at", Moment),
    Column("superseded", Integer),  # carried-out lines deleted because of later ones; None: the write is kept whole
    Index("ix_write_superseded", "superseded", "state", "member"),
    Index("ix_write_member", "member", "state"),
    Index("ix_write_state", "state"),
)

change = Table(
    "change",
    metadata,
    Column("change", Serial, primary_key=True),
    of_member(index=True),
    Column("write", Serial, ForeignKey("write.write", ondelete="CASCADE"), nullable=False, index=True),
    Column("playlist", Serial, ForeignKey("playlist.playlist", ondelete="CASCADE"), nullable=False, index=True),
    Column("song", Text, nullable=False, index=True),
    Column("action", OneOf(Action), nullable=False),
    Column("position", Integer),  # where a song taken out stood, or is to be put back
    Column("state", OneOf(LineState), nullable=False),
    Column("sent_at", Moment),  # when it was last sent to Spotify
    Column("sends", Integer, nullable=False, default=0),  # how often it was sent
    Column("problem", Text),  # why it was refused
    Column("shown_as", Text),  # the id under which Spotify shows it in the playlist, where that is another
    Column("probability", Float),
    Column("certainty", Text),
)

making = Table(  # playlists that were asked for at Spotify, and are not known to be there yet
    "making",
    metadata,
    of_member(primary_key=True),
    Column("purpose", Text, primary_key=True),  # what for: flows.sorting.writing.create
    Column("name", Text, nullable=False),
    Column("mark", Text, nullable=False),  # stands in its description, by which it is found again
    Column("asked_at", Moment),
)
