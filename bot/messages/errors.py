"""Errors: what members read of them. Each room words its own; here are those that any room may meet.

An error's text is a sentence with the error's fields in it, or a function of the error where the sentence depends on
them. Names are escaped, moments shown in the reader's own time zone.
"""

import math
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from bot import errors
from bot.core import markup
from bot.errors import CratekeeperError, audio, spotify
from bot.messages import N_, _, account, feed, library, mentions, plural, social
from bot.messages.sorting import errors as sorting
from bot.messages.wording import Wording, Wordings


def _wrong_code(error: errors.WrongCode) -> str:
    if not error.left:
        return _(
            "That was the last try. Nothing was linked, and I've deleted what Spotify gave me. `/link` starts again."
        )
    return plural(
        "That isn't the code on the page. You have {count} more try.",
        "That isn't the code on the page. You have {count} more tries.",
        error.left,
    )


def _too_few_labels(error: errors.TooFewLabels) -> str:
    return plural(
        "I can't sort yet: I need {count} more label to learn from. `/label` asks you about a song.",
        "I can't sort yet: I need {count} more labels to learn from. `/label` asks you about a song.",
        error.missing,
    )


def _too_often(error: errors.TooOften) -> str:
    return plural(
        "That's a lot of work for one minute. Please try again in {count} second.",
        "That's a lot of work for one minute. Please try again in {count} seconds.",
        math.ceil(error.seconds),
    )


