"""Which file of a member is being imported."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("member", sa.Column("importing", sa.String(), nullable=True))
