"""The catalogue of the feed: who shares their likes in it, its songs and where they lie, and what is not for whom."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema import Moment, Serial

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("member", sa.Column("joined", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "space",
        sa.Column("space", Serial, nullable=False),
        sa.Column("definition", sa.LargeBinary(), nullable=False),
        sa.Column("songs", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("space", name=op.f("pk_space")),
    )
    op.create_table(
        "entry",
        sa.Column("song", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=True),
        sa.Column("artist", sa.BigInteger(), nullable=False),
        sa.Column("space", Serial, nullable=False),
        sa.Column("point", sa.LargeBinary(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("song", name=op.f("pk_entry")),
    )
    op.create_index(op.f("ix_entry_key"), "entry", ["key"])
    op.create_index(op.f("ix_entry_path"), "entry", ["path"])
    op.create_index(op.f("ix_match_path"), "match", ["path"])
    op.create_table(
        "distaste",
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("song", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_distaste_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member", "song", name=op.f("pk_distaste")),
    )
