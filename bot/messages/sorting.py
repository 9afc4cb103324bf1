"""Sorting: what the bot says. Pure: values in, Markdown out. Dry, warm, no exclamation marks."""

from collections.abc import Mapping, Sequence

from bot.core.markup import timestamp
from bot.core.records import Layer, Model, Playlist, Song
from bot.core.social.shared_playlists import SHELF
from bot.flows.account.status import LayerStatus
from bot.flows.sorting.label import Guess
from bot.flows.sorting.playlists import LayerView
from bot.flows.sorting.why import Explained
from bot.messages import N_, _, formatting
from bot.messages.wording import Wordings

NO_PLAYLISTS = N_("I keep no playlist for you. `/playlists add` takes one, or makes a new one.")
EMPTY_LAYER = N_("- nothing in it; `/playlists add` fills it")
WHY_WHICH = N_("Which song do you wonder about?")
WHERE_DOES_IT_GO = N_("Where does this one go?")
WHOSE_PROMPT = N_(
    "These playlists belong to whoever posted this, so only their reactions count; removing one takes it back. "
    "Everyone else who likes the song: the button asks you about your own playlists."
)
NOT_THEIR_PROMPT = N_(
    "Your reaction didn't count: the emoji on that song stand for the playlists of the member who posted it. If you "
    "like the song, too, press **Sort it into mine** under it; or post one yourself with `/prompt`."
)
LEARN_IS_OFF = N_(
    "Off, as it is unless you ask for it: Spotify's terms are strict about what may enter a model, so I go by your own "
    "taps. Switched on, the songs that stand in your playlists count as labels; nothing else of Spotify's would."
)
NOTHING_TO_SORT = N_("Nothing to do: there is no song left that I could place, or would ask you about.")
TAKEN_BACK = N_("Taken back. So where does it go?")
TAKING_OUT = N_("I'm taking it out of there again. So where does it go?")
TAKING_BACK = N_("Taking it back.")
TAKING_IT_BACK = N_("Taking it back now")
STILL_WRITING = N_("Still writing")
HALF_WAY = N_("I stopped half-way")
NOT_DONE = N_("I couldn't do that")
NOT_TAKEN_BACK = N_("I couldn't take that back")
PARTLY_TAKEN_BACK = N_("Taken back in part")
NO_MODEL = N_("I have not learnt your playlists yet. A few taps and I will.")
NO_EMOJI = N_("One emoji, please, of those that every server has.")
ONE_MOMENT = N_("One moment.")
NO_REACTIONS = N_(
    "I may not add reactions here, or not read back what I posted. Whoever runs this server can allow it."
)


def kept(names: Sequence[str]) -> str:
    return f"I keep {formatting.listed(f'**{formatting.escape(name)}**' for name in names)} for you now."


def let_go(playlist: Playlist) -> str:
    stays = "I no longer sort into it" if playlist.ref.startswith(SHELF) else "It stays at Spotify as it is"
    return f"I let go of {formatting.playlist_name(playlist)}. {stays}; its labels stay here."


def rules(playlist: Playlist) -> str:
    how = "songs go in without asking" if playlist.automatic else "I ask before a song goes in"
    bearable = (
        "no mistake is"
        if playlist.mistakes == 0
        else formatting.does(playlist.mistakes, "mistake in 20 is", "mistakes in 20 are")
    )
    twice = " A recording may go in again as another release." if playlist.doubles else ""
    return f"{formatting.playlist_name(playlist)}: {how}; {bearable} bearable.{twice}"


def layers(shown: Sequence[LayerView]) -> str:
    if not any(each.playlists for each in shown):
        return _(NO_PLAYLISTS)
    return "\n\n".join(_layer(each) for each in shown)


def _layer(shown: LayerView) -> str:
    lines = [f"- {rules(each)} {formatting.count(number, 'song')}." for each, number in shown.playlists]
    return f"{layer(shown.layer)}\n{formatting.lines(lines, 1500) or _(EMPTY_LAYER)}"


def layer(found: Layer) -> str:
    several = "several playlists a song" if found.several else "one playlist a song"
    rest = "everything is placed" if found.everything else "songs may stay out"
    return f"**{formatting.escape(found.name)}** – {several}; {rest}"


def learning_from_playlists(labels: int, *, trains: bool) -> str:
    said = (
        f"What stands in your playlists counts now: {formatting.count(labels, 'label')} from it. Your taps still win."
    )
    return f"{said} I'm learning from them now; try `/sort` in a few seconds." if trains else said


def answered(song: Song, where: Sequence[Playlist]) -> str:
    """What was taken down about a song; no playlist means none of them."""
    goes = formatting.listed(formatting.playlist_name(each) for each in where) if where else "none of them"
    return f"{formatting.song_name(song, 50)} → {goes}"


def nothing_to_ask(tally: str) -> str:
    return f"Nothing left that I would have to ask.\n-# {tally}"