NO_DATABASE = N_(
    "I can't use my database right now, so I didn't do that. Try again in a few minutes. If that doesn't help, tell "
    "whoever runs this bot."
)
APP_REFUSED = N_(
    "Spotify refuses the app I use for you: it was deleted, its secret changed, or its owner has no Premium right now. "
    "Nothing was lost. If it's your own app, `/link client_id:` takes another; otherwise, tell whoever runs this bot. "
    "Once that's fixed, Spotify can take a few hours."
)
COMMON: Wordings = {
    errors.CratekeeperError: N_("That didn't work, and it isn't your fault. Nothing was lost."),
    errors.NotLinked: N_("I don't know your songs yet. Use `/link` for Spotify, or `/library import` for a file."),
    errors.LinkRefused: N_(
        "That link was already used, is older than ten minutes, or isn't yours. Use `/link` for a new one."
    ),
    errors.WrongCode: _wrong_code,
    errors.LinkUsed: N_("That link was already used, or is older than ten minutes. Use `/feed web` for a new one."),
    errors.NotConfirmed: N_("Discord didn't confirm who you are. Close this and open it again."),
    errors.NoLikes: N_("You have no liked songs on Spotify yet. Like some, then use `/sync` to show them to me."),
    errors.NoPlaylists: N_("I don't keep any playlists for you here. `/playlists add` takes one, or makes a new one."),
    errors.TooFewLabels: _too_few_labels,
    errors.NotTrained: N_("I have enough labels, but I haven't learned from them yet. That takes a few seconds."),
    errors.BadFile: N_("I can't read that file."),
    errors.BadChoice: N_("That isn't one of the choices any more. Please try again."),
    errors.CannotPost: N_("I can't post there. Choose a channel where both of us may write."),
    errors.BadLength: N_("Use 1 to {most} characters."),
    errors.NotAmongLikes: N_(
        "The playlists I keep only hold songs you like, and what you like in the feed stays out of your likes."
    ),
    errors.StillHearing: N_("I'm still listening to the files before yours. Send it again in a few minutes."),
    errors.NoClip: N_("I have no file of that song to cut a clip from."),
    errors.NoTaste: N_("I don't know yet what you like. Name a song, or try `/discover random`."),
    errors.NothingThereYet: N_(
        "I have nothing to choose from for you yet. Members who use `/feed join` share their likes with each other."
    ),
    errors.TooOften: _too_often,
    errors.NotYours: N_("These buttons belong to someone else."),
    errors.NothingToUndo: N_("There's nothing to undo."),
    spotify.SpotifyError: N_("Spotify didn't answer properly. Nothing was lost; try again in a few minutes."),
    spotify.CoolingDown: N_("Spotify asks us to wait until {until}. Nothing was lost; try again then."),
    spotify.NotOnAllowList: N_(
        "Spotify let you in, but this bot's Spotify app has no seat for your account (an app has five). Ask whoever "
        "runs the bot to add you, use `/link client_id:` with an app of your own (its owner needs Premium), or "
        "`/library import` with a file. Nothing was kept."
    ),
    spotify.AppRefused: APP_REFUSED,
    spotify.ConsentEnded: N_(
        "Your consent on Spotify has ended: it lasts six months, or you revoked it. Use `/link` to go on."
    ),
    spotify.Unsettled: N_("Spotify doesn't show all of it yet. I'll check again."),
    spotify.PlaylistGone: N_(
        "That playlist is gone from your Spotify, or no longer yours to change. `/playlists remove` stops keeping it."
    ),
    audio.AudioError: N_("I can't analyse that file."),
    audio.NotAudio: N_("I can't find any sound in that file. I read MP3, M4A (AAC), Ogg, Opus, FLAC and WAV."),
    audio.EmptyAudio: N_("That file has less than half a second of sound in it."),
    audio.SilentAudio: N_("That file is silent from start to finish."),
    audio.TruncatedAudio: N_("That file is cut short, or damaged. Download or convert it again."),
    audio.TooLongAudio: N_("That file is longer than I listen to."),
    audio.TooLargeAudio: N_("That file is larger, or unpacks to more, than I can take."),
    audio.NamelessAudio: N_("That file's name isn't valid text (UTF-8). Rename it."),
    audio.NothingThere: N_("There's nothing to hear at that point of the song."),
    audio.ClipTooLarge: N_("That clip is larger than I can send here."),
    audio.HearingFailed: N_("I couldn't listen to that file to the end: something about it is unusual."),
    errors.SourceError: N_("I couldn't find out more about your songs just now. Nothing was lost; I'll try again."),
    errors.ChatDown: N_("Discord isn't answering properly right now. Nothing was lost; try again in a few minutes."),
    errors.StoreError: N_(
        "I can't write to my disk right now, so I didn't do that. Please tell whoever runs this bot."
    ),
    errors.StoreBusy: NO_DATABASE,
    errors.StoreShut: NO_DATABASE,
    errors.StorageDown: N_("I can't reach my models right now, so I didn't do that. Try again in a few minutes."),
    errors.VaultError: N_("I can't open what I kept for your Spotify account. Nothing was lost; use `/link` to go on."),
    errors.ModelError: N_("I haven't learned your playlists yet. Answer a few `/label` cards and I will."),
    errors.TrainingFailed: N_("Training didn't finish. Your labels are safe, and I'll try again with the next ones."),
}
BY_ITSELF: Wordings = {  # where a job goes on later, and nobody has to try again
    spotify.AppRefused: APP_REFUSED,
    spotify.CoolingDown: N_("Spotify asks us to wait until {until}. Nothing was lost; I'll go on then."),
    spotify.SpotifyDown: N_("Spotify isn't answering properly. Nothing was lost; I'll keep trying."),
}
ROOMS = [sorting.ERRORS, library.ERRORS, account.ERRORS, feed.ERRORS, social.ERRORS]


def describe(error: CratekeeperError, *, by_itself: bool = False, plain: bool = False) -> str:
    """Return what a member reads of an error.

    by_itself: a job met it, and tries again without them. plain: no Markdown, for pages of the web.
    """
    wording = _wording(error, [BY_ITSELF] if by_itself else []) or _wording(error, [*ROOMS, COMMON])
    assert wording is not None  # noqa: S101 - COMMON words the root
    said = wording(error) if callable(wording) else _(wording, **_fields(error, plain=plain))
    return mentions.bare(said) if plain else said


def _wording(error: CratekeeperError, tables: list[Wordings]) -> Wording | None:
    """Return the wording of the nearest kind that has one."""
    return next((table[kind] for kind in type(error).__mro__ for table in tables if kind in table), None)


def _fields(error: CratekeeperError, *, plain: bool) -> dict[str, Any]:
    if not is_dataclass(error):
        return {}
    return {field.name: _shown(getattr(error, field.name), plain=plain) for field in fields(error)}


def _shown(value: Any, *, plain: bool) -> Any:
    if isinstance(value, str):
        return markup.plain(value) if plain else markup.escape(value)
    return markup.timestamp(value) if isinstance(value, datetime) else value
