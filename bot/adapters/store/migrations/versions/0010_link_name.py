"""Who began a link, in Discord's words: the page that a browser comes back to says whose account it would be."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("link_state", sa.Column("name", sa.String(), server_default="", nullable=False))
