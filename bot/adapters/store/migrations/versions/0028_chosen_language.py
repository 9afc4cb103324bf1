"""The language a member chose instead of their Discord's."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.add_column("member", sa.Column("chosen_language", sa.String(), nullable=True))
