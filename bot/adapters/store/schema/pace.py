"""How much each Spotify app was asked, and until when nobody may ask."""

from sqlalchemy import Column, Integer, String, Table

from bot.adapters.store.schema.base import Moment, metadata

cooldown = Table(
    "cooldown",
    metadata,
    Column("client_id", String, primary_key=True),  # of a Spotify app, or "source:…"
    Column("until", Moment, nullable=False),
    Column("reason", String, nullable=False),
)

spent = Table(
    "spent",
    metadata,
    Column("client_id", String, primary_key=True),
    Column("day", String, primary_key=True),  # UTC, ISO 8601
    Column("calls", Integer, nullable=False),
)
