"""Whether a member's feed only plays songs that can be heard."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("member", sa.Column("only_sound", sa.Boolean(), nullable=False, server_default=sa.false()))
