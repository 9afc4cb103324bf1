"""`build-words`: builds the file of words' vectors that ships with the bot."""

import argparse
from hashlib import sha256

from bot.disk import write_whole
from training.words import build


def build_words_command(options: argparse.Namespace) -> int:
    """Build the file from wordllama's wheel, and write it."""
    content = build(options.wheel)
    write_whole(options.out, content)
    print(f"{options.out}: {len(content):,} bytes, sha256 {sha256(content).hexdigest()}")
    return 0
