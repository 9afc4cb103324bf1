"""Rounds: entries without names, votes, and results."""

from sqlalchemy import BigInteger, Column, ForeignKey, Table, UniqueConstraint

from bot.adapters.store.schema.base import Moment, OneOf, Serial, Text, metadata, of_member
from bot.core.social.records import RoundState

round_ = Table(
    "round",
    metadata,
    Column("round", Serial, primary_key=True),
    of_member("host", index=True),
    Column("server", BigInteger),  # None: in direct messages, or a group of them
    Column("channel", BigInteger, nullable=False),
    Column("message", BigInteger),  # the round's newest; None: not posted yet
    Column("told", OneOf(RoundState), index=True),  # the state that the channel was last told of
    Column("theme", Text, nullable=False),
    Column("state", OneOf(RoundState), nullable=False, index=True),
    Column("enter_until", Moment, nullable=False),
    Column("vote_until", Moment, nullable=False),
    # The shared playlist that was made from it.
    Column("shared", Serial, ForeignKey("shared.shared", ondelete="SET NULL"), index=True),
    Column("created_at", Moment, nullable=False),
)

round_entry = Table(
    "round_entry",
    metadata,
    Column("round_entry", Serial, primary_key=True),
    Column("round", Serial, ForeignKey("round.round", ondelete="CASCADE"), nullable=False),
    of_member(index=True),
    Column("song", Text, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    UniqueConstraint("round", "member"),
)

round_vote = Table(
    "round_vote",
    metadata,
    Column("round_entry", Serial, ForeignKey("round_entry.round_entry", ondelete="CASCADE"), primary_key=True),
    of_member(primary_key=True, index=True),
    Column("round", Serial, ForeignKey("round.round", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
)
