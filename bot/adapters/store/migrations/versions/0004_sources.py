"""Sources of features: what was asked, which file a song is, vectors beside numbers, and when features changed."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema import Moment

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("feature", sa.Column("vectors", sa.LargeBinary(), nullable=True))
    op.add_column("layer", sa.Column("learnt_at", Moment(), nullable=True))
    op.create_table(
        "lookup",
        sa.Column("song", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("due", Moment(), nullable=True),
        sa.Column("ids", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("song", "source", name=op.f("pk_lookup")),
    )
    op.create_table(
        "match",
        sa.Column("song", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("song", name=op.f("pk_match")),
    )
    op.create_table(
        "news",
        sa.Column("owner", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_news")),
    )
    op.execute("INSERT INTO news (owner, at) SELECT owner, max(at) FROM feature GROUP BY owner")
