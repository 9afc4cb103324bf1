"""Features: what the operator's own file says of songs, kept for every member."""

import csv
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from bot.adapters.store import Store, schema, songs
from bot.core.features import SongFeatures, column, features_from_row
from bot.errors import BadFile


async def import_features(store: Store, file: Path, now: datetime) -> int:
    """Keep a CSV's features by track id, or by ISRC where it has no ids; return how many songs. Raises BadFile."""
    source = f"operator:{file.stem}"
    known: dict[str, SongFeatures] = {}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        headers = {column(header): header for header in rows.fieldnames or ()}
        if not headers.keys() & {"track_id", "isrc"}:
            raise BadFile(f"{file.name} has neither a track_id nor an isrc column")
        for row in rows:
            if key := _key(row, headers):
                known[key] = features_from_row(row, source)
    async with store.writing() as tx:
        await songs.save_features(tx, schema.OPERATOR, source, known, now)
    return len(known)


def _key(row: Mapping[str, str], headers: Mapping[str, str]) -> str | None:
    if track := row.get(headers.get("track_id", "")):
        return track if ":" in track else f"spotify:track:{track}"
    isrc = row.get(headers.get("isrc", ""))
    return f"isrc:{isrc}" if isrc else None
