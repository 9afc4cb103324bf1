"""Command line: what the bot's commands and training's have in common."""

import argparse
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

INTERRUPTED, UNREAD = 130, 141  # exit codes, as shells give them for SIGINT and SIGPIPE


def add_command(commands: "Commands", name: str, what: str) -> argparse.ArgumentParser:
    """Add a command. what: what it does, for the list of commands and for its own help."""
    return commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")


def carry_out(command: Callable[[], int]) -> int:
    """Return a command's exit code. Ctrl-C, or a reader of its output that leaves, ends it without a word."""
    try:
        code = command()
        print(end="", flush=True)
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return UNREAD
    except OSError:
        _drop_output()
        raise


def _drop_output() -> None:
    """Drop what waits to be printed and can't be: Python would try once more when it ends, and complain."""
    try:
        print(end="", flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
