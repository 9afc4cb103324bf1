"""Tags: title, artists, album, year, ISRC and MusicBrainz recording, read with mutagen."""

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import av
import mutagen
from mutagen.apev2 import APEv2
from mutagen.easymp4 import EasyMP4Tags
from mutagen.id3 import ID3, Encoding, ID3FileType

from bot.audio.files.decode import opened
from bot.audio.files.endings import Unnamed
from bot.audio.files.libav import ONLY_FILES
from bot.core import untrusted
from bot.core.codes import isrc
from bot.core.library.filenames import said_by
from bot.core.library.tables.decode import lines
from bot.errors.audio import AudioError

# MusicBrainz Picard's tag mapping; mutagen's easy names cover the rest.
EasyMP4Tags.RegisterFreeformKey("isrc", "ISRC")  # type: ignore[no-untyped-call]
ID3_FRAMES = {
    "title": ("TIT2",),
    "artist": ("TPE1",),
    "albumartist": ("TPE2",),
    "album": ("TALB",),
    "date": ("TDRC", "TDRL"),
    "isrc": ("TSRC",),
}
BY_DESCRIPTION = {"isrc": "isrc", "artists": "artists", "musicbrainz track id": "musicbrainz_trackid"}  # free-form
VARIOUS = "various"  # start of a placeholder artist's name
ID3_RECORDING = "UFID:http://musicbrainz.org"
ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")  # ISO 3901, without its hyphens
INFO = {b"INAM": "title", b"IART": "artist", b"IPRD": "album", b"ICRD": "date", b"ISRC": "isrc"}
INFO |= {b"IALB": "album", b"YEAR": "date"}  # of a WAV
UNDECODED = "\ufffd"  # what takes the place of bytes that are no text
ENOUGH = 1_000  # characters of a text; pictures are among them
MOST_INFO = 2**20  # bytes
YEAR = re.compile(r"\b(1[89]|20)\d\d\b")
MBID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file's tags say; anything else is absent."""

    title: str
    artists: tuple[str, ...] = ()
    album: str | None = None
    year: int | None = None
    isrc: str | None = None
    mbid: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def read_tags(source: Path | BinaryIO) -> Tags:
    """Return a file's tags. Without a title, its name is parsed (`core.library.filenames`). Never raises."""
    path = source if isinstance(source, Path) else Path(source.name)
    said = _said(source)
    if not said.get("title"):
        title, artist = said_by(untrusted.text(path.stem) or path.name)
        said = {**said, "title": [title], "artist": said.get("artist") or ([artist] if artist else [])}
    return Tags(
        title=said["title"][0],
        artists=tuple(said.get("artists") or said.get("artist") or _artists_of_album(said)),
        album=_first(said, "album"),
        year=int(date[0]) if (date := YEAR.search(_first(said, "date") or _first(said, "year") or "")) else None,
        isrc=_isrc(said),
        mbid=_matching(MBID, (_first(said, "musicbrainz_trackid") or "").lower()),
    )


def _artists_of_album(said: Mapping[str, list[str]]) -> list[str]:
    return [name for name in said.get("albumartist", ()) if not name.casefold().startswith(VARIOUS)]


def _said(source: Path | BinaryIO) -> Mapping[str, list[str]]:
    """Return every tag in the file, the most reliable source first."""
    try:
        with opened(source) as file:
            tags: dict[str, list[str]] = {}
            for read in (_by_name, _by_content, _apev2, _riff_info, _itunes, _id3v1, _libav):
                if read is not _libav or not {"title", "artist"} <= tags.keys():  # it takes longest
                    tags = _tried(read, file) | tags
            return tags
    except AudioError:
        return {}


def _tried(read: Callable[[BinaryIO], Mapping[str, list[str]]], file: BinaryIO) -> dict[str, list[str]]:
    """Return what a reader finds: texts on one line, and none that it couldn't decode."""
    file.seek(0)
    try:
        found = read(file)
    except Exception:  # parsers raise anything on a damaged file: it has no tags
        return {}
    known = {name: [text for said in texts if (text := untrusted.text(said[:ENOUGH]))] for name, texts in found.items()}
    return {name: texts for name, texts in known.items() if texts and UNDECODED not in "".join(texts)}


def _by_name(file: BinaryIO) -> dict[str, list[str]]:
    """Tags by mutagen's own guess at the format, from name and content."""
    return _written(mutagen.File(file, easy=True), file)


def _by_content(file: BinaryIO) -> dict[str, list[str]]:
    """Tags by content alone: an MP3 may be called song.flac."""
    return _written(mutagen.File(Unnamed(file), easy=True), file)


