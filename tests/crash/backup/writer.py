"""A process that writes to a data folder as a bot does, member after member, until its input ends.

For each member it commits a row in every table, then enqueues a job, and prints the member.
"""

import asyncio
import os
import sys

import sqlalchemy as sa

from bot import config
from bot.adapters import home
from bot.adapters.jobs import Jobs
from bot.adapters.store import Store, schema
from bot.adapters.vault import Vault, load_keys
from bot.core.jobs import Job, JobKind
from tests.filled import fill, model_of

SEALED = "tokens"  # the purpose
FIRST, STEP = 1_000_000, 2


async def write(settings: config.Settings) -> None:
    store, jobs, vault = Store(settings.database_url), Jobs(settings.jobs_url), Vault(load_keys(settings))
    await jobs.start(_nothing)
    told_to_stop = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    member = FIRST
    while not told_to_stop.done():
        settings.models_dir.mkdir(exist_ok=True)
        (settings.models_dir / f"{model_of(member)}.onnx").write_text(f"model of {member}")
        async with store.writing() as tx:
            await fill(tx, member, f"w{member}")
            sealed = vault.seal(member, SEALED, f"tokens of {member}".encode())
            await tx.execute(sa.update(schema.account).where(schema.account.c.member == member).values(tokens=sealed))
        await jobs.enqueue(JobKind.TRAIN, member, 7, delay=3600)
        print(member, flush=True)
        member += STEP
    os._exit(0)  # no clean shutdown, as the write-ahead logs are to be left behind


async def _nothing(job: Job) -> None:
    """No job is due."""


if __name__ == "__main__":
    made = config.storage({"DATA_DIR": sys.argv[1]})
    with home.lived_in(made):
        asyncio.run(write(made))
