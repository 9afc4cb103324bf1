"""The process that hears: answers one request after the other, and may die of any of them.

`python -m bot.audio.process BYTES` speaks `bot.core.wire` over its standard input and output and may take BYTES of
memory. It is started by `bot.adapters.hearing`. A request has "do", one of ANSWERS, and that one's arguments; an answer
is what is said below, or {"error": the class of bot.errors, "words": what happened}.
"""

import base64
import hashlib
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from bot.audio.clip import cut
from bot.audio.decode import Sound, read
from bot.audio.embedding import MODEL, Embedder
from bot.audio.embedding import RATE as EMBEDDING_RATE
from bot.audio.features import FEATURES, VERSION, Analysis, hear
from bot.audio.peak import find
from bot.audio.picture import key_name, picture
from bot.audio.spectrum import mixed
from bot.audio.tags import read_tags
from bot.audio.tastemap import draw
from bot.core import wire
from bot.core.features import TAG
from bot.core.highlight import Peak
from bot.errors import AudioError, HearingFailed, TooLargeAudio

EMBEDDING = "musicnn"  # the name of its vector
Answer = dict[str, Any]


def features(_: Mapping[str, Any]) -> Answer:
    """Which set of features this process hears, and in what units."""
    return {"version": VERSION, "units": {each.name: each.unit for each in FEATURES}}


def analyse(request: Mapping[str, Any]) -> Answer:
    """The features of the file at "path", embedding included: numbers, vectors, version."""
    sound = read(Path(request["path"]))
    return _plain(_with_embedding(hear(sound).analysis, sound))


def describe(request: Mapping[str, Any]) -> Answer:
    """The features, key and peak of the file at "path", what each took (s), and a PNG where "picture" is true."""
    began = time.perf_counter()
    sound = read(Path(request["path"]))
    decoded = time.perf_counter()
    detail = hear(sound)
    analysed = time.perf_counter()
    analysis = _with_embedding(detail.analysis, sound)
    embedded = time.perf_counter()
    peak = find(sound)
    found = time.perf_counter()
    times = {"decode": decoded - began, "features": analysed - decoded, "embedding": embedded - analysed}
    drawn = {"picture": _text(picture(sound, peak, detail))} if request.get("picture") else {}
    told = {"key": key_name(detail.tonality)}
    return _plain(analysis) | _plain_peak(peak) | told | {"took": times | {"peak": found - embedded}} | drawn


def recording(request: Mapping[str, Any]) -> Answer:
    """What is to be kept of the file at "path": digest, tags, and its features or an error.

    Where its digest is "known", its content is what it was, and only the digest is said; where it is one of those that
    were heard "elsewhere", digest and tags.
    """
    path = Path(request["path"])
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest == request.get("known"):
        return {"digest": digest}
    tags = read_tags(path).as_dict()
    if digest in request.get("elsewhere", ()):
        return {"digest": digest, "tags": tags}
    return {"digest": digest, "tags": tags} | _attempt(analyse, request)


def peak(request: Mapping[str, Any]) -> Answer:
    """The peak of the file at "path"."""
    return _plain_peak(find(read(Path(request["path"]))))


def clip(request: Mapping[str, Any]) -> Answer:
    """The clip of "seconds" from "start" on out of the file at "path": data (base64), name, mime, seconds, waveform."""
    made = cut(Path(request["path"]), request["start"], request["seconds"])
    about = {"name": made.name, "mime": made.mime, "seconds": made.seconds, "waveform": made.waveform}
    return {"data": _text(made.data)} | about


def tastemap(request: Mapping[str, Any]) -> Answer:
    """The picture of "clouds", "rest" and "latest", as `bot.audio.tastemap` draws it: a PNG (base64)."""
    return {"picture": _text(draw(request["clouds"], request["rest"], request["latest"]))}


ANSWERS: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
    each.__name__: each for each in (features, analyse, describe, recording, peak, clip, tastemap)
}


def _with_embedding(analysis: Analysis, sound: Sound) -> Analysis:
    """Add what musicnn hears, where its file is there."""
    if not MODEL.exists():
        return analysis
    heard = _embedder().embed(mixed(sound, EMBEDDING_RATE), EMBEDDING_RATE)
    tags = {f"{TAG}{name}": score for name, score in heard.tags.items()}
    return Analysis({**analysis.numbers, **tags}, {**analysis.vectors, EMBEDDING: heard.embedding}, analysis.version)


@cache
def _embedder() -> Embedder:
    return Embedder()


def _plain(analysis: Analysis) -> Answer:
    vectors = {name: vector.tolist() for name, vector in analysis.vectors.items()}
    return {"numbers": dict(analysis.numbers), "vectors": vectors, "version": analysis.version}


def _plain_peak(found: Peak) -> Answer:
    return {
        "peak": {"start": found.start, "moment": found.moment, "confidence": found.confidence, "way": found.way},
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _attempt(answer: Callable[[Mapping[str, Any]], Answer], request: Mapping[str, Any]) -> Answer:
    """Answer, or say as what error it ended."""
    try:
        return answer(request)
    except AudioError as error:
        return {"error": type(error).__name__, "words": str(error)}
    except MemoryError:
        return {"error": TooLargeAudio.__name__, "words": str(TooLargeAudio())}
    except Exception as defect:  # a file that finds a defect of ours must not cost the files after it
        traceback.print_exc()
        return {"error": HearingFailed.__name__, "words": f"{type(defect).__name__}: {defect}"}


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Answer requests until there are no more."""
    while header := incoming.read(wire.HEADER.size):
        request = wire.unpack(incoming.read(wire.length(header)))
        outgoing.write(wire.pack(_attempt(ANSWERS[request["do"]], request)))
        outgoing.flush()


def main(arguments: list[str]) -> None:
    """Take no more memory than is allowed, leave no core behind, and serve."""
    most = int(arguments[0])
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(os.dup(1), "wb") as outgoing:
        os.dup2(2, 1)  # what a library prints must not come between our messages
        serve(sys.stdin.buffer, outgoing)


if __name__ == "__main__":
    main(sys.argv[1:])
