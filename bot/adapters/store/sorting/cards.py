"""Cards and prompts: the questions in messages, and their owners."""

from collections.abc import Iterable

from sqlalchemy import insert, select

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import every, keep_newest, one
from bot.core import limits
from bot.core.records import Card, Prompt

CARD, PROMPT = schema.card, schema.prompt


async def add(tx: Tx, card: Card) -> None:
    """Store a card; the member's oldest makes room."""
    await tx.execute(insert(CARD).values({name: getattr(card, name) for name in Card.__slots__}))
    await keep_newest(tx, CARD, limits.CARDS, CARD.c.created_at, CARD.c.member == card.member)


async def get(tx: Tx, card: str) -> Card | None:
    return await one(tx, Card, select(CARD).where(CARD.c.card == card))


async def several(tx: Tx, names: Iterable[str]) -> dict[str, Card]:
    """Return those of up to CHUNK cards that are kept, by their name."""
    return {card.card: card for card in await every(tx, Card, select(CARD).where(CARD.c.card.in_(names)))}


async def of_write(tx: Tx, write: int) -> list[Card]:
    """Return a receipt's cards, oldest first."""
    return await every(tx, Card, select(CARD).where(CARD.c.write == write).order_by(CARD.c.created_at))


async def newest(tx: Tx, member: int, layer: int) -> Card | None:
    """Return the member's newest card in the layer."""
    query = select(CARD).where(CARD.c.member == member, CARD.c.layer == layer)
    return await one(tx, Card, query.order_by(CARD.c.created_at.desc()).limit(1))


async def recent_songs(tx: Tx, member: int, layer: int, limit: int) -> list[str]:
    """Return the songs of the newest cards, newest first."""
    query = select(CARD.c.song).where(CARD.c.member == member, CARD.c.layer == layer)
    return list((await tx.execute(query.order_by(CARD.c.created_at.desc()).limit(limit))).scalars())


async def add_prompt(tx: Tx, prompt: Prompt) -> None:
    """Store a prompt; the member's oldest makes room."""
    await tx.execute(insert(PROMPT).values({name: getattr(prompt, name) for name in Prompt.__slots__}))
    await keep_newest(tx, PROMPT, limits.PROMPTS, PROMPT.c.created_at, PROMPT.c.member == prompt.member)


async def prompt(tx: Tx, message: int) -> Prompt | None:
    return await one(tx, Prompt, select(PROMPT).where(PROMPT.c.message == message))
