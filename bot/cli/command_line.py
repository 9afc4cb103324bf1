"""Command line: what the bot's commands and training's have in common."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands", name: str, what: str) -> argparse.ArgumentParser:
    """Add a command. what: what it does, for the list of commands and for its own help."""
    return commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
