"""Prompts keep what each emoji was said to mean; the channels where a layer was shared are not needed any more."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("prompt", sa.Column("shown", sa.JSON(), nullable=False, server_default="[]"))
    op.drop_table("share")
