"""`python -m training` on files: what it prints and writes, and one clear line per problem."""

import csv
import gzip
import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.adapters.artefacts import Folder
from sandbox.process import environment
from tests.unit.tastes import library, style_of
from tests.unit.training.commands import run, write_csv
from training.__main__ import start
from training.commands.models import numbered_as_in
from training.files import read_labels, read_library, read_rows, read_served, serve, write_rows
from training.model.publish import served_from
from training.problems import InputProblem

SONGS = library(styles=4, per_style=40)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A library and two members' labels, as files."""
    header = ["track_id", "name", "artists", "genres", "tempo", "mfcc_1", "mfcc_2"]
    lines = [
        [song, f"Song {song}", ";".join(features.sets["artists"]), ",".join(features.sets["genres"])]
        + [features.numbers.get(name, "") for name in header[4:]]
        for song, features in SONGS.items()
    ]
    labels = [
        [member, "main", f"Style {style}", f"spotify:track:{style}:{at:05}", "yes"]
        for member, count in (("ada", 8), ("bob", 5))
        for style in range(3)
        for at in range(count)
    ]
    labels += [["ada", "main", "", f"3:{at:05}", "none"] for at in range(5)]
    titles = ["member", "layer", "playlist", "track_id", "verdict"]
    return write_csv(tmp_path / "F.csv", [header, *lines]), write_csv(tmp_path / "L.csv", [titles, *labels])


def test_a_switch_of_the_prior_that_says_neither_on_nor_off_is_refused(
    tmp_path: Path, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    fit = ("fit", "--library", files[0], "--labels", files[1], "--out", tmp_path / "m")
    assert run(*fit, env={"PRIOR": "no"}) == 1
    assert "PRIOR must be on or off" in capsys.readouterr().err


@pytest.mark.slow
def test_fit_predict_next_and_inspect_work_on_files(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    songs_csv, labels_csv = files
    out, scores = tmp_path / "models", tmp_path / "scores.csv"
    assert run("fit", "--library", songs_csv, "--labels", labels_csv, "--out", out, "--json") == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["who"], line["labels"]) for line in said] == [(["ada", "main"], 29), (["bob", "main"], 15)]
    assert run("predict", "--models", out, "--library", songs_csv, "--out", scores) == 0
    with scores.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 3 * len(SONGS)
    assert list(rows[0]) == ["member", "layer", "track_id", "playlist", "probability", "decision"]
    assert {row["decision"] for row in rows} <= {"add", "ask", "leave"}
    right = [row["playlist"] == f"Style {style_of(row['track_id']) - 1}" for row in rows if row["decision"] == "add"]
    assert sum(right) >= 0.8 * len(right) > 0
    capsys.readouterr()
    assert run("next", "--models", out, "--library", songs_csv, "--labels", labels_csv, "-n", 3) == 0
    asked = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert {row["member"] for row in asked} <= {"ada", "bob"}
    assert all(row["track_id"] in SONGS for row in asked)
    assert run("inspect", out / f"{said[0]['digest']}.onnx") == 0
    assert json.loads(capsys.readouterr().out)["classes"] == [1, 2, 3, None]


@pytest.mark.slow
@pytest.mark.parametrize("command", [("training",), ("cratekeeper", "train")])
def test_p36_models_written_with_an_open_umask_are_closed_to_others(
    files: tuple[Path, Path], tmp_path: Path, command: tuple[str, ...]
) -> None:
    songs_csv, labels_csv = files
    options = ("--library", songs_csv, "--labels", labels_csv, "--out", tmp_path / "models", "--member", "bob")
    arguments = [sys.executable, "-m", *command, "fit", *map(str, options)]
    subprocess.run(arguments, cwd=tmp_path, env=environment(tmp_path), umask=0o022, check=True, capture_output=True)
    written = [tmp_path / "models", *(tmp_path / "models").glob("*")]
    assert {path.suffix for path in written} == {"", ".onnx", ".json", ".png"}
    assert [path.name for path in written if path.stat().st_mode & 0o077] == []


