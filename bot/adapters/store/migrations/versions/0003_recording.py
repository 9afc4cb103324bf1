"""The operator's music folder, file by file."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema import Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "recording",
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("artists", sa.JSON(), nullable=False),
        sa.Column("album", sa.String(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("duration", sa.Float(), nullable=True),
        sa.Column("isrc", sa.String(), nullable=True),
        sa.Column("mbid", sa.String(), nullable=True),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_recording")),
    )
