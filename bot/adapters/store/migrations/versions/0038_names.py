"""What a member dislikes, and who was removed from a group, are called so here, too."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema import Moment, Serial

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.create_table(
        "dislike",
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("song", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        _references("dislike", "member", "member", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member", "song", name=op.f("pk_dislike")),
    )
    op.create_table(
        "removal",
        sa.Column("shared", Serial, nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        _references("removal", "shared", "shared", ondelete="CASCADE"),
        _references("removal", "member", "member", ondelete="CASCADE"),
        _references("removal", "by", "member", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("shared", "member", name=op.f("pk_removal")),
    )
    for column in ("member", "by"):
        op.create_index(f"ix_removal_{column}", "removal", [column])
    op.execute("INSERT INTO dislike (member, song, key, at) SELECT member, song, key, at FROM distaste")
    op.execute('INSERT INTO removal (shared, member, "by", at) SELECT shared, member, "by", at FROM put_out')
    op.drop_table("distaste")
    op.drop_table("put_out")


def _references(table: str, column: str, to: str, ondelete: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{to}")
    return sa.ForeignKeyConstraint([column], [f"{to}.{to}"], name=name, ondelete=ondelete)
