"""The process that hears: answers one request after the other, and may die of any of them.

`python -m bot.audio.process BYTES SOCKET` speaks `bot.core.wire` over its standard input and output, may take BYTES of
memory and can open nothing: a request about a file says its "name", and the file comes, open, over the socket with that
descriptor. It is started by `bot.adapters.hearing`. A request has "do", one of ANSWERS, and that one's arguments; an
answer is what is said below, or {"error": the class of bot.errors, "words": what happened}.
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
from bot.audio.clips.peak import find
from bot.audio.clips.picture import key_name, picture
from bot.audio.clips.tastemap import draw
from bot.audio.files.decode import read
from bot.audio.files.sound import Sound
from bot.audio.files.tags import read_tags
from bot.confine import confine, held
from bot.core import wire
from bot.core.features import TAG
from bot.core.feed.highlight import Peak
from bot.errors.audio import AudioError, HearingFailed, TooLargeAudio

EMBEDDING = "musicnn"  # the name of its vector
CODECS = ("ascii", "latin-1", "cp1252", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "idna")  # of tags
COMMANDS = ("__main__", "_tools")  # modules that are programs
Answer = dict[str, Any]


def features(_: Mapping[str, Any]) -> Answer:
    """Which set of features this process hears, and in what units."""
    return {"version": VERSION, "units": {feature.name: feature.unit for feature in FEATURES}}


def analyse(request: Mapping[str, Any]) -> Answer:
    """The features of the file, embedding included: numbers, vectors, version."""
    sound = read(request["file"])
    return _plain(_with_embedding(hear(sound).analysis, sound))


def describe(request: Mapping[str, Any]) -> Answer:
    """The features, key and peak of the file, what each took (s), and a PNG where "picture" is true."""
    began = time.perf_counter()
    sound = read(request["file"])
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
    """What is to be kept of the file: digest, tags, and its features or an error.

    Where its digest is "known", its content is what it was, and only the digest is said; where it is one of those that
    were heard "elsewhere", digest and tags.
    """
    file: BinaryIO = request["file"]
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # what is open can be read
    if digest == request.get("known"):
        return {"digest": digest}
    tags = read_tags(file).as_dict()
    if digest in request.get("elsewhere", ()):
        return {"digest": digest, "tags": tags}
    return {"digest": digest, "tags": tags} | _attempt(analyse, request)


def peak(request: Mapping[str, Any]) -> Answer:
    """The peak of the file."""
    return _plain_peak(find(read(request["file"])))


def clip(request: Mapping[str, Any]) -> Answer:
    """The clip of "seconds" from "start" on out of the file: data (base64), name, mime, seconds, waveform."""
    made = cut(request["file"], request["start"], request["seconds"])
    about = {"name": made.name, "mime": made.mime, "seconds": made.seconds, "waveform": made.waveform}
    return {"data": _text(made.data)} | about


def guards(request: Mapping[str, Any]) -> Answer:
    """What this process should not be able to do; whether it was refused when it tried. "memory": bytes it may take."""
    return {"refused": held(request["memory"])}


def tastemap(request: Mapping[str, Any]) -> Answer:
    """The picture of "clouds", "rest" and "latest", as `bot.audio.clips.tastemap` draws it: a PNG (base64)."""
    return {"picture": _text(draw(request["clouds"], request["rest"], request["latest"]))}


ANSWERS: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
    each.__name__: each for each in (features, analyse, describe, recording, peak, clip, tastemap, guards)
}


def _with_embedding(analysis: Analysis, sound: Sound) -> Analysis:
    """Add what musicnn hears, where its file is there."""
    embedder = _embedder()
    if embedder is None:
        return analysis
    heard = embedder.embed(mixed(sound, EMBEDDING_RATE), EMBEDDING_RATE)
    tags = {f"{TAG}{name}": score for name, score in heard.tags.items()}
    return Analysis({**analysis.numbers, **tags}, {**analysis.vectors, EMBEDDING: heard.embedding}, analysis.version)


@cache
def _embedder() -> Embedder | None:
    """musicnn, or None without its file. Looked for once: a confined process may not see the folder it's in."""
    return Embedder() if MODEL.exists() else None


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
    """A request with its "file", where it is about one."""
    if "name" not in request:
        yield request
        return
    _, (descriptor,), _, _ = socket.recv_fds(files, 1, 1)
    raw = io.FileIO(descriptor)
    raw.name = request["name"]  # its ending is a hint to decoders, and the rest may be all there is of a title
    with io.BufferedReader(raw) as file:
        yield {**request, "file": file}


def _load() -> None:
    """Load what libraries leave until it is first wanted, by rehearsing every answer: from now on nothing is opened."""
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
    tastemap({"clouds": [{"name": "é", "songs": [[0.0, 0.0]] * 9}], "rest": [[0.5, 0.5]], "latest": [[0.0, 0.0]]})


def main(arguments: list[str]) -> None:
    """Give up what hearing has no use for, and serve."""
    most, descriptor = map(int, arguments)
    files = socket.socket(fileno=descriptor)
    with os.fdopen(os.dup(1), "wb") as outgoing:
        os.dup2(2, 1)  # what a library prints must not come between our messages
        if sys.platform == "linux":
            _load()
        confine(most)
        serve(sys.stdin.buffer, outgoing, files)


if __name__ == "__main__":
    main(sys.argv[1:])
