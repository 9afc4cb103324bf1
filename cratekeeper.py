"""The `cratekeeper` command: the bot's own commands, `train` and `sandbox`."""

import os
import sys

BESIDE = {"train": "train, use and measure models from files", "sandbox": "try the bot without any account"}


def main() -> int:
    """Run the command that was typed; returns the exit code."""
    name, rest = (sys.argv[1:2] or ["--help"])[0], sys.argv[2:]
    if name == "train":
        return _train(rest)
    if name == "sandbox":
        return _sandbox(rest)
    from bot.__main__ import start

    return start([name, *rest], prog="cratekeeper", beside=BESIDE)


def _train(arguments: list[str]) -> int:
    from bot import modes
    from training.__main__ import start as train  # before numpy: training keeps it to one thread

    os.umask(modes.UMASK)
    return train(arguments, "cratekeeper train")


def _sandbox(arguments: list[str]) -> int:
    from bot import modes
    from sandbox.__main__ import main as play

    os.umask(modes.UMASK)
    return play(arguments, os.environ, prog="cratekeeper sandbox")


if __name__ == "__main__":
    sys.exit(main())
