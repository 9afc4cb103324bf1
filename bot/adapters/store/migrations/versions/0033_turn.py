"""When the next request to a service is due, whichever process sends it."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema.base import Moment, Text

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.create_table(
        "turn",
        sa.Column("client_id", Text(), nullable=False),
        sa.Column("free_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_turn")),
    )
