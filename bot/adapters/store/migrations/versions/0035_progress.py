"""How far reading a member's likes has come, for the process where they wait for it."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    for name in ("songs_read", "songs_to_read"):
        op.add_column("account", sa.Column(name, sa.Integer()))
