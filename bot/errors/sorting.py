"""What can go wrong with playlists, labels, writes and prompts."""

from dataclasses import dataclass

from bot.errors import BadChoice, NoLikes


class StillReading(NoLikes):
    """Their likes are still being read."""


class StillLearning(BadChoice):
    """A training is running, and there's no model before it."""


class NotInLibrary(BadChoice):
    """The song isn't in the member's library."""


class NotOffered(BadChoice):
    """The playlist isn't one of the member's own, or is kept already."""


class PlaylistNotKept(BadChoice):
    """The playlist isn't one that's kept for the member."""


class NoPlaylistNamed(BadChoice):
    """A rule was given without saying for which playlist."""


class AmbiguousName(BadChoice):
    """Several playlists have that name."""


@dataclass(eq=False)
class AlreadyInLayer(BadChoice):
    """The layer has a playlist of that name."""

    name: str
    layer_name: str


@dataclass(eq=False)
class LayerFull(BadChoice):
    """The layer holds as many playlists as it may."""

    layer_name: str
    most: int


@dataclass(eq=False)
class TooManyLayers(BadChoice):
    """The member has as many layers as they may."""

    most: int


@dataclass(eq=False)
class TooManyPlaylists(BadChoice):
    """The member has had as many playlists kept, over time, as are remembered."""

    most: int


@dataclass(eq=False)
class StillMaking(BadChoice):
    """As many playlists as may be are being made for the member."""

    count: int


class NoSuchLayer(BadChoice):
    """The member has no such layer."""


@dataclass(eq=False)
class MistakesOutOfRange(BadChoice):
    """More or fewer wrong songs in 20 than may be accepted."""

    most: int


class NotAnEmoji(BadChoice):
    """It isn't one emoji that every server has."""


@dataclass(eq=False)
class EmojiTaken(BadChoice):
    """The emoji stands for another playlist of the layer."""

    emoji: str


class NothingLeftToAsk(BadChoice):
    """No song is worth asking about."""


class QuestionGone(BadChoice):
    """A card or prompt is too old: it's no longer kept."""


class CannotReact(BadChoice):
    """The bot may not add reactions in that channel, or not read what it posted there."""


class DryRunGone(BadChoice):
    """A dry run was cancelled, or made room for newer ones."""


class DryRunChanged(BadChoice):
    """A dry run would no longer do what the member was shown."""


class ReceiptGone(BadChoice):
    """A receipt, or a line of it, is no longer kept."""


class StateGone(BadChoice):
    """That state of a playlist is no longer recorded, or the playlist no longer kept."""


class NothingToRestore(BadChoice):
    """The playlist holds the songs that it held then."""


class StillWriting(BadChoice):
    """The write can't be undone while it's being applied."""


@dataclass(eq=False)
class TooOldToUndo(BadChoice):
    """The write isn't among the member's newest, which are kept whole, and its songs changed again since."""

    most: int


class ModelGone(BadChoice):
    """That model is no longer kept."""


@dataclass(eq=False)
class NoneOfThat(BadChoice):
    """None of the member's songs is by that artist, or on that album."""

    name: str


@dataclass(eq=False)
class AllSorted(BadChoice):
    """Every song by that artist, or on that album, is sorted."""

    name: str


class AlreadySorted(BadChoice):
    """All of the songs they chose have found their place meanwhile."""
