"""DBpedia: triples become a table of artists, the table becomes lists, and the lists become a prior."""

import bz2
import gzip
from pathlib import Path

import numpy as np
import pytest

from bot.adapters.prior import read
from bot.core.features import SongFeatures
from training.__main__ import main
from training.dbpedia import GENRES, Artist, artists_in, corpus_of, read_table, title_of
from training.problems import InputProblem

DB, RDF = "http://dbpedia.org", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
TRIPLES = f"""\
# started 2015-10-02T01:00:00Z
<{DB}/resource/Prince_(musician)> <{DB}/ontology/genre> <{DB}/resource/Funk> .
<{DB}/resource/Prince_(musician)> <{DB}/ontology/genre> <{DB}/resource/Rhythm_and_blues> .
<{DB}/resource/Prince_(musician)> <{DB}/ontology/associatedBand> <{DB}/resource/The_Time_(band)> .
<{DB}/resource/Prince_(musician)> <{DB}/ontology/associatedMusicalArtist> <{DB}/resource/Sign_o'_the_Times> .
<{DB}/resource/Prince_(musician)> <{DB}/ontology/recordLabel> <{DB}/resource/Warner_Bros._Records> .
<{DB}/resource/Prince_(musician)> <{DB}/ontology/birthPlace> <{DB}/resource/Minneapolis> .
<{DB}/resource/The_Time_(band)> <{DB}/property/genre> <{DB}/resource/Funk> .
<{DB}/resource/Bj\\u00F6rk> <{DB}/ontology/genre> <{DB}/resource/Electronic_music> .
<{DB}/resource/Bj\\u00F6rk> <{DB}/ontology/associatedBand> <{DB}/resource/K%C3%BCkl> .
<{DB}/resource/Purple_Rain_(film)> <{DB}/ontology/genre> <{DB}/resource/Musical_film> .
"""
TYPES = f"""\
<{DB}/resource/Prince_(musician)> <{RDF}> <{DB}/ontology/MusicalArtist> .
<{DB}/resource/Bj\\u00F6rk> <{RDF}> <{DB}/ontology/MusicalArtist> .
<{DB}/resource/The_Time_(band)> <{RDF}> <{DB}/ontology/Band> .
<{DB}/resource/The_Time_(band)> <{RDF}> <http://schema.org/MusicGroup> .
<{DB}/resource/Purple_Rain_(film)> <{RDF}> <{DB}/ontology/Film> .
"""


def test_triples_become_artists_with_their_genres_acts_and_labels() -> None:
    assert artists_in((TRIPLES + TYPES).splitlines()) == [
        Artist("Björk", {"electronic"}, set(), set()),
        Artist("Prince", {"funk", "r&b"}, {"The Time"}, {"Warner Bros. Records"}),
        Artist("The Time", {"funk"}, set(), set()),
    ]


def test_without_types_artists_are_who_is_associated_with_somebody() -> None:
    names = [artist.name for artist in artists_in(TRIPLES.splitlines())]
    assert names == ["Björk", "Prince", "The Time"], "what no triple is about isn't known to be an artist"


def test_names_come_from_addresses() -> None:
    assert title_of("AC/DC") == "AC/DC"
    assert title_of("(Young)_Pioneers") == "(Young) Pioneers"
    assert title_of("(something)") == "(something)"
    assert title_of("Nobody\\UFFFFFFFF\\uD800") == "Nobody\\UFFFFFFFF\\uD800", "neither stands for a character"
    assert title_of("Sigur_R%C3%B3s") == title_of("Sigur_R\\u00F3s") == "Sigur Rós"


