"""What was seen in a playlist is written beside what holds, and then holds; places without a song are kept, too."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("playlist", sa.Column("edition", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("content") as content:
        content.add_column(sa.Column("edition", sa.Integer(), nullable=False, server_default="0"))
        content.alter_column("song", existing_type=sa.String(), nullable=True)
        content.drop_constraint("pk_content", type_="primary")
        content.create_primary_key("pk_content", ["playlist", "edition", "position"])
    op.execute("update playlist set snapshot = null")  # read again, with the places that were left out
