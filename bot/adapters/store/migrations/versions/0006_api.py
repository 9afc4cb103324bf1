"""Tokens of the HTTP API: whose they are, until when, and the hash of each."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema import Moment, Serial

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("token", Serial, nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("used_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_api_token_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )
    op.create_index(op.f("ix_api_token_member"), "api_token", ["member"])
