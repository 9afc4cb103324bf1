"""Playlists that the bot doesn't keep, for members who let it learn from them."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.add_column("member", sa.Column("learn_from_others", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "other_playlist",
        sa.Column("member", sa.BigInteger(), sa.ForeignKey("member.member", ondelete="CASCADE"), primary_key=True),
        sa.Column("ref", sa.String(), primary_key=True),
        sa.Column("snapshot", sa.String()),
        sa.Column("songs", sa.JSON(), nullable=False),
    )
