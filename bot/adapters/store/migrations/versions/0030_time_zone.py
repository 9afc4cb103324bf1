"""The time zone that a member's quiet hours are in; NULL: UTC, as all were before."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.add_column("member", sa.Column("time_zone", sa.String(), nullable=True))
