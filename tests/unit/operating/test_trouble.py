"""What an operator reads when the system or the network says no: what it is, and the setting to change."""

import asyncio
import socket

import pytest

from bot.adapters.store.problems import shut
from bot.cli.trouble import words

ELSEWHERE = "192.0.2.1"  # for documentation: no machine has it


async def refused(host: str, port: int) -> OSError:
    with pytest.raises(OSError, match="bind") as problem:
        await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
    return problem.value


async def test_an_address_that_cannot_be_listened_on_is_named_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        problem = await refused("127.0.0.1", port)
    assert words(problem) == f"port {port} is in use by another program: stop it, or change HTTP_PORT"
    assert words(problem, port="PORT").endswith(" change PORT")
    assert words(await refused(ELSEWHERE, 0)) == f"this machine doesn't have the address {ELSEWHERE}: change HTTP_HOST"


def test_what_a_database_server_says_on_several_lines_is_one_line_of_sentences() -> None:
    said = 'connection to "db" failed: Connection refused\n\tIs the server running on that host?\n'
    asked = 'connection to "db" failed: Connection refused. Is the server running on that host? Check DATABASE_URL'
    assert str(shut(said)).startswith(f"PostgreSQL: {asked}")
