"""Library: what the bot says. Pure: values in, Markdown out. Dry, warm, no exclamation marks."""

from bot.core import limits
from bot.core.records import Song
from bot.flows.library.sync import Imported
from bot.messages import N_, _, formatting
from bot.messages.wording import Wordings

MORE_FILES = N_("And these.")
EXPORT_WHILE_WRITING = N_(
    "I'm writing to your playlists right now: songs that aren't written yet aren't in these files."
)
EXPORT_EMPTY = N_("They're empty so far: `/sort` shows what I would put in.")


def reading(done: int, total: int) -> str:
    return f"Reading your likes: {done:,} of {total:,}."


def synced(total: int, new: int, gone: int) -> str:
    news = [formatting.count(new, "new like")] if new else []
    news += [f"{gone:,} no longer liked"] if gone else []
    songs = formatting.count(total, "song")
    return f"{formatting.listed(news)}; {songs} in all." if news else f"Nothing new in {songs}."


def imported(file: str, found: Imported) -> str:
    read, source = formatting.count(found.songs, "song"), formatting.escape(file)
    said = [f"Read {read} from {source}; your library has {found.total:,} now."]
    if found.linked:
        said.append("It stays the one at Spotify: from the file I keep what is known of each song.")
    if found.over:
        said.append(f"{formatting.count(found.over, 'song')} left out: {limits.SONGS:,} is as many as a library holds.")
    if found.with_features < found.songs:
        without = found.songs - found.with_features
        said.append(
            f"{formatting.does(without, 'of them comes', 'of them come')} without anything to learn from "
            "(tempo, genres …)."
        )
    if found.spoken:
        said.append(
            f"{formatting.count(found.spoken, 'row')} left out: episodes or local files, which aren't songs at Spotify."
        )
    if found.bad_rows:
        named = "\n".join(f"- {formatting.escape(each, 150)}" for each in found.bad)
        said.append(f"{formatting.count(found.bad_rows, 'row')} left out:\n{named}")
    return "\n".join(said)


def too_large(file: str, most: int) -> str:
    return f"{formatting.escape(file)} is too large: up to {most // 1_000_000} MB, please."


def uploaded(song: Song) -> str:
    return f"Heard {formatting.song_name(song)}. I go by that file now, for you alone; the file itself I have not kept."


def exported_playlists(files: int, missing: str | None) -> str:
    """missing: why songs may not be in there, as `library.missing_in_export` says."""
    why = {"writing": _(EXPORT_WHILE_WRITING), "empty": _(EXPORT_EMPTY)}.get(missing or "")
    said = f"Your playlists, {formatting.count(files, 'file')}. Spreadsheets read them, and so does `/library import`."
    return f"{said}\n{why}" if why else said


ERRORS: Wordings = {}
