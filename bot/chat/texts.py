"""Texts: what the bot says, in one place. Pure: values in, Markdown out. Dry, warm, no exclamation marks."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.chat import words
from bot.core.records import Account, Member, Model, Playlist, Song
from bot.errors import timestamp
from bot.flows.keep import Shown
from bot.flows.library import Imported
from bot.flows.sort import Receipt
from bot.flows.status import LayerStatus, Status

WHAT_THIS_IS = (
    "I learn from your taps which of your liked songs belong in which of your playlists, and put new likes where they belong."
)
OR_A_FILE = "-# No Spotify account, or no seat free? `/library import` takes an Exportify file instead."
ASK_WHICH = "Which playlists should I keep for you? What is in them now stays as it is."
WHERE_DOES_IT_GO = "Where does this one go?"
FROM_NOW_ON = "From now on, like a song and I put it where it belongs. Mute me any time with `/mute`."
CONSENT = "Spotify asks whether I may read your likes and change playlists. The link is good for ten minutes, once."
PASTE = "Afterwards your browser shows a page that does not load. Copy its whole address and paste it here."
LEARN_IS_OFF = (
    "Learning from what already stands in a playlist is off unless you ask for it: Spotify's terms are strict about what may "
    "enter a model, so I go by your own taps. The playlist's songs would become labels; nothing else of Spotify's would."
)
UNLINK = (
    "This deletes the keys to your Spotify account and everything that came from it, at once: likes, models, receipts. "
    "Your playlists at Spotify stay as they are. Your answers stay here, unreadable until you link the same account again."
)
UNLINKED = "Done: the keys and everything from Spotify are gone. `/link` starts again, `/data delete` removes the rest."
ERASE = "This deletes everything I keep about you, at once and for good. `/data export` gives you a copy first."
ERASE_WORD = "delete"
NOT_ERASED = f"Nothing was deleted: the word is `{ERASE_WORD}`."
ERASED = "Everything I kept about you is deleted. Your playlists at Spotify stay as they are."
EXPORTED = "Everything I keep about you. Keys to your Spotify account are named, not shown."
OLD_BUTTON = "I do not know that button any more. `/help` says what is next."
OLD_COMMAND = "That command has changed. Discord shows the new one in a minute."
DEFECT = "Something went wrong on my side. Nothing was lost; please try again."
HAVE_NEWS = "I have news for you and could not reach you by direct message. `/status` shows it."
NOTHING_TO_SORT = "Every song has its place, or I know too little about it. Nothing to do."
CANCELLED = "Nothing was changed."
NOT_HERE = "I cannot post there. Ask for a channel that both of us may write in."
NO_REACTIONS = "I may not add reactions here. Whoever runs this server can allow it."


def linked(name: str, songs: int) -> str:
    return f"Linked as *{words.escape(name)}*. {words.count(songs, 'liked song')}."


def reading(done: int, total: int) -> str:
    return f"Reading your likes: {done:,} of {total:,}."


def synced(total: int, new: int, gone: int) -> str:
    news = [words.count(new, "new like")] if new else []
    news += [f"{gone:,} no longer liked"] if gone else []
    return f"{words.listed(news)}; {words.count(total, 'song')} in all." if news else f"Nothing new in {total:,} songs."


def imported(file: str, found: Imported) -> str:
    said = [f"Read {words.count(found.songs, 'song')} from {words.escape(file)}; your library has {found.total:,} now."]
    if found.with_features < found.songs:
        said.append(f"{found.songs - found.with_features:,} of them come without anything to learn from (tempo, energy, genres …).")
    if found.bad_rows:
        named = "\n".join(f"- {words.escape(each, 150)}" for each in found.bad)
        said.append(f"{words.count(found.bad_rows, 'row')} left out:\n{named}")
    return "\n".join(said)


def kept(names: Sequence[str]) -> str:
    return f"I keep {words.listed(f'**{words.escape(name)}**' for name in names)} for you now."


def let_go(playlist: Playlist) -> str:
    return f"I let go of {words.playlist_name(playlist)}. It stays at Spotify as it is; its labels stay here."


def rules(playlist: Playlist) -> str:
    how = "songs go in without asking" if playlist.automatic else "I ask before a song goes in"
    return f"{words.playlist_name(playlist)}: {how}; {playlist.mistakes} mistakes in 20 are bearable."


def layers(shown: Sequence[Shown]) -> str:
    return "\n\n".join(_layer(each) for each in shown if each.playlists) or "You have not handed me a playlist yet."


def _layer(shown: Shown) -> str:
    several = "several playlists a song" if shown.layer.several else "one playlist a song"
    rest = "everything is placed" if shown.layer.everything else "songs may stay out"
    lines = [f"- {rules(each)} {words.count(number, 'song')}." for each, number in shown.playlists]
    return f"**{words.escape(shown.layer.name)}** – {several}; {rest}\n" + words.lines(lines, 1500)


def answered(song: Song, where: Sequence[Playlist]) -> str:
    """What was taken down about a song; no playlist means none of them."""
    goes = words.listed(words.playlist_name(each) for each in where) if where else "none of them"
    return f"{words.song_name(song)} → {goes}"


def taken_back(song: Song) -> str:
    return f"Taken back: {words.song_name(song)}. Where does it go?"


def nothing_to_ask(tally: str) -> str:
    return f"Nothing left that I would have to ask.\n-# {tally}"


def training(labels: int) -> str:
    return f"Learning from {words.count(labels, 'label')}. This takes some seconds."


def too_few(missing: int) -> str:
    return f"{words.count(missing, 'more label')} and I can learn. `/label` asks the next."


def trained(layer: LayerStatus) -> str:
    right = words.overall(layer.tally.scores.values())
    can = f"I can already place {words.count(layer.placeable, 'song')}"
    return f"{can}, and I was {right}. Look?" if right else f"{can}. Look?"


def not_published(reason: str) -> str:
    return f"I learnt again, and kept the model you have: {words.escape(reason, 300)}"


def dry_run(receipt: Receipt) -> str:
    placed, asked = len({each.song for each in receipt.placed}), len(receipt.asked)
    said = f"**{placed:,} of {receipt.write.total:,} would be placed**, {asked:,} need your word, {receipt.left:,} stay."
    taken = len(receipt.removed)
    return said + (f" {words.count(taken, 'song')} would come out again, by your word." if taken else "")


def receipt(done: Receipt, waiting: int) -> str:
    """The headline of what was written."""
    what = words.changes(done) or "nothing changed"
    head = {"undo": "Taken back", "watch": f"{words.count(done.write.total, 'new like')} sorted"}.get(done.write.kind, "Done")
    said = f"**{head}** · {what}" + (f" · {waiting:,} for you to decide" if waiting else "")
    return said + (f"\n{done.write.problem}" if done.write.problem else "") + ("\nTaken back since." if done.undone else "")


def applying(receipt: Receipt) -> str:
    return f"Writing to your playlists: {words.changes(receipt) or 'nothing to change'}."


def ruled_out(song: Song, playlist: str) -> str:
    return f"Noted: {words.song_name(song)} does not belong in **{words.escape(playlist)}**. It comes out again."


def accuracy(model: Model, playlists: Sequence[Playlist]) -> str:
    """The serving model, playlist by playlist, each number with its meaning."""
    scores: Mapping[str, Mapping[str, float]] = model.card.get("scores", {})
    tested = [(int(each["right"]), int(each["of"])) for each in scores.values()]
    head = words.overall(tested) or "not tested yet"
    lines = [f"Learnt from {words.count(model.labels, 'label')}, {timestamp(model.created_at, 'R')}: {head}."]
    for each in playlists:
        if found := scores.get(str(each.playlist)):
            lines.append(f"- {words.playlist_name(each)}: {_score(found)}")
    return "\n".join(lines)


def _score(score: Mapping[str, float]) -> str:
    right, of = int(score["right"]), int(score["of"])
    found = f"of {words.count(of, 'song')} that belong there I found {right}" if of else "no song to test with yet"
    precision = score.get("precision")
    return found if precision is None else f"{found}; of those I put there, {round(10 * precision)} in 10 were right"


def status(found: Status) -> str:
    lines = [_account(found.account, found.days_left, found.member), f"{words.count(found.songs, 'song')}, {words.count(found.labels, 'label')}."]
    if found.without_features:
        lines.append(f"Of {found.without_features:,} songs I know nothing to go by; I leave those alone.")
    lines += [_layer_status(each) for each in found.layers]
    if found.cooldown:
        lines.append(f"Spotify asks us to wait until {timestamp(found.cooldown)}.")
    if found.waiting:
        lines.append(f"Under way: {words.listed(found.waiting)}.")
    return "\n".join([*lines, _updates(found.member)])


def _account(account: Account | None, days: int | None, member: Member | None) -> str:
    if account is None:
        return "Your library comes from a file." if member and member.source == "file" else "Not linked to Spotify."
    synced_at = f"; last looked {timestamp(account.synced_at, 'R')}" if account.synced_at else ""
    return f"Linked as *{words.escape(account.name)}*{synced_at}. Consent ends in {words.count(days or 0, 'day')}."


def _layer_status(found: LayerStatus) -> str:
    names = {each.playlist: each.name for each in found.playlists}
    model = f"can place {words.count(found.placeable, 'song')} by itself" if found.model else "not trained yet"
    head = f"**{words.escape(found.layer.name)}** – {words.count(len(found.playlists), 'playlist')}, {model}"
    return f"{head}\n-# {words.tally(found.tally, names)}"


def _updates(member: Member | None) -> str:
    if member is None:
        return OR_A_FILE
    muted = f" Muted until {timestamp(member.muted_until, 'f')}." if member.muted_until else ""
    return f"{updates(member)}{muted}"


def updates(member: Member) -> str:
    where = {"dm": "by direct message", "channel": f"in <#{member.updates_channel}>", "off": "nowhere"}[member.updates]
    quiet = f", silent from {member.quiet_from} to {member.quiet_to} o'clock UTC" if member.quiet_from is not None else ""
    return f"Updates go {where}, at most {member.daily_cap} a day{quiet}."


def muted(until: datetime | None) -> str:
    return f"Silent until {timestamp(until, 'f')}. What happens meanwhile I tell you afterwards." if until else "Not muted any more."


def consent_ends(days: int) -> str:
    return f"Spotify's consent ends in {words.count(days, 'day')}: after six months it asks you again. One tap renews it."


PRIVACY = """\
1. I keep: your Discord id, your liked songs (title, artists, album, link), the playlists you handed over, your answers, models learnt from them, receipts.
2. Keys to your Spotify account are encrypted, each bound to you; I use them for your likes and the playlists you handed over, nothing else.
3. What I learn from: your taps, and features from files that you or whoever runs this bot brought. `/why` names the source of each.
4. Spotify's content never enters a model (their developer terms). Learning from playlists that already stand is off until you switch it on.
5. Discord's terms forbid training on messages: I read none, I only see commands, buttons and reactions meant for me.
6. Everything stays on the machine of whoever runs this bot. Nothing is sold, shared or compared between members.
7. Only you see your answers here. In a channel stands only what you post there yourself.
8. Songs that nobody keeps any more, and models that nobody uses, are deleted.
9. `/data export` hands you everything as a file; `/unlink` deletes what came from Spotify.
10. `/data delete` deletes everything, at once and for good."""
