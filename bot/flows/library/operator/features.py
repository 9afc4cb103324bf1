"""Features: those from the operator's own table, for every member."""

import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.adapters.store import Store, schema
from bot.adapters.store.library import songs
from bot.core.codes import isrc
from bot.core.features import SongFeatures, filled_in
from bot.core.library import tables
from bot.errors.library import ForeignFile, NoFeatureRows, NoIdColumn

SLICE = 500  # songs per transaction; the bot writes in between
MOST_NAMED = 10  # rows named in the report


@dataclass(slots=True)
class ImportedFeatures:
    """How many songs a file described, and the rows left out with reasons."""

    songs: int = 0
    bad: list[str] = field(default_factory=list)

    @property
    def report(self) -> str:
        """The report for the operator."""
        lines = [f"songs kept: {self.songs:,}"]
        if self.bad:
            lines += [f"rows left out: {len(self.bad):,}", *(f"  {row}" for row in self.bad[:MOST_NAMED])]
        more = len(self.bad) - MOST_NAMED
        return "\n".join([*lines, f"  and {more:,} more"] if more > 0 else lines)


async def import_features(store: Store, file: Path, now: datetime) -> ImportedFeatures:
    """Store a table's features by Spotify id, or by ISRC if a row has none. Raises BadFile, OSError."""
    source, kept = f"operator:{file.stem}", ImportedFeatures()
    known = _read(file, source, kept)
    if not known:
        raise NoFeatureRows(file.name, kept.report)
    told = list(known.items())
    for at in range(0, len(told), SLICE):
        async with store.writing() as tx:
            await songs.keep_features(tx, schema.OPERATOR, source, dict(told[at : at + SLICE]), now)
    async with store.writing() as tx:
        await songs.mark_changed(tx, schema.OPERATOR, now)
    return kept


def _read(file: Path, source: str, kept: ImportedFeatures) -> dict[str, SongFeatures]:
    """Return a file's features by key, and note the counts in `kept`. Raises BadFile if it isn't such a table."""
    try:
        table = tables.Table(file.read_bytes(), most_rows=sys.maxsize)
    except tables.NotATable as problem:
        raise ForeignFile(file.name, problem.kind) from None
    if not table.fields & {*tables.IDS, "isrc"}:
        raise NoIdColumn(file.name, ", ".join(table.headers[:8]))
    known: dict[str, SongFeatures] = {}
    for row in table:
        told = row if isinstance(row, tables.BadRow) else _told(row, source)
        if isinstance(told, tables.BadRow):
            kept.bad.append(str(told))
        else:
            key, features = told
            known[key] = filled_in(features, known.get(key, SongFeatures()))
    kept.songs = len(known)
    return known


def _told(row: tables.Row, source: str) -> tuple[str, SongFeatures] | tables.BadRow:
    """Return a row's key ("spotify:track:…" or "isrc:…") and features, or the reason it was left out."""
    code = isrc(row.fields.get("isrc"))
    key = tables.uri_of(row) or (f"isrc:{code}" if code else None)
    if tables.is_no_song(row) or key is None:
        return tables.BadRow(row.line, tables.Problem.NO_ID)
    features = tables.features_of(row, source)
    return (key, features) if features.known else tables.BadRow(row.line, tables.Problem.NO_FEATURES)
