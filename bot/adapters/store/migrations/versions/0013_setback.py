"""Work that failed or has to wait: what, how often, and under which reference the log has it."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema import Moment

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "setback",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due", Moment(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name=op.f("pk_setback")),
    )
