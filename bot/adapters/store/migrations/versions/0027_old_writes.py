"""How many lines of an old write later ones superseded; NULL: the write is kept whole."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("write", sa.Column("superseded", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_write_superseded"), "write", ["superseded", "state", "member"])
    op.create_index(op.f("ix_write_undoes"), "write", ["undoes"])
