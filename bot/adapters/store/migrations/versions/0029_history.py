"""What changed in kept playlists, look by look."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema.base import Serial

revision = "0029"
down_revision = "0028"
INDEXES = {"revision": ("member", "playlist"), "edit": ("member", "song")}


def upgrade() -> None:
    op.add_column("playlist", sa.Column("recorded_from", sa.BigInteger(), nullable=True))
    op.create_table(
        "revision",
        sa.Column("revision", Serial, primary_key=True),
        sa.Column("member", sa.BigInteger(), sa.ForeignKey("member.member", ondelete="CASCADE"), nullable=False),
        sa.Column("playlist", Serial, sa.ForeignKey("playlist.playlist", ondelete="CASCADE"), nullable=False),
        sa.Column("at", sa.BigInteger()),
        sa.Column("edits", sa.Integer(), nullable=False),
    )
    op.create_table(
        "edit",
        sa.Column("member", sa.BigInteger(), sa.ForeignKey("member.member", ondelete="CASCADE"), nullable=False),
        sa.Column("revision", Serial, sa.ForeignKey("revision.revision", ondelete="CASCADE"), primary_key=True),
        sa.Column("action", sa.String(), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("song", sa.String()),
        sa.Column("isrc", sa.String()),
        sa.Column("naming", sa.String()),
        sa.Column("duration_ms", sa.Integer()),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("change", Serial),
    )
    for table, columns in INDEXES.items():
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
