"""The store: SQLAlchemy Core over aiosqlite. One module per noun; every function takes the transaction it runs in.

async with store.writing() as tx:
    await answers.add(tx, …)
"""

from bot.adapters.store.engine import Store, Tx
