"""Indexes for what is due: looking for it reads only that, however many members there are."""

from alembic import op

revision = "0031"
down_revision = "0030"
INDEXES = {
    "ix_member_next_poll_at": ("member", ["next_poll_at"]),
    "ix_account_ending": ("account", ["warned_days", "consented_at"]),
    "ix_notice_sent_at": ("notice", ["sent_at"]),
    "ix_write_member": ("write", ["member", "state"]),
    "ix_write_state": ("write", ["state"]),
    "ix_round_told": ("round", ["told"]),
    "ix_round_state": ("round", ["state"]),
    "ix_place_due": ("place", ["purpose", "due_at"]),
    "ix_repost_message": ("repost", ["message"]),
    "ix_report_at": ("report", ["at"]),
}


def upgrade() -> None:
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
