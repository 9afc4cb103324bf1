"""Library: what the bot says. Pure: values in, Markdown out. Dry, warm, no exclamation marks."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core import limits
from bot.core.library.tables import MOST_CELL, MOST_COLUMNS, MOST_ROWS, BadRow, Foreign, Problem
from bot.core.records import Song
from bot.errors import library as errors
from bot.flows.library.imports import Imported
from bot.messages import N_, _, formatting, listed, plural
from bot.messages.wording import Wordings

MOST_EDITS = 10  # playlists' edits in one sentence
MORE_FILES = N_("And these.")
MOST_FILES = 5  # named
HELD_AT_SPOTIFY = N_("I made no playlists from the files, since yours are at Spotify: `/playlists add` takes those.")
EXPORT_WHILE_WRITING = N_(
    "I'm writing to your playlists right now: songs that aren't written yet aren't in these files."
)
TO_SPOTIFY = N_(
    "-# To have one in Spotify: open the file, copy its first column without the header, make an empty playlist in "
    "Spotify's desktop app, click into it, and paste (Ctrl+V, or ⌘V). The phone app can't do that."
)
TO_SPOTIFY_FROM_CSV = N_(
    "-# To have one in Spotify, take the CSV: its first column can be pasted into an empty playlist in the desktop app."
)
STILL_NO_LIKES = N_("You still have no liked songs on Spotify.")
EXPORT_EMPTY = N_("They're empty so far: `/sort` shows what I'd put in them.")


def reading(done: int, total: int) -> str:
    return _("Reading your likes: {done} of {total}.", done=done, total=total)


def synced(total: int, new: int, gone: int) -> str:
    """What a look at the likes found."""
    added = plural("{count} new like", "{count} new likes", new) if new else ""
    removed = plural("{count} no longer liked", "{count} no longer liked", gone) if gone else ""
    songs = formatting.songs(total)
    if added and removed:
        return _("{added} and {removed}; {songs} in all.", added=added, removed=removed, songs=songs)
    if added or removed:
        return _("{changes}; {songs} in all.", changes=added or removed, songs=songs)
    if not total:
        return _(STILL_NO_LIKES)
    return plural("Nothing new in {count} song.", "Nothing new in {count} songs.", total)


def learned_by_hand(edits: Sequence[Sequence[Any]]) -> str:
    """What the member's own changes to playlists taught: (playlist's name, songs put in, songs taken out)."""
    said = [part for name, put_in, taken_out in edits for part in _edited(str(name), int(put_in), int(taken_out))]
    if not said:
        return ""
    return _("I learned from what you changed by hand: {edits}.", edits=listed([*said[:MOST_EDITS], *_more(said)]))


def _edited(name: str, put_in: int, taken_out: int) -> list[str]:
    where = f"**{formatting.escape(name, formatting.LONGEST_NAME)}**"
    said = [
        plural("{count} song you put into {playlist}", "{count} songs you put into {playlist}", put_in, playlist=where)
    ]
    out = plural(
        "{count} song you took out of {playlist}", "{count} songs you took out of {playlist}", taken_out, playlist=where
    )
    return [*(said if put_in else []), *([out] if taken_out else [])]


def _more(said: Sequence[str]) -> list[str]:
    rest = len(said) - MOST_EDITS
    return [plural("{count} more", "{count} more", rest)] if rest > 0 else []


def imported(file: str, result: Imported) -> str:
    """What became of a file, and of the rows that were left out."""
    said = [
        plural(
            "I read {count} song from {file}; your library now has {total}.",
            "I read {count} songs from {file}; your library now has {total}.",
            result.songs,
            file=formatting.escape(file),
            total=result.total,
        )
    ]
    if result.linked:
        said.append(_("Your library still comes from Spotify: I took the features of each song from the file."))
    if result.nameless:
        said.append(
            plural(
                "{count} of them has neither a Spotify ID nor an ISRC, so I can't tell which of your songs it is.",
                "{count} of them have neither a Spotify ID nor an ISRC, so I can't tell which of your songs they are.",
                result.nameless,
            )
        )
    if result.over:
        said.append(
            plural(
                "I left out {count} song: a library holds up to {most}.",
                "I left out {count} songs: a library holds up to {most}.",
                result.over,
                most=limits.SONGS,
            )
        )
    if without := result.songs - result.over - result.nameless - result.with_features:
        said.append(
            plural(
                "{count} of them comes without anything to learn from (tempo, genres …).",
                "{count} of them come without anything to learn from (tempo, genres …).",
                without,
            )
        )
    said += _not_songs(result)
    if result.held and result.linked:
        said.append(_(HELD_AT_SPOTIFY))
    if result.bad_rows:
        said.append(plural("I couldn't read {count} row:", "I couldn't read {count} rows:", result.bad_rows))
        said += [f"- {bad_row(row)}" for row in result.bad]
    return "\n".join(said)


def _not_songs(result: Imported) -> list[str]:
    """Rows and files that were left out because they hold no songs."""
    said = []
    if result.spoken:
        said.append(
            plural(
                "I left out {count} row: an episode or local file, not a song on Spotify.",
                "I left out {count} rows: episodes or local files, not songs on Spotify.",
                result.spoken,
            )
        )
    if result.unread:
        said.append(
            plural(
                "I left out {count} file in it that holds no songs I can read: {files}.",
                "I left out {count} files in it that hold no songs I can read: {files}.",
                len(result.unread),
                files=formatting.escape(", ".join(result.unread[:MOST_FILES]), 300),
            )
        )
    return said


def unmade_playlists(whys: Mapping[str, str]) -> list[str]:
    """Each reason why playlists weren't made from files, once, with their names."""
    named = {why: [name for name, other in whys.items() if other == why] for why in dict.fromkeys(whys.values())}
    return [
        plural(
            "I left out {count} playlist: {names}. {why}",
            "I left out {count} playlists: {names}. {why}",
            len(names),
            names=formatting.escape(", ".join(names[:MOST_FILES]), 300),
            why=why,
        )
        for why, names in named.items()
    ]


