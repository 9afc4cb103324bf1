"""The audio process: answers one request at a time, and may die from any of them.

`python -m bot.audio.process BYTES SOCKET` speaks `bot.core.wire` over standard input and output, may use BYTES of
memory and can't open anything: a request about a file has its "name", and the open file arrives over the socket with
that descriptor. `bot.adapters.hearing` starts it. A request has "do", one of ANSWERS, and that one's arguments; the
answer is described below, or is {"error": the class from bot.errors, "words": what happened}.
"""

import base64
import codecs
import hashlib
import importlib
import io
import os
import pkgutil
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, BinaryIO

import av
import mutagen
import numpy as np
import soundfile
from PIL import Image

from bot.audio.analysis.embedding import MODEL, Embedder
from bot.audio.analysis.embedding import RATE as EMBEDDING_RATE
from bot.audio.analysis.features import FEATURES, VERSION, Analysis, hear
from bot.audio.analysis.spectrum import mixed
from bot.audio.clips.clip import cut
from bot.audio.clips.highlight import find
from bot.audio.clips.picture import key_name, picture
from bot.audio.clips.taste_map import draw
from bot.audio.files.decode import read
from bot.audio.files.sound import Sound
from bot.audio.files.tags import read_tags
from bot.confine import confine, held
from bot.core import wire
from bot.core.features import TAG
from bot.core.feed.highlight import Highlight
from bot.core.library.tables.decode import MARKS
from bot.core.library.tables.languages import LANGUAGES
from bot.errors.audio import AudioError, HearingFailed, TooLargeAudio

EMBEDDING = "musicnn"  # the name of its vector
CODECS = ("ascii", "latin-1", "utf-8-sig", "utf-16", "idna", *MARKS.values(), *LANGUAGES)  # used in tags
COMMANDS = ("__main__", "_tools")  # modules that are programs
Answer = dict[str, Any]


def features(_: Mapping[str, Any]) -> Answer:
    """Return this process's set of features, and their units."""
    return {"version": VERSION, "units": {feature.name: feature.unit for feature in FEATURES}}


def analyse(request: Mapping[str, Any]) -> Answer:
    """Return the file's features, embedding included: numbers, vectors, version."""
    sound = read(request["file"])
    return _plain(_with_embedding(hear(sound).analysis, sound))


def describe(request: Mapping[str, Any]) -> Answer:
    """Return the file's features, key and highlight, the seconds each took, and a PNG if "picture" is true."""
    began = time.perf_counter()
    sound = read(request["file"])
    decoded = time.perf_counter()
    detail = hear(sound)
    analysed = time.perf_counter()
    analysis = _with_embedding(detail.analysis, sound)
    embedded = time.perf_counter()
    highlight = find(sound)
    ended = time.perf_counter()
    times = {"decode": decoded - began, "features": analysed - decoded, "embedding": embedded - analysed}
    times["highlight"] = ended - embedded
    drawn = {"picture": _text(picture(sound, highlight, detail))} if request.get("picture") else {}
    told = {"key": key_name(detail.tonality), "took": times}
    return _plain(analysis) | _plain_highlight(highlight) | told | drawn


def recording(request: Mapping[str, Any]) -> Answer:
    """Return what to store about the file: digest, tags, and its features or an error.

    If the digest is the "known" one, the content hasn't changed, and only the digest is returned; if it's among those
    analysed "elsewhere", digest and tags.
    """
    file: BinaryIO = request["file"]
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # an open file is readable
    if digest == request.get("known"):
        return {"digest": digest}
    tags = read_tags(file).as_dict()
    if digest in request.get("elsewhere", ()):
        return {"digest": digest, "tags": tags}
    return {"digest": digest, "tags": tags} | _attempt(analyse, request)


def highlight(request: Mapping[str, Any]) -> Answer:
    """Return the file's highlight."""
    return _plain_highlight(find(read(request["file"])))


def clip(request: Mapping[str, Any]) -> Answer:
    """Return the file's clip of "seconds" from "start": data (base64), name, mime, seconds, waveform."""
    made = cut(request["file"], request["start"], request["seconds"])
    about = {"name": made.name, "mime": made.mime, "seconds": made.seconds, "waveform": made.waveform}
    return {"data": _text(made.data)} | about


def guards(request: Mapping[str, Any]) -> Answer:
    """Try what this process mustn't be able to do; return whether each was refused. "memory": its limit in bytes."""
    return {"refused": held(request["memory"])}


