"""What members read of errors with playlists, labels, writes and prompts."""

from bot.errors import sorting as errors
from bot.messages import N_, plural
from bot.messages.wording import Wordings


def _still_making(error: errors.StillMaking) -> str:
    return plural(
        "I'm still making {count} playlist for you. Try again in a few minutes.",
        "I'm still making {count} playlists for you. Try again in a few minutes.",
        error.count,
    )


ERRORS: Wordings = {
    errors.StillReading: N_("I'm still reading your likes. Try again in a moment."),
    errors.StillLearning: N_("I'm learning from your labels right now. Try again in a few seconds."),
    errors.NotInLibrary: N_("That song isn't in your library: I only know the songs you like."),
    errors.NotOffered: N_("That playlist isn't one of yours, or I already keep it."),
    errors.PlaylistNotKept: N_("I don't keep that playlist for you. `/playlists list` shows those I do."),
    errors.NoPlaylistNamed: N_("For which playlist? Choose it in `playlist:`."),
    errors.AmbiguousName: N_("Several have that name. Choose one from the list Discord shows while you type."),
    errors.AlreadyInLayer: N_("“{name}” is already in {layer_name}."),
    errors.LayerFull: N_("{layer_name} is full: a layer holds {most} playlists. Another layer has room."),
    errors.TooManyLayers: N_(
        "You have {most} layers, and that's the limit. `/playlists list` shows them; use one of those."
    ),
    errors.TooManyPlaylists: N_(
        "You've given me {most} playlists over time, the most I can remember. `/playlists add` takes back one that you "
        "removed."
    ),
    errors.StillMaking: _still_making,
    errors.NoSuchLayer: N_("You have no such layer. `/playlists list` shows yours."),
    errors.MistakesOutOfRange: N_("Choose 0 to {most} wrong songs in 20."),
    errors.NotAnEmoji: N_("Choose one emoji that every server has."),
    errors.EmojiTaken: N_("{emoji} already stands for another playlist in that layer."),
    errors.NothingLeftToAsk: N_("There's nothing left to ask about."),
    errors.QuestionGone: N_("That question is too old. `/label` shows you a new one."),
    errors.CannotReact: N_("I may not add reactions here, or can't see what I posted. A server admin can allow both."),
    errors.DryRunGone: N_("That dry run is out of date. `/sort` makes a new one."),
    errors.DryRunChanged: N_("This was changed elsewhere meanwhile, so nothing was written. Here it is as it stands."),
    errors.ReceiptGone: N_("I don't keep that receipt any more."),
    errors.StateGone: N_("I no longer have that state. `/playlists history` shows those I have."),
    errors.NothingToRestore: N_("It holds the same songs now, so there's nothing to restore."),
    errors.StillWriting: N_("I'm still writing that. You can undo it once it's done."),
    errors.NoneOfThat: N_("None of your songs has “{name}” as its artist or album."),
    errors.AllSorted: N_("There's nothing left to sort for “{name}”."),
    errors.AlreadySorted: N_("Those songs are sorted already."),
    errors.ModelGone: N_("I don't keep that model any more. `/model` shows the ones I have."),
    errors.TooOldToUndo: N_(
        "That's too old to undo: its songs changed again since, and I only keep your last {most} receipts in full."
    ),
}
