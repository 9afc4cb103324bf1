"""What members' files say of songs is theirs alone. Before, it overwrote what everybody saw.

Songs that no linked member likes came from files: they go to those who imported them, with what was looked up by them.
All others may have been overwritten: their origin is unknown, and every account is read in full once more, so that
Spotify's next answer puts them right.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

TO_MEMBERS = """
INSERT INTO own_song (member, song, title, artists, album, year, duration_ms, isrc, url, cover)
SELECT liked.member, song.song, title, artists, album, year, duration_ms, isrc, url, cover
FROM song JOIN liked ON liked.song = song.song
WHERE song.song LIKE 'file:%' OR NOT EXISTS (
    SELECT 1 FROM liked AS other JOIN account ON account.member = other.member WHERE other.song = song.song
)
"""
FEATURES_TO_MEMBERS = """
INSERT INTO feature (owner, song, source, numbers, sets, vectors, at)
SELECT own_song.member, feature.song, source, numbers, sets, vectors, at
FROM feature JOIN own_song ON own_song.song = feature.song
WHERE feature.owner = 0 AND source NOT LIKE 'operator:%'
"""
LOOKUPS_TO_MEMBERS = """
INSERT INTO lookup (owner, song, source, state, tries, asked_at, due, ids)
SELECT own_song.member, lookup.song, source, state, tries, asked_at, due, ids
FROM lookup JOIN own_song ON own_song.song = lookup.song
WHERE lookup.owner = 0
"""
FROM_EVERYBODY = (
    "DELETE FROM feature WHERE owner = 0 AND source NOT LIKE 'operator:%' AND song IN (SELECT song FROM own_song)",
    "DELETE FROM lookup WHERE owner = 0 AND song IN (SELECT song FROM own_song)",
    "DELETE FROM match WHERE way <> 'operator' AND song IN (SELECT song FROM own_song)",
    "DELETE FROM song WHERE song LIKE 'file:%' OR song IN (SELECT song FROM own_song)",
)


def upgrade() -> None:
    op.create_table(
        "own_song",
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("song", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("artists", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("album", "isrc", "url", "cover")),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("year", "duration_ms")),
        sa.ForeignKeyConstraint(
            ["member"], ["member.member"], name=op.f("fk_own_song_member_member"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member", "song", name=op.f("pk_own_song")),
    )
    op.create_index("ix_own_song_song", "own_song", ["song"])
    op.add_column("song", sa.Column("origin", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("lookup") as lookup:
        lookup.add_column(sa.Column("owner", sa.BigInteger(), nullable=False, server_default="0"))
        lookup.drop_constraint("pk_lookup", type_="primary")
        lookup.create_primary_key("pk_lookup", ["owner", "song", "source"])
    for statement in (TO_MEMBERS, FEATURES_TO_MEMBERS, LOOKUPS_TO_MEMBERS, *FROM_EVERYBODY):
        op.execute(statement)
    op.execute("UPDATE account SET total = NULL")  # the next sync reads everything
