"""Since when a playlist has been missing at Spotify, and under which id Spotify shows a song that we put in."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema import Moment

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    for table in ("playlist", "shared"):
        op.add_column(table, sa.Column("missed_at", Moment(), nullable=True))
    for table in ("change", "contribution"):
        op.add_column(table, sa.Column("shown_as", sa.String(), nullable=True))
