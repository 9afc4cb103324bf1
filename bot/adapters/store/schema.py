"""The tables. Every table with something of a member in it has a `member` column: erasing goes by that (promise P35).

Ids of members, channels and messages are Discord's snowflakes; songs are Spotify URIs, or `file:…` for rows of an
imported file that had none. Moments are UTC. Alembic's migrations are the truth about upgrades; this is the truth
about today, and a test compares the two.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A point in time as whole milliseconds since 1970: sorts, compares and survives every engine alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else round(value.timestamp() * 1000)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value / 1000, UTC)


Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in an INTEGER key
OPERATOR = 0  # the owner of features that belong to nobody in particular
LINK_KEPT = timedelta(days=1)  # a link that nobody finished is swept a day after it was begun


def _of_member(**options: Any) -> Column[int]:
    return Column("member", BigInteger, ForeignKey("member.member", ondelete="CASCADE"), nullable=False, **options)


member = Table(
    "member",
    metadata,
    Column("member", BigInteger, primary_key=True, autoincrement=False),
    Column("created_at", Moment, nullable=False),
    Column("source", String),  # "spotify", "file", or nothing yet
    Column("updates", String, nullable=False, default="dm"),  # "dm", "channel" or "off"
    Column("updates_channel", BigInteger),
    Column("muted_until", Moment),
    Column("daily_cap", Integer, nullable=False, default=3),  # update messages a day
    Column("quiet_from", Integer),  # hour of the day, UTC
    Column("quiet_to", Integer),
    Column("learn_from_playlists", Boolean, nullable=False, default=False),
    Column("next_poll_at", Moment),
    Column("polls", Integer, nullable=False, default=0),
    Column("teaches", Boolean, nullable=False, default=False, server_default=false()),  # lets their answers teach
    Column("taught", String),  # version of the prior that was learnt from them, among others
    Column("joined", Boolean, nullable=False, default=False, server_default=false()),  # shares likes in the catalogue
)

account = Table(
    "account",
    metadata,
    _of_member(primary_key=True, autoincrement=False),
    Column("client_id", String, nullable=False),
    Column("user_key", String, nullable=False),  # Spotify's account_id, or id where that is absent
    Column("name", String, nullable=False),
    Column("tokens", LargeBinary, nullable=False),  # sealed by the vault for this member
    Column("consented_at", Moment, nullable=False),
    Column("warned_days", Integer),  # the last warning about the end of consent: 14 or 2 days before
    Column("synced_at", Moment),
    Column("total", Integer),  # likes by Spotify's own count at the last sync; holes included
)

link_state = Table(
    "link_state",
    metadata,
    Column("digest", String, primary_key=True),  # sha256 of the state; the state itself is only in the link
    _of_member(),
    Column("client_id", String, nullable=False),
    Column("verifier", LargeBinary, nullable=False),  # PKCE, sealed
    Column("redirect_uri", String, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

song = Table(
    "song",
    metadata,
    Column("song", String, primary_key=True),
    Column("title", String, nullable=False),
    Column("artists", JSON, nullable=False),  # list of names
    Column("album", String),
    Column("year", Integer),
    Column("duration_ms", Integer),
    Column("isrc", String, index=True),
    Column("url", String),  # link back to Spotify
    Column("cover", String),  # hot-linked, untouched
    Column("cached_at", Moment, nullable=False),
)

liked = Table(
    "liked",
    metadata,
    _of_member(primary_key=True),
    Column("song", String, primary_key=True),
    Column("added_at", Moment),
    Column("fresh", Boolean, nullable=False, default=False),  # liked since the last sort by watch
    Index("ix_liked_song", "song"),
)

feature = Table(
    "feature",
    metadata,
    Column("owner", BigInteger, primary_key=True, autoincrement=False),  # a member, or OPERATOR
    Column("song", String, primary_key=True),  # a song, or "isrc:…"
    Column("source", String, primary_key=True),
    Column("numbers", JSON, nullable=False),
    Column("sets", JSON, nullable=False),
    Column("at", Moment, nullable=False),
    Column("vectors", LargeBinary),  # core.vectors
)

news = Table(  # when the features that somebody goes by last changed: what is kept in memory is stale since then
    "news",
    metadata,
    Column("owner", BigInteger, primary_key=True, autoincrement=False),  # a member, or OPERATOR for everybody
    Column("at", Moment, nullable=False),
)

lookup = Table(  # what became of asking a source about a song: asked once, whoever likes it
    "lookup",
    metadata,
    Column("song", String, primary_key=True),
    Column("source", String, primary_key=True),
    Column("state", String, nullable=False),  # "known", "nothing" or "failed"
    Column("tries", Integer, nullable=False),  # that failed, one after the other
    Column("asked_at", Moment, nullable=False),
    Column("due", Moment),  # when to ask again, if ever
    Column("ids", JSON, nullable=False),  # MusicBrainz ids by kind: "recording", "artist"
)

recording = Table(  # files of the operator's music folder, as they were heard
    "recording",
    metadata,
    Column("path", String, primary_key=True),
    Column("size", BigInteger, nullable=False),  # bytes
    Column("mtime_ns", BigInteger, nullable=False),
    Column("digest", String, nullable=False),
    Column("title", String),
    Column("artists", JSON, nullable=False),
    Column("album", String),
    Column("year", Integer),
    Column("duration", Float),  # seconds
    Column("isrc", String),
    Column("mbid", String),
    Column("version", String),  # of the feature set
    Column("numbers", JSON, nullable=False),
    Column("vectors", LargeBinary),  # core.vectors
    Column("error", String),  # why it could not be heard
    Column("at", Moment, nullable=False),
)

match = Table(  # which of those files a song is
    "match",
    metadata,
    Column("song", String, primary_key=True),
    Column("path", String, index=True),  # None: none of them, by the operator's word
    Column("score", Float, nullable=False),
    Column("way", String, nullable=False),  # "isrc", "mbid", "names", or "operator" for a correction
    Column("at", Moment, nullable=False),
)

space = Table(  # where the catalogue's songs lie (core.space); the newest holds
    "space",
    metadata,
    Column("space", Serial, primary_key=True),
    Column("definition", LargeBinary, nullable=False),
    Column("songs", Integer, nullable=False),  # in the catalogue with something known of them when it was fitted
)

entry = Table(  # the catalogue: songs that a member who joined likes, and the operator's files; never whose they are
    "entry",
    metadata,
    Column("song", String, primary_key=True),  # a song, or "local:…" for a file that is none of those
    Column("key", String, nullable=False, index=True),  # what a button carries
    Column("path", String, index=True),  # of the file, for "local:…"
    Column("artist", BigInteger, nullable=False),  # core.columns.key_of the first; 0: unknown
    Column("space", Serial, nullable=False),  # in which it has its point
    Column("point", LargeBinary),  # (k,) float32, little-endian; None: nothing is known to go by
    Column("at", Moment, nullable=False),  # when that was known
)

distaste = Table(  # "Not for me", until it is undone
    "distaste",
    metadata,
    _of_member(primary_key=True),
    Column("song", String, primary_key=True),
    Column("key", String, nullable=False),  # as of an entry: it can be undone when that is gone
    Column("at", Moment, nullable=False),
)

layer = Table(
    "layer",
    metadata,
    Column("layer", Serial, primary_key=True),
    _of_member(),
    Column("name", String, nullable=False),
    Column("several", Boolean, nullable=False, default=False),
    Column("everything", Boolean, nullable=False, default=False),
    Column("tried", Integer, nullable=False, default=0),  # labels at the last training, whatever came of it
    Column("learnt_at", Moment),  # when the last training read what is known of songs
    UniqueConstraint("member", "name"),
)

playlist = Table(
    "playlist",
    metadata,
    Column("playlist", Serial, primary_key=True),
    _of_member(),
    Column("layer", Serial, ForeignKey("layer.layer", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("ref", String, nullable=False),  # Spotify's id, or "shelf:…" for a member with a file
    Column("emoji", String, nullable=False),
    Column("automatic", Boolean, nullable=False, default=True),
    Column("mistakes", Integer, nullable=False, default=2),  # bearable mistakes in 20
    Column("snapshot", String),  # Spotify's snapshot_id when `content` was read
    Column("removed_at", Moment),  # let go of: never written again, its labels kept
)

content = Table(
    "content",
    metadata,
    _of_member(),
    Column("playlist", Serial, ForeignKey("playlist.playlist", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("song", String, nullable=False),
    Column("added_at", Moment),
)

card = Table(
    "card",
    metadata,
    Column("card", String, primary_key=True),  # random: what a button carries
    _of_member(),
    Column("layer", Serial, ForeignKey("layer.layer", ondelete="CASCADE"), nullable=False),
    Column("song", String, nullable=False),
    Column("write", Serial),  # the receipt that this card asks about, if any
    Column("created_at", Moment, nullable=False),
)

prompt = Table(
    "prompt",
    metadata,
    Column("message", BigInteger, primary_key=True, autoincrement=False),
    _of_member(),
    Column("channel", BigInteger, nullable=False),
    Column("layer", Serial, ForeignKey("layer.layer", ondelete="CASCADE"), nullable=False),
    Column("song", String, nullable=False),
    Column("created_at", Moment, nullable=False),
)

share = Table(
    "share",
    metadata,
    _of_member(primary_key=True),
    Column("channel", BigInteger, primary_key=True),
    Column("layer", Serial, ForeignKey("layer.layer", ondelete="CASCADE"), nullable=False),
)

answer = Table(
    "answer",
    metadata,
    Column("answer", Serial, primary_key=True),
    _of_member(),
    Column("layer", Serial, ForeignKey("layer.layer", ondelete="CASCADE"), nullable=False),
    Column("song", String, nullable=False),
    Column("kind", String, nullable=False),  # core.labels.Kind
    Column("playlists", JSON, nullable=False),
    Column("source", String, nullable=False),  # core.labels.Source
    Column("event", BigInteger, nullable=False),
    Column("undone_at", Moment),
    UniqueConstraint("member", "layer", "song", "event"),
)

model = Table(
    "model",
    metadata,
    Column("model", Serial, primary_key=True),
    _of_member(),
    Column("layer", Serial, ForeignKey("layer.layer", ondelete="CASCADE"), nullable=False, index=True),
    Column("digest", String, nullable=False),  # sha256 of the ONNX file, and its name
    Column("labels", Integer, nullable=False),
    Column("card", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("serving", Boolean, nullable=False),
)

write = Table(
    "write",
    metadata,
    Column("write", Serial, primary_key=True),
    _of_member(),
    Column("layer", Serial, ForeignKey("layer.layer", ondelete="CASCADE"), nullable=False),
    Column("kind", String, nullable=False),  # "sort", "watch", "tap" or "undo"
    Column("state", String, nullable=False),  # "planned", "applying", "done", "cancelled" or "failed"
    Column("undoes", Serial, ForeignKey("write.write", ondelete="CASCADE")),
    Column("total", Integer, nullable=False),  # songs looked at
    Column("model", String),  # digest of the model that decided
    Column("problem", String),
    Column("created_at", Moment, nullable=False),
    Column("applied_at", Moment),
)

change = Table(
    "change",
    metadata,
    Column("change", Serial, primary_key=True),
    _of_member(),
    Column("write", Serial, ForeignKey("write.write", ondelete="CASCADE"), nullable=False, index=True),
    Column("playlist", Serial, ForeignKey("playlist.playlist", ondelete="CASCADE"), nullable=False, index=True),
    Column("song", String, nullable=False),
    Column("action", String, nullable=False),  # "add", "remove" or "ask"
    Column("position", Integer),  # where a song taken out stood, or is to be put back
    Column("state", String, nullable=False),  # "wanted", "attempted", "written", "untouched" or "asked"
    Column("probability", Float),
    Column("certainty", String),
)

notice = Table(
    "notice",
    metadata,
    Column("notice", Serial, primary_key=True),
    _of_member(),
    Column("kind", String, nullable=False),
    Column("body", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("tries", Integer, nullable=False, default=0),
)

api_token = Table(
    "api_token",
    metadata,
    Column("token", Serial, primary_key=True),
    _of_member(index=True),
    Column("digest", String, nullable=False, unique=True),  # sha256 of the secret; the secret itself is only shown once
    Column("name", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),  # to the minute
)

erasure = Table(  # begun and not finished: gone on with at the next start
    "erasure",
    metadata,
    Column("member", BigInteger, primary_key=True, autoincrement=False),
    Column("begun_at", Moment, nullable=False),
)

cooldown = Table(
    "cooldown",
    metadata,
    Column("client_id", String, primary_key=True),  # of a Spotify app, or "source:…"
    Column("until", Moment, nullable=False),
    Column("reason", String, nullable=False),
)

spent = Table(
    "spent",
    metadata,
    Column("client_id", String, primary_key=True),
    Column("day", String, primary_key=True),  # UTC, ISO 8601
    Column("calls", Integer, nullable=False),
)
