"""What members read of training, of how good their model is, and why a song goes where it goes. Pure."""

from collections.abc import Mapping, Sequence

from bot.core.markup import timestamp
from bot.core.records import Model, Playlist
from bot.core.sorting.learning.gate import Reason
from bot.flows.account.status import LayerStatus
from bot.flows.sorting.labelling.label import Guess
from bot.flows.sorting.why import Explained
from bot.messages import N_, _, formatting, listed, plural

NO_MODEL = N_("I haven't learned your playlists yet.")
NOT_TESTED = N_("Not tested yet.")
NOT_TRUSTED = N_("I trained, but I don't trust the result yet: a few more taps help.")
MORE_TO_LEARN_FROM = N_("Another playlist with songs in it would help, and so would a few answers.")
KEPT_THE_MODEL = N_("I trained again and kept the model I had.")
ALL_PLACED = N_("There's no song left to place.")
NONE_AUTOMATIC = N_("All of your playlists have me ask first, so I'll show you my guesses.")
NOT_ENOUGH = N_("That's not enough yet to place a song without asking.")
TOO_FEW_TO_SAY = N_("Too few labels to say how right I am.")
NO_FEATURES = N_("I know nothing about this song.")
REASONS = {
    Reason.NOTHING_TO_TELL_APART: N_("The labels don't tell two playlists apart yet."),
    Reason.UNTESTED: N_("There were too few labels to test the new one."),
    Reason.NO_BETTER: N_("The new one is no better than knowing how common each playlist is."),
    Reason.WORSE: N_("The new one did worse on the same songs."),
}
PROVENANCE_ROOM = 800  # characters


def training(labels: int) -> str:
    return plural(
        "Learning from {count} label. This takes a few seconds.",
        "Learning from {count} labels. This takes a few seconds.",
        labels,
    )


def too_few(missing: int) -> str:
    return plural(
        "{count} more label and I can learn. `/label` asks about the next song.",
        "{count} more labels and I can learn. `/label` asks about the next song.",
        missing,
    )


def trained(layer: LayerStatus) -> str:
    """What training came to, and what that means for the songs without a place."""
    said = learned(layer.model.labels if layer.model else layer.tally.labels)
    if not layer.unplaced:
        return f"{said} {_(ALL_PLACED)}"
    if layer.expected.songs:
        return f"{said} {formatting.can_place(layer.expected, knows_none=layer.knows_none)}"
    if not any(playlist.automatic for playlist in layer.playlists):
        return f"{said} {_(NONE_AUTOMATIC)}"
    return " ".join(filter(None, [said, _(NOT_ENOUGH), formatting.hope(layer.tally)]))


def learned(labels: int) -> str:
    return plural("I've learned from {count} label.", "I've learned from {count} labels.", labels)


def not_published(reason: str, *, has_model: bool) -> str:
    """Why a training left the model as it was. reason: a Reason, or the text that an older version stored."""
    known = REASONS.get(Reason(reason)) if reason in set(Reason) else None
    because = _(known) if known else formatting.escape(reason, 300)
    return f"{_(KEPT_THE_MODEL) if has_model else _(NOT_TRUSTED)} {because}"


def explained(song: Explained, playlists: Mapping[int, Playlist]) -> str:
    """Why a song goes where it goes: the member's answer, the nearest labels, and what the guess is based on."""
    lines = [f"### {formatting.song_name(song.song)}"]
    if song.verdict and song.verdict.settled:
        told = [formatting.playlist_name(playlists[key]) for key in sorted(song.verdict.yes) if key in playlists]
        lines.append(_("You said: {playlists}.", playlists=listed(told) or _("none of them")))
    if song.guesses:
        lines.append(_("My guess: {guess}.", guess=formatting.guesses([Guess(*guess) for guess in song.guesses])))
    if song.reason and song.reason.near:
        near = _("It's near {songs}, which you labelled.", songs=formatting.titles(song.reason.near))
        lines.append(" ".join(filter(None, [near, _than(song, playlists)])))
    return "\n".join([*lines, f"-# {_provenance(song.provenance)}"])


