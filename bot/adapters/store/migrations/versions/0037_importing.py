"""An index for whose file is being imported: a gateway looks for that at each tick."""

from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.create_index("ix_member_importing", "member", ["importing"])