@pytest.mark.slow
def test_fitting_again_reports_kept_or_published_and_never_fails(files: tuple[Path, Path], tmp_path: Path) -> None:
    codes = [run("fit", "--library", files[0], "--labels", files[1], "--out", tmp_path / "m") for _ in range(2)]
    assert codes == [0, 0]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([["playlist", "track_id"], ["A", "0:00000"]], "no column verdict"),
        ([["playlist", "track_id", "verdict"]], "no line below the headers"),
        ([["playlist", "track_id", "verdict"], ["A", "nobody", "yes"]], "not in the library in 1 lines: 2 (nobody)"),
        ([["playlist", "track_id", "verdict"], ["A", "0:00000", "maybe"]], "verdict is not yes, no or none"),
        ([["playlist", "track_id", "verdict"], ["", "0:00000", "yes"]], "playlist is empty"),
        ([["playlist", "track_id", "verdict"], ["A", "0:00000", "yes", "x"]], "more cells"),
        ([["playlist", "track_id", "verdict"], ["A", "0:00000", "no"]], "no song says yes to A"),
        (
            [["playlist", "track_id", "verdict"], ["A", "0:00000", "yes"], ["A", "0:00000", "no"]],
            "yes and no to the same playlist",
        ),
        (
            [["playlist", "track_id", "verdict"], ["A", "0:00000", "yes"], ["", "0:00000", "none"]],
            "yes and no to the same playlist",
        ),
    ],
)
def test_wrong_labels_get_one_clear_line(
    labels: list[list[str]], said: str, files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = write_csv(tmp_path / "wrong.csv", labels)
    assert run("fit", "--library", files[0], "--labels", wrong, "--out", tmp_path / "m") == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_a_folder_that_cannot_be_made_gets_one_line(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "models"
    out.symlink_to("nowhere")
    assert run("fit", "--library", files[0], "--labels", files[1], "--out", out) == 1
    said = f"training: {out} isn't a folder: move that file, or name another folder\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_a_library_is_read_as_spreadsheets_save_it(
    delimiter: str, encoding: str, files: tuple[Path, Path], tmp_path: Path
) -> None:
    with files[0].open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    (tmp_path / "as_saved").mkdir()
    saved = tmp_path / "as_saved" / files[0].name
    with saved.open("w", newline="", encoding=encoding) as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows([*row[:4], *(cell.replace(".", ",") for cell in row[4:])] for row in rows)
    library, plain = read_library(saved), read_library(files[0])
    assert library.songs == plain.songs
    assert library.names == plain.names


def test_a_broken_row_of_a_library_is_reported_and_the_others_are_used(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header, first, *others = files[0].read_text().splitlines()
    torn = tmp_path / "torn.csv"
    torn.write_text(
        "\n".join([header, *others, first.replace(",", ',"Quay" "Inc,', 1), "spotify:episode:x,Talk,Ann,,1,2,3"])
    )
    library, plain = read_library(torn), read_library(files[0])
    assert plain.songs.keys() - library.songs.keys() == {first.split(",")[0]}
    assert library.songs.keys() <= plain.songs.keys()
    assert f"rows that cannot be read: 1 (line {len(others) + 2}: " in capsys.readouterr().err


def test_a_damaged_archive_gives_one_clear_line(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed, content = tmp_path / "F.csv.gz", gzip.compress(files[0].read_bytes())
    packed.write_bytes(content[:500] + bytes(64) + content[564:])
    assert run("fit", "--library", packed, "--labels", files[1], "--out", tmp_path / "m") == 2
    error = capsys.readouterr().err
    assert "F.csv.gz: cannot be read" in error
    assert len(error.splitlines()) == 1


@pytest.mark.slow
def test_a_damaged_folder_of_models_gives_one_line_and_leaves_older_results_alone(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models, scores = tmp_path / "m", tmp_path / "scores.csv"
    assert run("fit", "--library", files[0], "--labels", files[1], "--out", models, "--member", "bob") == 0
    (digest,) = (path.stem for path in models.glob("*.onnx"))
    scores.write_text("older")
    for name, content, code in (
        (f"{digest}.json", "[]", 2),
        (f"{digest}.json", '{"names": {"1": "A"}}', 2),
        ("served.json", '[{"member": 1, "layer": 2, "digest": 3}]', 1),
        ("served.json", "[1]", 2),
    ):
        (models / name).write_text(content)
        capsys.readouterr()
        assert run("predict", "--models", models, "--library", files[0], "--out", scores) == code
        assert len(capsys.readouterr().err.splitlines()) == 1
        assert scores.read_text() == "older"
    assert {path.name for path in tmp_path.iterdir()} == {files[0].name, files[1].name, "m", "scores.csv"}


@pytest.mark.slow
def test_a_new_playlist_leaves_the_others_what_they_are_in_the_model_that_serves(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    library, out = read_library(files[0]), tmp_path / "m"
    assert run("fit", "--library", files[0], "--labels", files[1], "--out", out, "--member", "bob") == 0
    (digest,) = (path.stem for path in out.glob("*.onnx"))
    serving = served_from(Folder(out), digest)
    more = tmp_path / "more.csv"
    more.write_text(files[1].read_text() + "bob,main,A new one,3:00009,yes\nbob,main,,3:00010,none\n")
    read = read_labels(more, library, False, False)["bob", "main"]
    told = numbered_as_in(serving, out, read)
    assert told.playlists == {1: "Style 0", 2: "Style 1", 3: "Style 2", 4: "A new one"}
    named = [[(label.song, some.playlists.get(label.playlist)) for label in some.labels] for some in (read, told)]
    assert named[0] == named[1]
    (out / f"{digest}.json").write_text("[]")
    assert served_from(Folder(out), digest) is None


def test_fits_that_run_at_once_note_all_their_models(tmp_path: Path) -> None:
    digests = {(f"member {at}", "1"): f"{at:064}" for at in range(40)}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: serve(tmp_path, key, digests[key]), digests))
    assert read_served(tmp_path) == digests


def test_what_cannot_be_done_fails_before_anything_is_written(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    songs, labels = ("--library", files[0]), ("--labels", files[1])
    before = sorted(tmp_path.iterdir())
    for arguments, said in (
        (["fit", *songs, *labels, "--out", tmp_path / "m", "--member", "eve"], "no labels of the member eve"),
        (["convert-dbpedia", files[0], "--out", files[1] / "d.csv.gz"], "cannot be written to"),
        (["pretrain", files[0], "--out", tmp_path], "cannot be written to"),
        (["pretrain", files[0], "--out", tmp_path / "prior.npz"], "needs columns for the song and its playlist"),
    ):
        assert run(*arguments) == 2
        assert said in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "option",
    ["predict --mistakes nan", "predict --mistakes 21", "next --count 0", "evaluate --seed -1"],
)
def test_a_number_out_of_range_is_refused(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(*option.split())
    assert f"{option.split()[1]}: " in capsys.readouterr().err


def test_labels_name_songs_by_link_and_a_broken_link_is_refused(tmp_path: Path) -> None:
    song = "0000000000000000000101"
    songs = write_csv(tmp_path / "S.csv", [["Track URI", "Tempo"], [f"spotify:track:{song}", "120"]])
    library = read_library(songs)
    rows = [["playlist", "Link", "verdict"], ["'=A;'+B", f"https://open.spotify.com/track/{song}?si=0a", "Yes"]]
    (training,) = read_labels(write_csv(tmp_path / "L.csv", rows), library, False, False).values()
    assert [label.song for label in training.labels] == [song]
    assert training.playlists == {1: "=A;+B"}
    with pytest.raises(InputProblem, match="line 3: more cells than headers"):
        read_labels(write_csv(tmp_path / "L.csv", [*rows, ["A", song, "yes", "x"]]), library, False, False)


@pytest.mark.slow
def test_labels_of_songs_missing_from_the_library_are_reported_and_the_others_used(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = tmp_path / "more.csv"
    more.write_text(files[1].read_text() + "ada,main,Style 0,0000000000000000000101,yes\n")
    assert run("fit", "--library", files[0], "--labels", more, "--out", tmp_path / "m") == 0
    said = capsys.readouterr()
    assert "ada/main: published, 29 labels" in said.out
    assert "track is not in the library in 1 lines: " in said.err


def test_songs_without_an_id_are_identified_by_title_and_artists(tmp_path: Path) -> None:
    rows = [["title", "artist", "tempo"], ["Boats", "Maren", "120"], ["Boats", "Otis", "90"], ["Boats", "Maren", "1"]]
    library = read_library(write_csv(tmp_path / "S.csv", rows))
    assert [song.numbers["tempo"] for song in library.songs.values()] == [120, 90]


def test_no_written_cell_can_run_as_a_formula(tmp_path: Path) -> None:
    write_rows(tmp_path / "out.csv", ("playlist", "probability"), [("=cmd", -0.5), ("A;@B", 0.5)])
    assert (tmp_path / "out.csv").read_text() == "playlist,probability\n'=cmd,-0.5\nA;'@B,0.5\n"
    assert [row.fields["playlist"] for row in read_rows(tmp_path / "out.csv").rows] == ["=cmd", "A;@B"]


@pytest.mark.slow
def test_labels_that_only_repeat_others_do_no_harm(files: tuple[Path, Path], tmp_path: Path) -> None:
    twice = tmp_path / "twice.csv"
    header, *lines = files[1].read_text().splitlines()
    twice.write_text("\n".join([header, *lines, *lines]))
    assert run("fit", "--library", files[0], "--labels", twice, "--out", tmp_path / "m") == 0


def test_too_few_labels_and_a_missing_library_have_their_own_exit_codes(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = write_csv(tmp_path / "few.csv", [["playlist", "track_id", "verdict"], ["", "0:00000", "none"]])
    assert run("fit", "--library", files[0], "--labels", few, "--out", tmp_path / "m") == 4
    assert run("fit", "--library", tmp_path / "no.csv", "--labels", few, "--out", tmp_path / "m") == 2
    assert run("inspect", tmp_path / f"{'0' * 64}.onnx") == 1
    assert "no model" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run("fit", "--layer", 3, "--library", files[0])


@pytest.mark.parametrize("listening", [False, True])
def test_training_finds_the_bots_data_folder_in_env_unless_the_bot_itself_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], listening: bool
) -> None:
    """The bot gives its own training what it needs, and no secret."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATA_DIR", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO("1 1\n"))
    (tmp_path / ".env").write_text(f"DATA_DIR={tmp_path / 'own'}\nDISCORD_TOKEN=canary\n")
    (tmp_path / ".env").chmod(0o600)
    start(["fit", *(["--listen"] if listening else ["--member", "1", "--layer", "1"])])
    printed = "".join(capsys.readouterr())
    where = tmp_path / ("data" if listening else "own")
    assert f"{where / 'cratekeeper.db'}: no database there" in printed


def test_training_refuses_an_open_env_as_the_bot_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").touch(mode=0o644)
    (tmp_path / ".env").chmod(0o644)
    assert start(["inspect", "model.onnx"]) == 2
    assert "chmod 600 .env" in capsys.readouterr().err
