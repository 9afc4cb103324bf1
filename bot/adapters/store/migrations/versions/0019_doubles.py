"""Playlists are known by recordings, too, so that none goes in twice under another id: all are read again."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("playlist", sa.Column("doubles", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("content", sa.Column("isrc", sa.String(), nullable=True))
    op.add_column("content", sa.Column("naming", sa.String(), nullable=True))
    op.add_column("content", sa.Column("duration_ms", sa.Integer(), nullable=True))
    op.add_column("content", sa.Column("playable", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.execute("update playlist set snapshot = null")
