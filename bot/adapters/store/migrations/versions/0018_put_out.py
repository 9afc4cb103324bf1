"""Who was put out of a group, and by whose vote."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema import Moment, Serial

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "put_out",
        sa.Column("shared", Serial, nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        _references("shared", "shared", ondelete="CASCADE"),
        _references("member", "member", ondelete="CASCADE"),
        _references("by", "member", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("shared", "member", name=op.f("pk_put_out")),
    )


def _references(column: str, table: str, ondelete: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_put_out_{column}_{table}")
    return sa.ForeignKeyConstraint([column], [f"{table}.{table}"], name=name, ondelete=ondelete)
