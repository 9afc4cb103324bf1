"""Incoming files, from the bot's multipart requests and from members' attachments."""

import mimetypes
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from sandbox.discord.model import Attachment, Json

OTHER_TYPES = {".csv": "text/csv; charset=utf-8", ".json": "application/json; charset=utf-8", ".ogg": "audio/ogg"}
UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Upload:
    filename: str
    data: bytes = field(repr=False)

    @classmethod
    def of(cls, path: Path) -> "Upload":
        return cls(path.name, path.read_bytes())

    def attachment(
        self, attachment_id: int, channel_id: int, *, details: Json | None = None, ephemeral: bool = False
    ) -> Attachment:
        """Return the stored file; `details` are what the sender said about it (description, duration, waveform)."""
        told = details or {}
        width, height = self._size()
        return Attachment(
            id=attachment_id,
            filename=told.get("filename") or self.filename,
            data=self.data,
            content_type=self._content_type(),
            channel_id=channel_id,
            description=told.get("description"),
            ephemeral=ephemeral,
            width=width,
            height=height,
            duration=told.get("duration_secs"),
            waveform=told.get("waveform"),
        )

    def _content_type(self) -> str:
        """Return the type by the file's name, as Discord does, whatever the sender says."""
        suffix = Path(self.filename).suffix.lower()
        return OTHER_TYPES.get(suffix) or mimetypes.guess_type(self.filename)[0] or UNKNOWN_TYPE

    def _size(self) -> tuple[int, int] | tuple[None, None]:
        if not self._content_type().startswith("image/"):
            return None, None
        try:
            with Image.open(BytesIO(self.data)) as picture:
                return picture.size
        except UnidentifiedImageError:
            return None, None
