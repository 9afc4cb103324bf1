"""The language that a member's Discord speaks."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("member", sa.Column("language", sa.String()))
