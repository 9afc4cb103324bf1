"""Interactions that were taken up, so that none is acted on twice."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema import Moment

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "interaction",
        sa.Column("interaction", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("interaction", name=op.f("pk_interaction")),
    )
    op.create_index(op.f("ix_interaction_at"), "interaction", ["at"])
