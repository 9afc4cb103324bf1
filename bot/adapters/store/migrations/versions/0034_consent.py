"""Consents that wait for their member's code, so that any process can finish a link."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema.base import Moment

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.create_table(
        "consent",
        sa.Column("member", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_consent_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member", name=op.f("pk_consent")),
    )