def taste_map(request: Mapping[str, Any]) -> Answer:
    """Return the picture of "clouds", "rest" and "latest" from `bot.audio.clips.taste_map`: a PNG (base64)."""
    return {"picture": _text(draw(request["clouds"], request["rest"], request["latest"]))}


ANSWERS: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
    function.__name__: function
    for function in (features, analyse, describe, recording, highlight, clip, taste_map, guards)
}


def _with_embedding(analysis: Analysis, sound: Sound) -> Analysis:
    """Add musicnn's embedding, if its file is there."""
    embedder = _embedder()
    if embedder is None:
        return analysis
    heard = embedder.embed(mixed(sound, EMBEDDING_RATE), EMBEDDING_RATE)
    tags = {f"{TAG}{name}": score for name, score in heard.tags.items()}
    return Analysis({**analysis.numbers, **tags}, {**analysis.vectors, EMBEDDING: heard.embedding}, analysis.version)


@cache
def _embedder() -> Embedder | None:
    """Return musicnn, or None without its file. Looked up once: a confined process may not see its folder."""
    return Embedder() if MODEL.exists() else None


def _plain(analysis: Analysis) -> Answer:
    vectors = {name: vector.tolist() for name, vector in analysis.vectors.items()}
    return {"numbers": dict(analysis.numbers), "vectors": vectors, "version": analysis.version}


def _plain_highlight(at: Highlight) -> Answer:
    return {
        "highlight": {"start": at.start, "moment": at.moment, "confidence": at.confidence, "way": at.way},
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _attempt(answer: Callable[[Mapping[str, Any]], Answer], request: Mapping[str, Any]) -> Answer:
    """Answer, or return the error."""
    try:
        return answer(request)
    except AudioError as error:
        return {"error": type(error).__name__, "words": str(error)}
    except MemoryError:
        return {"error": TooLargeAudio.__name__, "words": str(TooLargeAudio())}
    except Exception as defect:  # a file that reveals a bug of ours mustn't affect the files after it
        return {"error": HearingFailed.__name__, "words": f"{type(defect).__name__}: {defect}"}


def serve(incoming: BinaryIO, outgoing: BinaryIO, files: socket.socket) -> None:
    """Answer requests until there are no more."""
    while header := incoming.read(wire.HEADER.size):
        request = wire.unpack(incoming.read(wire.length(header)))
        with _handed_over(files, request) as complete:
            outgoing.write(wire.pack(_attempt(ANSWERS[request["do"]], complete)))
        outgoing.flush()


@contextmanager
def _handed_over(files: socket.socket, request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a request with its open "file", if it's about one."""
    if "name" not in request:
        yield request
        return
    _, (descriptor,), _, _ = socket.recv_fds(files, 1, 1)
    raw = io.FileIO(descriptor)
    raw.name = request["name"]  # its extension is a hint to decoders, and the rest may be the only title there is
    with io.BufferedReader(raw) as file:
        yield {**request, "file": file}


def _load() -> None:
    """Rehearse every answer, so that libraries load what they load lazily: from now on nothing can be opened."""
    for package in (av, mutagen):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.rpartition(".")[2] not in COMMANDS:
                importlib.import_module(module.name)
    for name in CODECS:
        codecs.lookup(name)
    Image.init()
    noise = np.random.default_rng(0).normal(scale=0.1, size=(2 * 8_000, 2)).astype(np.float32)
    raw = io.FileIO(os.memfd_create("noise"), "r+")
    raw.name = "noise.wav"
    with io.BufferedRandom(raw) as file:
        soundfile.write(file, noise, 8_000, format="WAV")
        request = {"file": file, "picture": True, "start": 0.0, "seconds": 1.0}
        for answer in (recording, describe, clip):
            file.seek(0)
            answer(request)
    taste_map({"clouds": [{"name": "é", "songs": [[0.0, 0.0]] * 9}], "rest": [[0.5, 0.5]], "latest": [[0.0, 0.0]]})


def main(arguments: list[str]) -> None:
    """Drop every right that reading audio doesn't need, and serve."""
    most, descriptor = map(int, arguments)
    files = socket.socket(fileno=descriptor)
    with os.fdopen(os.dup(1), "wb") as outgoing:
        os.dup2(2, 1)  # anything a library prints must stay out of our messages
        if sys.platform == "linux":
            _load()
        confine(most)
        serve(sys.stdin.buffer, outgoing, files)


if __name__ == "__main__":
    main(sys.argv[1:])
