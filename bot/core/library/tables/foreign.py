"""Foreign: recognise files that aren't tables by their first bytes. Pure."""

from bot.core.library.tables.decode import wide
from bot.core.library.tables.problems import Foreign, NotATable

KINDS = (
    (b"PK\x03\x04", b"xl/", Foreign.EXCEL),
    (b"PK\x03\x04", b"opendocument", Foreign.SPREADSHEET),
    (b"PK\x03\x04", b"Index/Document.iwa", Foreign.NUMBERS),
    (b"PK\x03\x04", b"", Foreign.ZIP),
    (b"\xd0\xcf\x11\xe0", b"", Foreign.OLD_EXCEL),
    (b"\x1f\x8b", b"", Foreign.GZIP),
    (b"<", b"", Foreign.WEB_PAGE),
    (b"{\\rtf", b"", Foreign.RICH_TEXT),
    (b"#EXTM3U", b"", Foreign.MEDIA_LIST),
    (b"%PDF", b"", Foreign.PDF),
)  # first bytes, other contents, what it is
NOT_TEXT = bytes(range(32)).translate(None, b"\t\n\r\x0b\x0c\x1b")
MOST_NOT_TEXT = 0.02  # of the first bytes; up to two are always allowed


def refuse(data: bytes) -> None:
    """Raise NotATable if the data isn't text, or is another kind of text."""
    begins = data[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
    for first, inside, kind in KINDS:
        if begins.startswith(first) and inside in data:
            raise NotATable(kind)
    if wide(data):
        return
    noise = len(data[:4096]) - len(data[:4096].translate(None, NOT_TEXT))
    if noise > max(2, MOST_NOT_TEXT * len(data[:4096])):
        raise NotATable(Foreign.BINARY)
