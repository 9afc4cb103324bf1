"""One spelling of every ISRC: capitals and digits, nothing between them. Before, each was kept as it came."""

from alembic import op

revision = "0014"
down_revision = "0013"

SPELT = "upper(replace(replace({code}, '-', ''), ' ', ''))"
TABLES = ("song", "own_song", "recording")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"UPDATE {table} SET isrc = {SPELT.format(code='isrc')} WHERE isrc IS NOT NULL")  # noqa: S608
    if op.get_bind().dialect.name != "sqlite":
        return  # every database on a server is younger than this, and still empty
    by_code = SPELT.format(code="substr(song, 6)")
    # Two rows of one source that differed in spelling become one.
    op.execute(
        f"UPDATE OR REPLACE feature SET song = 'isrc:' || {by_code} "  # noqa: S608
        f"WHERE song LIKE 'isrc:%' AND substr(song, 6) <> {by_code}"
    )
