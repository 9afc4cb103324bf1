"""The feed itself and what members share: what was shown, sessions, places of servers, profiles, playlists, rounds."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema import Moment, Serial

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _settings()
    _feed()
    _places()
    _people()
    _shared()
    _rounds()


def _settings() -> None:
    op.add_column("member", sa.Column("hidden", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("member", sa.Column("saves", sa.Boolean(), nullable=True))
    op.add_column("member", sa.Column("feed_teaches", sa.Boolean(), nullable=False, server_default=sa.false()))


def _feed() -> None:
    op.create_table(
        "shown",
        _id("member"),
        _text("song"),
        _text("key"),
        _moment("at"),
        sa.Column("said", sa.String(), nullable=True),
        sa.Column("said_at", Moment(), nullable=True),
        sa.Column("saving", sa.String(), nullable=True),
        _of("shown", "member"),
        sa.PrimaryKeyConstraint("member", "song", name=op.f("pk_shown")),
    )
    op.create_table(
        "session",
        _text("digest"),
        _id("member"),
        _text("kind"),
        sa.Column("server", sa.BigInteger(), nullable=True),
        _moment("created_at"),
        _moment("expires_at"),
        _of("session", "member"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_member"), "session", ["member"])


def _places() -> None:
    op.create_table(
        "place",
        _id("channel"),
        _text("purpose"),
        _id("server"),
        sa.Column("due_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("channel", "purpose", name=op.f("pk_place")),
    )
    op.create_index(op.f("ix_place_server"), "place", ["server"])
    op.create_table(
        "counted",
        _id("server"),
        _text("day"),
        _text("what"),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("server", "day", "what", name=op.f("pk_counted")),
    )
    op.create_table(
        "repost",
        _serial("repost"),
        _id("member"),
        _id("server"),
        _id("channel"),
        sa.Column("message", sa.BigInteger(), nullable=True),
        _text("song"),
        _text("key"),
        _moment("at"),
        _of("repost", "member"),
        sa.PrimaryKeyConstraint("repost", name=op.f("pk_repost")),
    )
    op.create_table(
        "report",
        _serial("report"),
        _id("member"),
        sa.Column("server", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.BigInteger(), nullable=True),
        sa.Column("message", sa.BigInteger(), nullable=True),
        _text("song"),
        _text("key"),
        _text("reason"),
        _moment("at"),
        _of("report", "member"),
        sa.PrimaryKeyConstraint("report", name=op.f("pk_report")),
    )
    op.create_table(
        "barred",
        _id("server"),
        _text("key"),
        sa.PrimaryKeyConstraint("server", "key", name=op.f("pk_barred")),
    )
    op.create_table(
        "takedown",
        _id("message"),
        _id("channel"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_takedown")),
    )


def _people() -> None:
    op.create_table(
        "posted",
        _id("message"),
        _id("member"),
        _id("channel"),
        _of("posted", "member"),
        sa.PrimaryKeyConstraint("message", "member", name=op.f("pk_posted")),
    )
    op.create_index(op.f("ix_posted_member"), "posted", ["member"])
    op.create_table(
        "profile",
        _id("member"),
        sa.Column("playlists", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()) for name in ("map", "reposts")),
        _moment("at"),
        _of("profile", "member"),
        sa.PrimaryKeyConstraint("member", name=op.f("pk_profile")),
    )
    op.create_table(
        "follow",
        _id("member"),
        _id("followed"),
        _moment("at"),
        _of("follow", "member"),
        _of("follow", "followed"),
        sa.PrimaryKeyConstraint("member", "followed", name=op.f("pk_follow")),
    )
    op.create_index(op.f("ix_follow_followed"), "follow", ["followed"])
    op.create_table(
        "agreement",
        _serial("agreement"),
        _id("member"),
        _id("other"),
        _moment("asked_at"),
        sa.Column("agreed_at", Moment(), nullable=True),
        sa.Column("declined_at", Moment(), nullable=True),
        _of("agreement", "member"),
        _of("agreement", "other"),
        sa.PrimaryKeyConstraint("agreement", name=op.f("pk_agreement")),
    )
    op.create_index(op.f("ix_agreement_other"), "agreement", ["other"])


def _shared() -> None:
    op.create_table(
        "shared",
        _serial("shared"),
        sa.Column("host", sa.BigInteger(), nullable=True),
        sa.Column("server", sa.BigInteger(), nullable=True),
        _text("name"),
        sa.Column("ref", sa.String(), nullable=True),
        sa.Column("making", sa.Boolean(), nullable=False),
        sa.Column("snapshot", sa.String(), nullable=True),
        _moment("created_at"),
        sa.Column("ended_at", Moment(), nullable=True),
        _of("shared", "host", "SET NULL"),
        sa.PrimaryKeyConstraint("shared", name=op.f("pk_shared")),
    )
    op.create_index(op.f("ix_shared_server"), "shared", ["server"])
    op.create_table(
        "partner",
        _serial("shared"),
        _id("member"),
        _moment("at"),
        _part_of("partner", "shared"),
        _of("partner", "member"),
        sa.PrimaryKeyConstraint("shared", "member", name=op.f("pk_partner")),
    )
    op.create_table(
        "contribution",
        _serial("shared"),
        _text("song"),
        sa.Column("brought_by", sa.BigInteger(), nullable=True),
        _moment("at"),
        sa.Column("dropped_at", Moment(), nullable=True),
        _text("state"),
        _part_of("contribution", "shared"),
        _of("contribution", "brought_by", "SET NULL"),
        sa.PrimaryKeyConstraint("shared", "song", name=op.f("pk_contribution")),
    )
    op.create_table(
        "vote",
        _serial("shared"),
        _text("song"),
        _id("member"),
        sa.Column("keep", sa.Boolean(), nullable=False),
        _moment("at"),
        _part_of("vote", "shared"),
        _of("vote", "member"),
        sa.PrimaryKeyConstraint("shared", "song", "member", name=op.f("pk_vote")),
    )


def _rounds() -> None:
    op.create_table(
        "round",
        _serial("round"),
        _id("host"),
        sa.Column("server", sa.BigInteger(), nullable=True),
        _id("channel"),
        sa.Column("message", sa.BigInteger(), nullable=True),
        sa.Column("told", sa.String(), nullable=True),
        _text("theme"),
        _text("state"),
        _moment("enter_until"),
        _moment("vote_until"),
        sa.Column("shared", Serial, nullable=True),
        _moment("created_at"),
        _of("round", "host"),
        _part_of("round", "shared", "SET NULL"),
        sa.PrimaryKeyConstraint("round", name=op.f("pk_round")),
    )
    op.create_table(
        "round_entry",
        _serial("round_entry"),
        _serial("round"),
        _id("member"),
        _text("song"),
        _moment("at"),
        _part_of("round_entry", "round"),
        _of("round_entry", "member"),
        sa.PrimaryKeyConstraint("round_entry", name=op.f("pk_round_entry")),
        sa.UniqueConstraint("round", "member", name=op.f("uq_round_entry_round_member")),
    )
    op.create_table(
        "round_vote",
        _serial("round_entry"),
        _id("member"),
        _serial("round"),
        _moment("at"),
        _part_of("round_vote", "round_entry"),
        _part_of("round_vote", "round"),
        _of("round_vote", "member"),
        sa.PrimaryKeyConstraint("round_entry", "member", name=op.f("pk_round_vote")),
    )
    op.create_index(op.f("ix_round_vote_round"), "round_vote", ["round"])


def _id(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _serial(name: str) -> sa.Column[int]:
    return sa.Column(name, Serial, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _moment(name: str) -> sa.Column[int]:
    return sa.Column(name, Moment(), nullable=False)


def _of(table: str, column: str, then: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["member.member"], name=op.f(f"fk_{table}_{column}"), ondelete=then)


def _part_of(table: str, column: str, then: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{column}.{column}"], name=op.f(f"fk_{table}_{column}"), ondelete=then)
