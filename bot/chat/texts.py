"""Texts: what the bot says, in one place. Pure: values in, Markdown out. Dry, warm, no exclamation marks."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.chat import formatting, sentences
from bot.core import limits
from bot.core.records import Account, ApiToken, Layer, Member, Model, Playlist, Song
from bot.core.social.shared_playlists import SHELF
from bot.errors import timestamp
from bot.flows.account.status import LayerStatus, Status
from bot.flows.account.tokens import Issued
from bot.flows.library.sync import Imported
from bot.flows.sorting.label import Guess
from bot.flows.sorting.playlists import LayerView
from bot.flows.sorting.why import Explained


def linked(name: str, songs: int) -> str:
    return f"Linked as *{formatting.escape(name)}*. {formatting.count(songs, 'liked song')}."


def confirm_link(name: str) -> str:
    asked = f"That is *{formatting.escape(name)}* at Spotify. Link that account?"
    return f"{asked} I read its likes, and change its playlists."


def own_app(redirect_uri: str) -> str:
    """What a member's own Spotify app needs."""
    return f"This goes by an app of your own: it needs the redirect URI `{redirect_uri}`, and its owner Premium."


def linked_now(name: str) -> str:
    return f"Linked as *{formatting.escape(name)}*. Reading your likes."


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
        return sentences.NO_PLAYLISTS
    return "\n\n".join(_layer(each) for each in shown)


def _layer(shown: LayerView) -> str:
    lines = [f"- {rules(each)} {formatting.count(number, 'song')}." for each, number in shown.playlists]
    return f"{layer(shown.layer)}\n{formatting.lines(lines, 1500) or sentences.EMPTY_LAYER}"


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


def too_large(file: str, most: int) -> str:
    return f"{formatting.escape(file)} is too large: up to {most // 1_000_000} MB, please."


def uploaded(song: Song) -> str:
    return f"Heard {formatting.song_name(song)}. I go by that file now, for you alone; the file itself I have not kept."


def songs_near(like: Sequence[Song], unlike: Sequence[Song] = ()) -> str:
    """What a list of songs is near to; without any, it is what the member likes."""
    if not like:
        return "**Near what you like**"
    near = f"**Like {formatting.listed(formatting.escape(each.title, 60) for each in like)}**"
    return (
        f"{near}, not like {formatting.listed(formatting.escape(each.title, 60) for each in unlike)}"
        if unlike
        else near
    )


def nothing_near(like: Sequence[Song]) -> str:
    if not like:
        return sentences.NOTHING_FOR_YOU
    return sentences.NOTHING_NEAR if len(like) == 1 else sentences.NOTHING_NEAR_THOSE


def exported_playlists(files: int, missing: str | None) -> str:
    """missing: why songs may not be in there, as `library.missing_in_export` says."""
    why = {"writing": sentences.EXPORT_WHILE_WRITING, "empty": sentences.EXPORT_EMPTY}.get(missing or "")
    said = f"Your playlists, {formatting.count(files, 'file')}. Spreadsheets read them, and so does `/library import`."
    return f"{said}\n{why}" if why else said


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


def status(found: Status, now: datetime) -> str:
    lines = [
        _account(found.account, found.days_left, found.member),
        f"{formatting.count(found.songs, 'song')}, {formatting.count(found.labels, 'label')}.",
    ]
    if found.without_features:
        lines.append(
            f"Of {formatting.count(found.without_features, 'song')} I know nothing to go by, so I place none of those."
        )
    if found.by_source:
        lines.append(formatting.heard(found.by_source))
    lines += [formatting.hearing(each) for each in found.hearing]
    lines += [_layer_status(each) for each in found.layers]
    if found.cooldown:
        lines.append(f"Spotify asks us to wait until {timestamp(found.cooldown)}.")
    if found.waiting:
        lines.append(f"Under way: {formatting.listed(found.waiting)}.")
    return "\n".join(line for line in (*lines, _updates(found.member, now)) if line)


def _account(account: Account | None, days: int | None, member: Member | None) -> str:
    if account is None:
        return "Your library comes from a file." if member and member.source == "file" else "Not linked to Spotify."
    if not account.tokens:
        return f"Linked as *{formatting.escape(account.name)}*, but Spotify's consent has ended."
    synced_at = f"; last looked {timestamp(account.synced_at, 'R')}" if account.synced_at else ""
    return f"Linked as *{formatting.escape(account.name)}*{synced_at}. Consent ends {_in_days(days or 0)}."


def _layer_status(found: LayerStatus) -> str:
    names = {each.playlist: each.name for each in found.playlists}
    model = f"can place {formatting.count(found.placeable, 'more song')}" if found.model else "not trained yet"
    head = f"**{formatting.escape(found.layer.name)}** – {formatting.count(len(found.playlists), 'playlist')}, {model}"
    return f"{head}\n-# {formatting.tally(found.tally, names)}"


def _updates(member: Member | None, now: datetime) -> str:
    if member is None:
        return ""
    silent = member.muted_until is not None and member.muted_until > now
    muted = f" Muted until {timestamp(member.muted_until, 'f')}." if silent and member.muted_until else ""
    return f"{updates(member, now)}{muted}"


def updates(member: Member, now: datetime) -> str:
    if member.updates == "off":
        return "I send no updates about new likes."
    where = "by direct message" if member.updates == "dm" else f"in <#{member.updates_channel}>"
    return f"Updates go {where}, at most {member.daily_cap} a day{_quiet(member, now)}."


def _quiet(member: Member, now: datetime) -> str:
    """The quiet hours, shown in the reader's own time."""
    if member.quiet_from is None or member.quiet_to is None or member.quiet_from == member.quiet_to:
        return ""
    since, until = (timestamp(now.replace(hour=hour, minute=0)) for hour in (member.quiet_from, member.quiet_to))
    return f", silent from {since} to {until}"


def muted(until: datetime | None, member: Member | None) -> str:
    if member is not None and member.updates == "off":
        return f"{'Silent' if until else 'Not muted any more'}: updates are off anyway. `/updates` switches them on."
    if until is None:
        return "Not muted any more."
    return f"Silent until {timestamp(until, 'f')}. What happens meanwhile I tell you afterwards."


def consent_ends(days: int) -> str:
    return f"Spotify's consent ends {_in_days(days)}: after six months it asks you again. **Renew** takes you there."


def _in_days(days: int) -> str:
    return f"in {formatting.count(days, 'day')}" if days else "within a day"


def joined(member: Member | None) -> str:
    """What joining the feed comes to, for a member with that kind of library."""
    if member is None or member.source is None:
        return sentences.JOINED_EMPTY
    if member.hidden:
        return sentences.JOINED_HIDDEN
    return sentences.JOINED_BY_FILE if member.source == "file" else sentences.JOINED


def issued(found: Issued, public_url: str) -> str:
    """The one time that a token is shown."""
    good = f"Good until {timestamp(found.expires_at, 'D')}, at {public_url}/api"
    return f"Your token, this once:\n```\n{found.secret}\n```\n{good}"


def tokens(found: Sequence[ApiToken]) -> str:
    return "\n".join(_token(each) for each in found)


def _token(found: ApiToken) -> str:
    used = f"used {timestamp(found.used_at, 'R')}" if found.used_at else "never used"
    return f"- **{formatting.escape(found.name)}** · {used} · good until {timestamp(found.expires_at, 'D')}"
