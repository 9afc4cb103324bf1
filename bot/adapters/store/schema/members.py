"""Members: settings, Spotify account, pending notices, API tokens."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, false

from bot.adapters.store.schema.base import Moment, OneOf, Serial, Text, metadata, of_member
from bot.core.notices import NoticeKind

member = Table(
    "member",
    metadata,
    Column("member", BigInteger, primary_key=True, autoincrement=False),
    Column("created_at", Moment, nullable=False),
    Column("source", Text),  # "spotify", "file", "unlinking"; None: nothing yet
    Column("updates", Text, nullable=False, default="dm"),  # "dm", "channel" or "off"
    Column("updates_channel", BigInteger),
    Column("muted_until", Moment),
    Column("daily_cap", Integer, nullable=False, default=3),  # update messages a day
    Column("quiet_from", Integer),  # hour of the day in their time zone
    Column("quiet_to", Integer),
    Column("learn_from_playlists", Boolean, nullable=False, default=False),
    Column("learn_from_others", Boolean, nullable=False, default=False, server_default=false()),
    Column("next_poll_at", Moment, index=True),
    Column("turn_at", Moment),  # their turn in their app's budget, or the last one; void unless it's next_poll_at
    Column("polls", Integer, nullable=False, default=0),
    Column("teaches", Boolean, nullable=False, default=False, server_default=false()),  # they may teach the prior
    Column("taught", Text),  # version of the prior that was trained on their answers, among others
    Column("joined", Boolean, nullable=False, default=False, server_default=false()),  # likes are in the catalogue
    Column("hidden", Boolean, nullable=False, default=False, server_default=false()),  # invisible to everybody
    Column("saves", Boolean),  # feed likes go to their liked songs; None: not asked yet
    Column("time_zone", Text),  # IANA's name; None: UTC
    Column("language", Text),  # what their Discord last spoke, as "en-GB"; None: not seen yet
    Column("chosen_language", Text),  # what they chose instead, as "de"
    Column("feed_teaches", Boolean, nullable=False, default=False, server_default=false()),  # its adds count as labels
    Column("only_sound", Boolean, nullable=False, default=False, server_default=false()),  # in the feed: playable songs
    Column("importing", Text, index=True),  # the file that's being imported, so that a restart can tell them
)

account = Table(
    "account",
    metadata,
    of_member(primary_key=True, autoincrement=False),
    Column("client_id", Text, nullable=False),
    Column("user_key", Text, nullable=False),  # Spotify's account_id, or id if there's none
    Column("name", Text, nullable=False),
    Column("tokens", LargeBinary, nullable=False),  # encrypted by the vault, for this member only
    Column("consented_at", Moment, nullable=False),
    Column("warned_days", Integer),  # the last warning about the end of consent: 14 or 2 days before
    Column("synced_at", Moment),
    Column("total", Integer),  # likes by Spotify's own count at the last sync; holes included
    Column("holes", Integer),  # likes that we don't hold; None: the next sync reads everything
    Column("doubted_at", Moment),  # when a sync first showed less than is kept
    Column("poll_pause", Integer),  # seconds between polls; None: not known yet, or the consent has ended
    Column("songs_read", Integer),  # of the likes, while a worker reads them all; otherwise None
    Column("songs_to_read", Integer),  # how many there are
    Index("ix_account_ending", "warned_days", "consented_at"),
    Index(None, "client_id", "poll_pause"),
)

link_state = Table(
    "link_state",
    metadata,
    Column("digest", Text, primary_key=True),  # sha256 of the state; the state itself is only in the link
    of_member(index=True),
    Column("name", Text, nullable=False, server_default=""),  # their Discord name, which the callback's page shows
    Column("client_id", Text, nullable=False),
    Column("verifier", LargeBinary, nullable=False),  # of PKCE, encrypted
    Column("redirect_uri", Text, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)

consent = Table(  # waits for its member to type the code that its page shows
    "consent",
    metadata,
    of_member(primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),  # the account and its tokens; only the code decrypts them
    Column("tries", Integer, nullable=False),  # left, to type the code
    Column("expires_at", Moment, nullable=False, index=True),
)

notice = Table(
    "notice",
    metadata,
    Column("notice", Serial, primary_key=True),
    of_member(index=True),
    Column("kind", OneOf(NoticeKind), nullable=False),
    Column("body", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment, index=True),
    Column("tries", Integer, nullable=False, default=0),
)

api_token = Table(
    "api_token",
    metadata,
    Column("token", Serial, primary_key=True),
    of_member(index=True),
    Column("digest", Text, nullable=False, unique=True),  # sha256 of the secret; the secret itself is only shown once
    Column("name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),  # to the minute
)

erasure = Table(  # not finished yet: the next start continues
    "erasure",
    metadata,
    Column("member", BigInteger, primary_key=True, autoincrement=False),
    Column("begun_at", Moment, nullable=False),
)

session = Table(  # of the feed's page: first a link that works once, then the browser's session
    "session",
    metadata,
    Column("digest", Text, primary_key=True),  # sha256 of the secret
    of_member(index=True),
    Column("kind", Text, nullable=False),  # "link", "session" or "frame"
    Column("server", BigInteger),  # where the link was asked for; reposts go there
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)