def test_artists_share_lists_with_their_acts_genres_and_labels() -> None:
    few, many = GENRES[0], GENRES[-1]
    common = [Artist(f"c{at}", {"common"}, labels={"big"}) for at in range(many + 1)]
    rare = [Artist(f"r{at}", {"rare", "odd"}, labels={"small"}) for at in range(few)]
    corpus = corpus_of([*common, *rare, Artist("The Alone", {"odd"}, {"r0", "elsewhere"}), Artist("Alone", {"even"})])
    lists = {name: held for name, held in corpus.playlists.items() if not name.startswith("acts") or len(held) > 1}
    r = {f"r{at}" for at in range(few)}
    assert lists == {
        f"acts {len(common) + few}": {"alone", "r0"},
        "genre rare": r,
        "genre odd": r | {"alone"},
        "label small": r,
    }
    assert corpus.songs["alone"].sets["genres"] == {"odd", "even"}, "two rows of one artist are one"


def test_a_prior_is_learned_from_dumps_of_triples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def about(scene: int, at: int) -> str:
        artist = f"<{DB}/resource/Act_{scene}-{at}>"
        genre = f"{artist} <{DB}/ontology/genre> <{DB}/resource/Scene_{scene}_music> .\n"
        return genre + f"{artist} <{DB}/ontology/associatedBand> <{DB}/resource/Act_{scene}-{(at + 1) % 6}> .\n"

    dump, table, prior = tmp_path / "objects.ttl.bz2", tmp_path / "artists.csv.gz", tmp_path / "prior.npz"
    dump.write_bytes(bz2.compress("".join(about(scene, at) for scene in range(3) for at in range(6)).encode()))
    assert main(["convert-dbpedia", str(dump), "--out", str(table)]) == 0
    assert "18 artists, 18 with associated acts" in capsys.readouterr().out
    first = table.read_bytes()
    assert main(["convert-dbpedia", str(dump), "--out", str(table)]) == 0
    assert table.read_bytes() == first
    assert len(read_table(table)) == 18
    assert main(["pretrain", "--dbpedia", str(table), "--out", str(prior)]) == 0
    assert "18 artists of DBpedia" in capsys.readouterr().out
    taught = read(prior)
    assert taught is not None
    names = ["Act 0-1 feat. Eve", "nobody", *(f"act {scene}-{at}" for scene in range(3) for at in range(6))]
    told = taught.prior.augmented([SongFeatures({}, {"artists": frozenset({name})}) for name in names])
    assert [song.sets.get("genres") for song in told[:8]] == [{"scene 0"}, None, *[{"scene 0"}] * 6]
    company = np.stack([song.embeddings[f"company:{taught.prior.version}"] for song in told[2:]])
    alike, scene = company @ company.T, np.arange(18) // 6
    near = scene == scene[:, None]
    assert alike[near & ~np.eye(18, dtype=bool)].mean() > alike[~near].mean() + 0.1


def test_a_damaged_table_is_refused_and_missing_cells_are_empty(tmp_path: Path) -> None:
    table = tmp_path / "artists.csv.gz"
    table.write_bytes(gzip.compress(b"artist,genres,associated,labels\r\nAnn,rock\r\n"))
    assert read_table(table) == [Artist("Ann", {"rock"})]
    content = gzip.compress("".join(f"{at},{at**3}\n" for at in range(1_000)).encode())
    table.write_bytes(content[:1_000] + bytes(64) + content[1_064:])
    with pytest.raises(InputProblem, match="cannot be read"):
        read_table(table)


def test_other_files_are_refused_with_a_code_and_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, packed = tmp_path / "other.csv", tmp_path / "other.csv.gz"
    text.write_text("artist,genres\nx,y\n")
    packed.write_bytes(bz2.compress(b"x"))
    for arguments, said in (
        (["convert-dbpedia", text, "--out", packed], "no artists there"),
        (["convert-dbpedia", tmp_path / "none.nt", "--out", packed], "cannot be read"),
        (["pretrain", "--dbpedia", text, "--out", tmp_path / "p.npz"], "cannot be read"),
        (["pretrain", "--dbpedia", packed, "--out", tmp_path / "p.npz"], "cannot be read"),
    ):
        assert main([str(argument) for argument in arguments]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert len(error.splitlines()) == 1
