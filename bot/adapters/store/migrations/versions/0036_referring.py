"""Indexes for columns that refer to a row or a file, and for what expires: nothing looks for these in a whole table."""

from alembic import op

revision = "0036"
down_revision = "0035"
REFERRING = {
    "agreement": ["member"],
    "answer": ["layer"],
    "card": ["layer", "write"],
    "contribution": ["brought_by"],
    "link_state": ["member"],
    "model": ["member"],
    "partner": ["member"],
    "playlist": ["member"],
    "prompt": ["layer"],
    "put_out": ["member", "by"],
    "report": ["member"],
    "repost": ["member"],
    "round": ["host", "shared"],
    "round_entry": ["member"],
    "round_vote": ["member"],
    "shared": ["host"],
    "vote": ["member"],
}
FILES = {"model": ["digest"]}
EXPIRING = {"consent": ["expires_at"], "link_state": ["expires_at"], "session": ["expires_at"]}


def upgrade() -> None:
    for indexes in (REFERRING, FILES, EXPIRING):
        for table, columns in indexes.items():
            for column in columns:
                op.create_index(f"ix_{table}_{column}", table, [column])
