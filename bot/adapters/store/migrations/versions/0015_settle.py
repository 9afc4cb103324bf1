"""When each line was sent to Spotify, how often, and why it was refused; playlists that are being made."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema import Moment

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    for table in ("change", "contribution"):
        op.add_column(table, sa.Column("sent_at", Moment(), nullable=True))
        op.add_column(table, sa.Column("sends", sa.Integer(), nullable=False, server_default="0"))
        op.add_column(table, sa.Column("problem", sa.String(), nullable=True))
    op.create_table(
        "making",
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_making_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member", "purpose", name=op.f("pk_making")),
    )
