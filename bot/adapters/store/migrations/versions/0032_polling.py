"""How often a member's likes are looked at, and when a Spotify app's next look may begin."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema.base import Moment, Text

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.add_column("member", sa.Column("turn_at", Moment()))
    op.add_column("account", sa.Column("poll_pause", sa.Integer()))
    op.create_index("ix_account_client_id_poll_pause", "account", ["client_id", "poll_pause"])
    op.create_table(
        "app",
        sa.Column("client_id", Text(), nullable=False),
        sa.Column("free_at", Moment(), nullable=False),
        sa.Column("stretch", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_app")),
    )
