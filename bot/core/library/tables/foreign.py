"""Foreign: recognise files that aren't tables by their first bytes, and say what to do. Pure."""

from bot.core.library.tables.decode import wide

MADE_BY = "Exportify (exportify.net) makes one from your Spotify library."
KINDS = (
    (b"PK\x03\x04", b"xl/", "is an Excel workbook; save it as CSV"),
    (b"PK\x03\x04", b"opendocument", "is a spreadsheet; save it as CSV"),
    (b"PK\x03\x04", b"Index/Document.iwa", "is a Numbers spreadsheet; export it as CSV"),
    (b"PK\x03\x04", b"", "is a ZIP archive; unpack it, and send the CSV or YourLibrary.json that is in it"),
    (b"\xd0\xcf\x11\xe0", b"", "is an old Excel workbook; save it as CSV"),
    (b"\x1f\x8b", b"", "is packed with gzip; unpack it first"),
    (b"<", b"", "is a web page or XML, not a CSV file. " + MADE_BY),
    (b"{\\rtf", b"", "is a rich-text document; save it as plain text"),
    (b"#EXTM3U", b"", "is a list of files, not a CSV file. " + MADE_BY),
    (b"%PDF", b"", "is a PDF, not a CSV file. " + MADE_BY),
)  # first bytes, other contents, what it is
NOT_TEXT = bytes(range(32)).translate(None, b"\t\n\r\x0b\x0c\x1b")
MOST_NOT_TEXT = 0.02  # of the first bytes; up to two are always allowed


class NotATable(ValueError):
    """The file is something else. The message follows the file's name: "liked.csv is …"."""


def refuse(data: bytes) -> None:
    """Raise NotATable if the data isn't text, or is another kind of text."""
    begins = data[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
    for first, inside, what in KINDS:
        if begins.startswith(first) and inside in data:
            raise NotATable(what)
    if wide(data):
        return
    noise = len(data[:4096]) - len(data[:4096].translate(None, NOT_TEXT))
    if noise > max(2, MOST_NOT_TEXT * len(data[:4096])):
        raise NotATable(f"is not a CSV file. {MADE_BY}")