def uploaded(song: Song) -> str:
    return _(
        "I listened to {song}. I use that file's features for you alone, and didn't keep the file.",
        song=formatting.song_name(song),
    )


def interrupted(file: str) -> str:
    return _(
        "I was interrupted while reading {file}, so some of it may be missing. Send it again with `/library import`; "
        "songs I've already read aren't added twice.",
        file=formatting.escape(file),
    )


def exported_playlists(files: int, missing: str | None, unnamed: int = 0, form: str = "CSV") -> str:
    """missing: why songs may not be in there, as `library.missing_in_export` says. unnamed: songs left out."""
    why = {"writing": _(EXPORT_WHILE_WRITING), "empty": _(EXPORT_EMPTY)}.get(missing or "")
    said = [
        plural(
            "Your playlists, in {count} file. `/library import` reads it.",
            "Your playlists, in {count} files. `/library import` reads them.",
            files,
        ),
        _(TO_SPOTIFY) if form == "CSV" else _(TO_SPOTIFY_FROM_CSV),
    ]
    if unnamed:
        said.append(
            plural(
                "I left out {count} song: I only know the titles of songs you've liked.",
                "I left out {count} songs: I only know the titles of songs you've liked.",
                unnamed,
            )
        )
    return "\n".join([*said, why] if why else said)


PROBLEMS: Mapping[str, str] = {
    Problem.NO_TITLE: N_("there's no title"),
    Problem.NO_ARTIST: N_("there's no artist for “{about}”"),
    Problem.TOO_LONG: N_("its title, artist or album has {longest} characters or more"),
    Problem.UNCLOSED: N_("a quote is never closed, or the line is far too long"),
    Problem.MORE_CELLS: N_("it has more values than there are columns"),
    Problem.FEWER_CELLS: N_("it has fewer values than there are columns"),
    Problem.MANY_ROWS: N_("that's more than {rows} rows, so I left out the rest"),
    Problem.MANY_LINES: N_("that's too many lines, so I left out the rest"),
    Problem.BROKEN_OFF: N_("the file breaks off, or isn't JSON from here on, so I left out the rest"),
    Problem.MANY_COLUMNS: N_("that's more than {columns} columns, so I left out the rest"),
}


