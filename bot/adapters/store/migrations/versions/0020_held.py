"""Indexes by which it is quickly seen that nobody has a song any more, and what of a large table is a member's."""

from alembic import op

revision = "0020"
down_revision = "0019"
WITH_SONGS = ("content", "card", "prompt", "answer", "change", "shown", "repost", "contribution", "round_entry")
WITH_MEMBER = ("content", "change")


def upgrade() -> None:
    for table in WITH_SONGS:
        op.create_index(op.f(f"ix_{table}_song"), table, ["song"])
    for table in WITH_MEMBER:
        op.create_index(op.f(f"ix_{table}_member"), table, ["member"])
