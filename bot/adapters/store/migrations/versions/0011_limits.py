"""Indexes by which the oldest rows of a member are found, so that they can give way."""

from alembic import op

revision = "0011"
down_revision = "0010"
BY_MEMBER = ("card", "prompt", "notice")


def upgrade() -> None:
    for table in BY_MEMBER:
        op.create_index(op.f(f"ix_{table}_member"), table, ["member"])
    op.create_index(op.f("ix_write_layer"), "write", ["layer"])