def bad_row(row: BadRow) -> str:
    """Why a row was left out."""
    problem = _(
        PROBLEMS.get(row.problem, row.problem),
        about=formatting.escape(row.about, 60),
        longest=MOST_CELL,
        rows=MOST_ROWS,
        columns=MOST_COLUMNS,
    )
    if row.file:
        return _("{file}, line {line}: {problem}", file=formatting.escape(row.file, 60), line=row.line, problem=problem)
    return _("line {line}: {problem}", line=row.line, problem=problem)


FOREIGN: Mapping[str, str] = {
    Foreign.EXCEL: N_("{name} is an Excel workbook. Save it as CSV first."),
    Foreign.SPREADSHEET: N_("{name} is a spreadsheet. Save it as CSV first."),
    Foreign.NUMBERS: N_("{name} is a Numbers spreadsheet. Export it as CSV first."),
    Foreign.OLD_EXCEL: N_("{name} is an old Excel workbook. Save it as CSV first."),
    Foreign.ZIP: N_(
        "{name} is a ZIP archive without a CSV, M3U8, JSPF or YourLibrary.json that I can read. If it has a password, "
        "unpack it and send what's in it."
    ),
    Foreign.GZIP: N_("{name} is packed with gzip. Unpack it first."),
    Foreign.RICH_TEXT: N_("{name} is a rich-text document. Save it as plain text first."),
    Foreign.WEB_PAGE: N_("{name} is a web page or XML, not a CSV. Exportify (exportify.net) makes one from Spotify."),
    Foreign.MEDIA_LIST: N_(
        "{name} is a list of media files, not a CSV. Exportify (exportify.net) makes one from Spotify."
    ),
    Foreign.PDF: N_("{name} is a PDF, not a CSV. Exportify (exportify.net) makes one from Spotify."),
    Foreign.BROKEN_JSON: N_(
        "{name} is neither a CSV nor complete JSON. Exportify (exportify.net) makes a CSV from Spotify."
    ),
    Foreign.HISTORY: N_(
        "{name} is part of Spotify's data export, but it holds what you played. "
        "The songs you like are in YourLibrary.json: send that one."
    ),
    Foreign.OTHER_JSON: N_(
        "{name} is JSON without songs. If it's part of Spotify's data export, send YourLibrary.json; "
        "otherwise, Exportify (exportify.net) makes a CSV."
    ),
}
NOT_CSV = N_("{name} isn't a CSV. Exportify (exportify.net) makes one from Spotify.")


def _foreign(error: errors.ForeignFile) -> str:
    return _(FOREIGN.get(error.kind, NOT_CSV), name=formatting.escape(error.name))


def _no_song_columns(error: errors.NoSongColumns) -> str:
    name = formatting.escape(error.name)
    if not error.headers:
        return _("{name} has no columns for title and artists, such as “Track Name” and “Artist Name(s)”.", name=name)
    return _(
        "{name} has no columns for title and artists, such as “Track Name” and “Artist Name(s)”. "
        "Its columns: {headers}.",
        name=name,
        headers=formatting.escape(error.headers, 400),
    )


def _no_songs_in_file(error: errors.NoSongsInFile) -> str:
    said = _("{name} has no songs I can read.", name=formatting.escape(error.name))
    if not error.problem:
        return said
    return f"{said}\n- {bad_row(BadRow(error.line, Problem(error.problem), error.about, error.file))}"


ERRORS: Wordings = {
    errors.FileTooLarge: N_("{name} is too large. I take up to {most} MB."),
    errors.ForeignFile: _foreign,
    errors.NoSongColumns: _no_song_columns,
    errors.NoSongsInFile: _no_songs_in_file,
    errors.StillReadingFile: N_("I'm still reading your last file. Send this one when I've answered."),
    errors.ManyImports: N_("I'm reading the files of {count} other members. Send yours again in a minute."),
    errors.ErasedMeanwhile: N_("Your data was deleted while I read your file, so I kept nothing of it."),
    errors.StillHearingTheirs: N_("I'm still listening to your last file. Send this one when I've answered."),
}