def training(labels: int) -> str:
    return f"Learning from {formatting.count(labels, 'label')}. This takes some seconds."


def too_few_songs(missing: int, tally: str) -> str:
    return (
        "Nothing left that I would have to ask, and too little to learn from: "
        f"{formatting.count(missing, 'label is', 'labels are')} missing. "
        "They come with your next likes; `/label song:` "
        f"asks about one that you skipped.\n-# {tally}"
    )


def too_few(missing: int) -> str:
    return f"{formatting.count(missing, 'more label')} and I can learn. `/label` asks the next."


def trained(layer: LayerStatus) -> str:
    right = formatting.overall(layer.tally.scores.values())
    known = f", and I was {right}" if right else ""
    hope = formatting.hope(layer.tally)
    labels = formatting.count(layer.model.labels if layer.model else layer.tally.labels, "label")
    if not layer.unplaced:
        return f"I have learnt from {labels}{known}. There is no song left to place."
    if not any(each.automatic for each in layer.playlists):
        return f"I have learnt from {labels}{known}. None of your playlists takes songs unasked: I show you my guesses."
    if not layer.placeable:
        return f"I have learnt from {labels}{known}. Not enough to place a song unasked yet. {hope}".rstrip()
    return f"I can already place {formatting.count(layer.placeable, 'song')}{known}. {hope + ' ' if hope else ''}Look?"


def not_published(reason: str, *, has_model: bool) -> str:
    because = formatting.escape(reason, 300)
    if has_model:
        return f"I learnt again and keep the model I had. The new one is {because}."
    return f"I learnt from your labels and do not trust it yet: {because}. A few more taps help."


def explained(found: Explained, playlists: Mapping[int, Playlist]) -> str:
    """Why a song goes where it goes: the member's word, the nearest labelled songs, and what I went by."""
    lines = [f"### {formatting.song_name(found.song)}"]
    if found.verdict and found.verdict.settled:
        told = [formatting.playlist_name(playlists[key]) for key in sorted(found.verdict.yes) if key in playlists]
        lines.append(f"You said: {formatting.listed(told) or 'none of them'}.")
    if found.guesses:
        lines.append(f"My guess: {formatting.guesses([Guess(*each) for each in found.guesses])}.")
    if near := formatting.near(found.reason):
        lines.append(f"It is {near}, which you labelled.{_than(found, playlists)}")
    return "\n".join([*lines, f"-# {_provenance(found.provenance)}"])


def _than(found: Explained, playlists: Mapping[int, Playlist]) -> str:
    reason = found.reason
    other = playlists.get(reason.than_playlist) if reason and reason.than_playlist is not None else None
    if reason is None or reason.than is None or other is None:
        return ""
    return f" The nearest elsewhere is *{formatting.escape(reason.than.title)}* in {formatting.playlist_name(other)}."


def _provenance(sources: Mapping[str, str]) -> str:
    """Which features a guess goes by, and who brought them."""
    if not sources:
        return "I know nothing of this song to go by."
    by_source: dict[str, set[str]] = {}
    for name, source in sources.items():
        by_source.setdefault(formatting.brought(source), set()).add(formatting.aspect(name.partition(":")[0]))
    said = [
        f"{formatting.listed(sorted(names))} (from {formatting.escape(source)})" for source, names in by_source.items()
    ]
    return formatting.clip(f"What I go by: {'; '.join(said)}.", 800)


def version(model: Model) -> str:
    serving = ", in use" if model.serving else ""
    return f"{model.created_at:%d %B, %H:%M} UTC · {formatting.count(model.labels, 'label')}{serving}"


def version_score(model: Model) -> str:
    scores = model.card.get("scores", {}).values()
    return formatting.overall((int(each["right"]), int(each["of"])) for each in scores) or "not tested"


def accuracy(model: Model, playlists: Sequence[Playlist]) -> str:
    """The serving model, playlist by playlist, each number with its meaning."""
    scores: Mapping[str, Mapping[str, float]] = model.card.get("scores", {})
    tested = [(int(each["right"]), int(each["of"])) for each in scores.values()]
    head = formatting.overall(tested) or "not tested yet"
    lines = [f"Learnt from {formatting.count(model.labels, 'label')}, {timestamp(model.created_at, 'R')}: {head}."]
    named = [(each, scores.get(str(each.playlist))) for each in playlists]
    lines += [f"- {formatting.playlist_name(each)}: {_score(found)}" for each, found in named if found]
    return "\n".join(lines)


def _score(score: Mapping[str, float]) -> str:
    right, of = int(score["right"]), int(score["of"])
    found = (
        f"of {formatting.does(of, 'song that belongs', 'songs that belong')} there I found {right}"
        if of
        else "no song to test with yet"
    )
    if not score.get("asked"):
        return found
    return f"{found}; of those I put there, {formatting.tenths(score['precision'])} in 10 were right"


ERRORS: Wordings = {}