def _than(song: Explained, playlists: Mapping[int, Playlist]) -> str:
    reason = song.reason
    other = playlists.get(reason.than_playlist) if reason and reason.than_playlist is not None else None
    if reason is None or reason.than is None or other is None:
        return ""
    return _(
        "The nearest elsewhere is {song} in {playlist}.",
        song=formatting.titles([reason.than]),
        playlist=formatting.playlist_name(other),
    )


def _provenance(sources: Mapping[str, str]) -> str:
    """Which features a guess is based on, and where they come from."""
    if not sources:
        return _(NO_FEATURES)
    by_source: dict[str, set[str]] = {}
    for name, source in sources.items():
        by_source.setdefault(formatting.brought(source), set()).add(formatting.aspect(name.partition(":")[0]))
    said = [
        _("{features} (from {source})", features=listed(sorted(names)), source=formatting.escape(source))
        for source, names in by_source.items()
    ]
    return formatting.clip(_("What I go by: {features}.", features=" · ".join(said)), PROVENANCE_ROOM)


def version(model: Model) -> str:
    """A model in a select: when it was trained, from how much, and whether it's in use."""
    parts = [formatting.moment(model.created_at), formatting.labels(model.labels), _("in use") if model.serving else ""]
    return " · ".join(filter(None, parts))


def version_score(model: Model) -> str:
    return formatting.overall(_tested(model)) or _(NOT_TESTED)


def accuracy(model: Model, playlists: Sequence[Playlist]) -> str:
    """The serving model, playlist by playlist, each number with its meaning."""
    scores: Mapping[str, Mapping[str, float]] = model.card.get("scores", {})
    head = plural(
        "Learned from {count} label, {when}.",
        "Learned from {count} labels, {when}.",
        model.labels,
        when=timestamp(model.created_at, "R"),
    )
    named = [(playlist, scores.get(str(playlist.playlist))) for playlist in playlists]
    lines = [f"- {_scored(playlist, score)}" for playlist, score in named if score]
    return "\n".join([f"{head} {formatting.overall(_tested(model)) or _(NOT_TESTED)}", *lines])


def finding(model: Model) -> str:
    """The alternative text of a model's picture: how it was tested, and the playlist it's best and worst at."""
    scores = [*model.card.get("scores", {}).items(), ("", model.card.get("none") or {})]
    names: Mapping[str, str] = model.card.get("names", {})
    tried = [(names.get(key, _("none of them")), score) for key, score in scores if score.get("asked")]
    if not tried:
        return _(TOO_FEW_TO_SAY)
    ranked = sorted(tried, key=lambda each: (-each[1]["precision"], -each[1]["of"], each[0]))
    said = [_tests(model), _("Surest: {found}.", found=_found(*ranked[0]))]
    return " ".join([*said, _("Weakest: {found}.", found=_found(*ranked[-1]))] if len(ranked) > 1 else said)


def _tests(model: Model) -> str:
    tested = int(model.card.get("overall", {}).get("tested", 0))
    return plural(
        "Tested on {count} labelled song I hadn't seen.", "Tested on {count} labelled songs I hadn't seen.", tested
    )


def _found(name: str, score: Mapping[str, float]) -> str:
    right, asked, of = (int(score[what]) for what in ("right", "asked", "of"))
    return _(
        "{name}, right {right} of {asked} times, finding {right} of its {of} songs",
        name=formatting.plain(name, formatting.LONGEST_NAME),
        right=right,
        asked=asked,
        of=of,
    )


def _scored(playlist: Playlist, score: Mapping[str, float]) -> str:
    return formatting.told_of(formatting.playlist_name(playlist), _score(score))


def _tested(model: Model) -> list[tuple[int, int]]:
    return [(int(score["right"]), int(score["of"])) for score in model.card.get("scores", {}).values()]


def _score(score: Mapping[str, float]) -> str:
    right, of = int(score["right"]), int(score["of"])
    if not of:
        recall = _("no song to test with yet")
    else:
        recall = plural(
            "of {count} song that belongs there I found {right}",
            "of {count} songs that belong there I found {right}",
            of,
            right=right,
        )
    if not score.get("asked"):
        return recall
    precision = _("of those I put there, {rate} were right", rate=formatting.rate(right, int(score["asked"])))
    return _("{recall}; {precision}", recall=recall, precision=precision)
