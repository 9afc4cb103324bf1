"""Members may let their answers teach the prior."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("member", sa.Column("teaches", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("member", sa.Column("taught", sa.String(), nullable=True))
