"""Usage: what processes use of the machine, and what work a database has done (Linux)."""

import os
import re
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load.deployment import Deployed
from tests.databases import carry_out

TICK = 1 / os.sysconf("SC_CLK_TCK")
HEADER, PAGE = 48, 4096  # bytes of the header of SQLite's wal-index (wal.c, WalIndexHdr), and of a page
CHANGES, PAGES_LOGGED, SALT = 8, 16, 32  # offsets in it: transactions that have written so far, pages in the log
PARENT, TIMES = 1, slice(11, 15)  # fields of /proc/PID/stat after the name: utime, stime, and those of ended children
CHECKPOINTER = "select pid from pg_stat_activity where backend_type = 'checkpointer'"  # a child of the first process
LOG = "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
COUNTED = """
select pg_snapshot_xmax(pg_current_snapshot())::text::bigint, xact_commit + xact_rollback,
       (select sum(seq_tup_read) from pg_stat_user_tables)::bigint
from pg_stat_database where datname = current_database()
"""
TABLES = """
select sum(pg_total_relation_size(oid)) from pg_class
where relkind = 'r' and relnamespace = 'public'::regnamespace
"""
PAGES = "select page_count * page_size from pragma_page_count(), pragma_page_size()"


@dataclass(frozen=True, slots=True)
class Used:
    """processor: seconds of the bot's processes; waited: seconds for which they'd have gone on, but had no core.

    server: seconds of PostgreSQL's processes; writes: transactions that changed something; transactions: all of them,
    and scanned: rows read without an index, both on PostgreSQL only.
    """

    processor: float
    waited: float
    server: float
    writes: float
    transactions: float = 0
    scanned: float = 0

    def since(self, before: "Used") -> "Used":
        return Used(*(getattr(self, name) - getattr(before, name) for name in self.__slots__))

    def times(self, factor: float) -> "Used":
        return Used(*(getattr(self, name) * factor for name in self.__slots__))


def used(stack: Deployed) -> Used:
    """Return what has been used since the processes began."""
    ours, theirs = family(stack.pids), family(server(stack))
    work = carry_out(stack.database_url, COUNTED)[0] if stack.on_server else (_changes(stack),)
    return Used(seconds(ours), _waited(ours), seconds(theirs), *work)


def memory(stack: Deployed) -> int:
    """Return the bytes of the bot's processes: what several share is counted once, in parts (PSS)."""
    return sum(_pss(pid) for pid in family(stack.pids))


def size(stack: Deployed) -> int:
    """Return the bytes of the database, without the jobs."""
    ((size,),) = carry_out(stack.database_url, TABLES if stack.on_server else PAGES)
    return int(size)


def server(stack: Deployed) -> list[int]:
    """Return PostgreSQL's first process, if it's used and runs on this machine."""
    if not stack.on_server:
        return []
    ((known,),) = carry_out(stack.database_url, CHECKPOINTER)
    return [parent for pid, parent in _parents() if pid == known]


def family(pids: Iterable[int]) -> set[int]:
    """Return the processes and all that descend from them."""
    children = defaultdict(set)
    for pid, parent in _parents():
        children[parent].add(pid)
    found, left = set(), [*pids]
    while left:
        found.add(pid := left.pop())
        left += children[pid]
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            yield int(folder.name), int(_stat(int(folder.name))[PARENT])


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def seconds(pids: Iterable[int]) -> float:
    """Return the processor time of processes, and of those they started that have ended."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            total += sum(map(int, _stat(pid)[TIMES]))
    return total * TICK


def _waited(pids: Iterable[int]) -> float:
    total = 0
    for pid in pids:
        with suppress(OSError):
            for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                total += int(thread.read_text().split()[1])
    return total / 1e9


def _pss(pid: int) -> int:
    return 1024 * _found(pid, "smaps_rollup", r"^Pss: +(\d+)")


def _found(pid: int, file: str, pattern: str) -> int:
    """Return a number that a process's file has; 0 if the process has ended."""
    with suppress(OSError):
        if match := re.search(pattern, Path(f"/proc/{pid}/{file}").read_text(), re.MULTILINE):
            return int(match[1])
    return 0


def _changes(stack: Deployed) -> int:
    """Return how many transactions have written to SQLite's files, the jobs' included."""
    return sum(struct.unpack_from("=I", header, CHANGES)[0] for header in _headers(stack).values())


def _headers(stack: Deployed) -> dict[str, bytes]:
    """Return the headers of SQLite's wal-indexes."""
    return {path.name: path.read_bytes()[:HEADER] for path in stack.data.glob("*.db-shm")}


class Log:
    """Adds up what goes into the write-ahead log. SQLite's begins anew now and then, so have it `look` often."""

    def __init__(self, stack: Deployed) -> None:
        self._stack = stack
        self._pages: dict[tuple[str, int], int] = {}  # by file and salt, which is another one each time it begins
        self._before = self.look()

    def look(self) -> int:
        """Return the bytes that have gone into the log, as far as they were seen."""
        if self._stack.on_server:
            return int(carry_out(self._stack.database_url, LOG)[0][0])
        for name, header in _headers(self._stack).items():
            pages, salt = (struct.unpack_from("=I", header, at)[0] for at in (PAGES_LOGGED, SALT))
            self._pages[name, salt] = max(pages, self._pages.get((name, salt), 0))
        return sum(self._pages.values()) * PAGE

    def grown(self) -> int:
        """Return the bytes since the start."""
        return self.look() - self._before
