"""Hearing: commands that build and measure the audio models. Only they need the sound libraries."""

import argparse
import json
from hashlib import sha256


def build_musicnn_command(options: argparse.Namespace) -> int:
    """Build musicnn's ONNX file from the package's wheel, check it against the package's own layers, and write it."""
    from bot.disk import write_whole
    from training.musicnn.build import build, compare

    content = build(options.wheel)
    off = compare(content, options.wheel)
    write_whole(options.out, content)
    print(f"{options.out}: {len(content):,} bytes, differs by {off:.0e} at most, sha256 {sha256(content).hexdigest()}")
    return 0


def evaluate_highlights_command(options: argparse.Namespace) -> int:
    """Print, for each folder, the mean share of a clip inside the highlight, with 95 % intervals over songs."""
    from training.hearing.highlights import report

    for folder in options.folders:
        print(report(folder, options.highlight, options.seed), end="\n\n")
    return 0


def evaluate_audio_command(options: argparse.Namespace) -> int:
    """Analyse every recording, and print the accuracy of tempo, key and loudness."""
    from bot.audio.analysis.embedding import Embedder
    from training.files import make_ready, write_text
    from training.hearing.accuracy import evaluate, hear
    from training.hearing.report import report
    from training.hearing.truth import read_truth
    from training.progress import bar

    make_ready(None, options.json)
    recordings = [recording for folder in options.data for recording in read_truth(folder)]
    embedder = Embedder()
    heard = [hear(recording, embedder) for recording in bar(recordings, "recordings")]
    results = {"command": options.command, **evaluate(heard, options.seed)}
    print(report(results))
    if options.json:
        write_text(options.json, json.dumps(results, indent=1, ensure_ascii=False))
    return 0


def fit_tempo_command(options: argparse.Namespace) -> int:
    """Play grooves, learn how to weigh the evidence for a tempo, and print the weights."""
    from training.hearing.grooves import play
    from training.hearing.styles import STYLES
    from training.hearing.tempo import as_table, learn
    from training.progress import bar

    grooves = (play(style, seed) for style in STYLES for seed in range(options.each))
    print(as_table(learn(bar(grooves, "grooves", len(STYLES) * options.each))))
    return 0


def play_charts_command(options: argparse.Namespace) -> int:
    """Play charts whose key is known, and write the recordings with truth.csv."""
    from training.hearing.arrangement import record, take_down
    from training.progress import bar

    options.out.mkdir(parents=True, exist_ok=True)
    charts = take_down(options.charts)
    record(bar(charts, "charts"), options.fonts, options.out)
    return 0


def fit_key_command(options: argparse.Namespace) -> int:
    """Learn how to weigh the evidence for a key; print how well it's heard in recordings left out, and the weights."""
    from training.hearing.key import as_table, choose, gather, learn, report
    from training.hearing.truth import read_truth
    from training.progress import bar

    recordings = [recording for folder in options.data for recording in read_truth(folder) if recording.key]
    evidence = gather(bar(recordings, "recordings"))
    print(report(evidence, [recording.source for recording in recordings]))
    print(as_table(learn(evidence, *choose(evidence))))
    return 0
