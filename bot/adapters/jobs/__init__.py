"""Jobs: durable work, one job at a time per member. Only this package knows DBOS."""

from bot.adapters.jobs.copying import copy
from bot.adapters.jobs.queue import STARTS, WAITED_OUT, Jobs, Waiting, stuck_in
