"""Whether a layer is being learnt."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("layer", sa.Column("training", sa.Boolean(), nullable=False, server_default=sa.false()))
