"""Listening: commands that make and measure what the bot hears with. They alone need the libraries for sound."""

import argparse
from hashlib import sha256


def build_musicnn_command(options: argparse.Namespace) -> int:
    """Build musicnn's ONNX file from the package's wheel, compare it with the package's own layers, and write it."""
    from training.export import write_whole
    from training.musicnn import build, compare

    content = build(options.wheel)
    off = compare(content, options.wheel)
    write_whole(options.out, content)
    print(f"{options.out}: {len(content):,} bytes, off by {off:.0e} at most, sha256 {sha256(content).hexdigest()}")
    return 0


def evaluate_peaks_command(options: argparse.Namespace) -> int:
    """Print, for each folder, the mean share of a clip inside the highlight, with 95 % intervals over songs."""
    from training.peaks import report

    for folder in options.folders:
        print(report(folder, options.highlight, options.seed), end="\n\n")
    return 0