def _written(opened: Any, file: BinaryIO) -> dict[str, list[str]]:
    if isinstance(opened, ID3FileType):
        file.seek(0)
        return _frames(ID3(file, load_v1=False))  # type: ignore[no-untyped-call]
    tags = getattr(opened, "tags", None)
    return {} if tags is None else _frames(tags) if isinstance(tags, ID3) else _texts(tags)


def _apev2(file: BinaryIO) -> dict[str, list[str]]:
    """APEv2 at the end of an MP3, as foobar2000 and older players write it."""
    said = _texts(APEv2(file))  # type: ignore[no-untyped-call]
    return said | {"date": said.get("year", [])}


def _id3v1(file: BinaryIO) -> dict[str, list[str]]:
    """ID3v1, which truncates everything: a last resort."""
    return _frames(ID3(file))  # type: ignore[no-untyped-call]


def _riff_info(file: BinaryIO) -> dict[str, list[str]]:
    """The INFO list of a WAV (Microsoft, Multimedia Programming Interface 1.0)."""
    head = file.read(12)
    if head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
        return {}
    tags: dict[str, list[str]] = {}
    while len(chunk := file.read(8)) == 8:
        size = int.from_bytes(chunk[4:], "little")
        content = file.read(size) if chunk[:4] == b"LIST" and size < MOST_INFO else b""
        if content[:4] == b"INFO":
            tags |= _info(content[4:])
        file.seek(size + size % 2 - len(content), io.SEEK_CUR)
    return tags


def _info(content: bytes) -> dict[str, list[str]]:
    tags, at = {}, 0
    while at + 8 <= len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        text = content[at + 8 : at + 8 + size].split(b"\0")[0]
        if (name := INFO.get(content[at : at + 4])) and text.strip():
            tags[name] = ["".join(lines(text)).strip()]
        at += 8 + size + size % 2
    return tags


def _itunes(file: BinaryIO) -> dict[str, list[str]]:
    """Free-form atoms of an M4A, and the one in songs sold on iTunes: "Label:isrc:QZAAA2500001"."""
    tags = mutagen.File(Unnamed(file)).tags
    values = {"isrc": [str(text).rpartition(":")[2] for text in tags.get("xid ", ()) if ":isrc:" in str(text).lower()]}
    for key in tags:
        name = BY_DESCRIPTION.get(key.rpartition(":")[2].lower())
        if key.startswith("----:") and name and not values.get(name):
            values[name] = [bytes(text).decode("utf-8", "replace").strip() for text in tags[key]]
    return values


def _libav(file: BinaryIO) -> dict[str, list[str]]:
    """What libav finds: tags of Matroska and QuickTime, names in AIFF and CAF, and comments in other encodings."""
    with av.open(file, options=ONLY_FILES, metadata_errors="surrogateescape") as container:
        found = [container.metadata, *(stream.metadata for stream in container.streams.audio)]
    said = {name.lower(): text for metadata in found for name, text in metadata.items()}
    said.setdefault("artist", said.get("author", ""))
    return {name: ["".join(lines(text.encode("utf-8", "surrogateescape")))] for name, text in said.items()}


def _isrc(said: Mapping[str, list[str]]) -> str | None:
    """Return the first code that looks like an ISRC (ISO 3901)."""
    codes = (isrc(text) for text in said.get("isrc", ()))
    return next((code for code in codes if code and ISRC.fullmatch(code)), None)


def _texts(tags: Any) -> dict[str, list[str]]:
    names = set(tags.keys())  # a Vorbis comment iterates over pairs, not names
    return {name.lower(): [text for value in _values(tags[name]) if (text := str(value).strip())] for name in names}


def _values(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) else list(value)


def _frames(tags: ID3) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, frames in ID3_FRAMES.items():
        values[name] = next(
            (texts for frame in frames if (texts := _of_frame(tags[frame]) if frame in tags else [])), []
        )
    for free in tags.getall("TXXX"):  # type: ignore[no-untyped-call]
        meant = BY_DESCRIPTION.get(free.desc.lower())
        if meant and not values.get(meant):
            values[meant] = _of_frame(free)
    if ID3_RECORDING in tags:
        values["musicbrainz_trackid"] = [tags[ID3_RECORDING].data.decode("ascii", "replace")]
    return values


def _of_frame(frame: Any) -> list[str]:
    """Return a frame's texts; if it says Latin-1, it may be in whatever encoding the tagger's system used."""
    texts = [str(text).strip() for text in frame.text]
    return [_restored(text) if frame.encoding == Encoding.LATIN1 else text for text in texts if text]


def _restored(text: str) -> str:
    try:
        return text if text.isascii() else "".join(lines(text.encode("latin-1")))
    except UnicodeEncodeError:
        return text


def _first(said: Mapping[str, list[str]], name: str) -> str | None:
    return next(iter(said.get(name, ())), None)


def _matching(form: re.Pattern[str], text: str) -> str | None:
    return text if form.fullmatch(text) else None
