"""What a look at the likes left in doubt; songs that an older version kept as Spotify sent them are put right."""

import json

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema import Moment

revision = "0009"
down_revision = "0008"

SONG = sa.table("song", *(sa.column(name) for name in ("song", "title", "artists", "duration_ms")))


def upgrade() -> None:
    op.add_column("account", sa.Column("holes", sa.Integer(), nullable=True))
    op.add_column("account", sa.Column("doubted_at", Moment(), nullable=True))
    _mend_songs()


def _mend_songs() -> None:
    """Artists that are null or no text are left out; a song without a title has a stand-in; lengths are numbers."""
    kept = list(op.get_bind().execute(sa.select(SONG.c.song, SONG.c.title, SONG.c.artists, SONG.c.duration_ms)))
    for song, title, artists, duration_ms in kept:
        names = json.loads(artists) if isinstance(artists, str) else artists
        mended = [name for name in names or () if isinstance(name, str) and name.strip()]
        length = duration_ms if isinstance(duration_ms, int) else None
        titled = title if str(title or "").strip() else "Untitled song"
        if (mended, length, titled) != (names, duration_ms, title):
            values = {"artists": json.dumps(mended), "duration_ms": length, "title": titled}
            op.execute(sa.update(SONG).where(SONG.c.song == song).values(**values))
