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
    Column("tried", Integer, nullable=False, default=0),  # labels at the last training, successful or not
    Column("learnt_at", Moment),  # when the last training read the songs' features
    Column("training", Boolean, nullable=False, default=False, server_default=false()),  # a training is running
    Column("standing", Boolean),  # songs already in its playlists count as labels; None: not asked yet
    UniqueConstraint("member", "name"),
)

playlist = Table(
    "playlist",
    metadata,
    Column("playlist", Serial, primary_key=True),
    of_member(index=True),
    Column("layer", Serial, ForeignKey("layer.layer", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("ref", Text, nullable=False),  # Spotify's id, or "shelf:…" for a playlist that only we hold
    Column("emoji", Text, nullable=False),
    Column("automatic", Boolean, nullable=False, default=True),
    Column("mistakes", Integer, nullable=False, default=2),  # how many wrong songs in 20 the member accepts
    Column("snapshot", Text),  # Spotify's snapshot_id when `content` was read
    Column("edition", Integer, nullable=False, default=0, server_default="0"),  # of `content` that counts
    Column("doubles", Boolean, nullable=False, default=False),  # the same recording may go in under another id
    Column("missed_at", Moment),  # since when Spotify has reported it missing
    Column("removed_at", Moment),  # when the member let go of it: never written again, but its labels stay
    Column("recorded_from", Moment),  # how far back its history goes; None: not begun
)

content = Table(
    "content",
    metadata,
    of_member(index=True),
    Column("playlist", Serial, ForeignKey("playlist.playlist", ondelete="CASCADE"), primary_key=True),
    Column("edition", Integer, primary_key=True, default=0, server_default="0"),  # only the playlist's counts
    Column("position", Integer, primary_key=True),
    Column("song", Text, index=True),  # None: something that isn't a song (an episode, an empty entry)
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
    Column("at", Moment),  # None: being stored, or being deleted
    Column("edits", Integer, nullable=False),  # how many
)

edit = Table(
    "edit",
    metadata,
    of_member(index=True),
    Column("revision", Serial, ForeignKey("revision.revision", ondelete="CASCADE"), primary_key=True),
    Column("action", OneOf(Action), primary_key=True),
    Column("position", Integer, primary_key=True),  # before the revision (removed), or after it (added)
    Column("song", Text, index=True),  # None: something that isn't a song (an episode, an empty entry)
    Column("isrc", Text),
    Column("naming", Text),
    Column("duration_ms", Integer),
    Column("by", OneOf(By), nullable=False),
    Column("change", Serial),  # the line of our journal that did it; the line may have been deleted since
)

card = Table(
    "card",
    metadata,
    Column("card", Text, primary_key=True),  # random; its buttons carry it
    of_member(index=True),
    Column("layer", Serial, ForeignKey("layer.layer", ondelete="CASCADE"), nullable=False, index=True),
    Column("song", Text, nullable=False, index=True),
    Column("write", Serial, index=True),  # the receipt that asks, if any
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
    Column("digest", Text, nullable=False, index=True),  # SHA-256 of the ONNX file, which is named by it
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
    Column("total", Integer, nullable=False),  # songs considered
    Column("model", Text),  # digest of the model that decided
    Column("problem", Text),
    Column("created_at", Moment, nullable=False),
    Column("applied_at", Moment),  # for /data export; nothing else reads it
    Column("superseded", Integer),  # lines that an old write lost to later ones; None: it's kept whole
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
    Column("position", Integer),  # where a removed song was, or where it goes back to
    Column("state", OneOf(LineState), nullable=False),
    Column("sent_at", Moment),  # when it was last sent to Spotify
    Column("sends", Integer, nullable=False, default=0),  # how often it was sent
    Column("problem", Text),  # why it was refused
    Column("shown_as", Text),  # the id Spotify shows in the playlist, if different
    Column("probability", Float),
    Column("certainty", Text),
)

making = Table(  # playlists requested from Spotify that aren't known to exist yet
    "making",
    metadata,
    of_member(primary_key=True),
    Column("purpose", Text, primary_key=True),  # see flows.sorting.writing.create
    Column("name", Text, nullable=False),
    Column("mark", Text, nullable=False),  # in its description, so that we find it again
    Column("asked_at", Moment),
)
