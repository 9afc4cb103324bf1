"""Whether a layer's member lets the songs in its playlists count as labels; NULL: not asked yet."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column("layer", sa.Column("standing", sa.Boolean(), nullable=True))
