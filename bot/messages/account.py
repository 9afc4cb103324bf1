"""Account: what the bot says. Pure: values in, Markdown out. Dry, warm, no exclamation marks."""

from collections.abc import Sequence
from datetime import datetime

from bot.core.jobs import JobKind
from bot.core.markup import timestamp
from bot.core.records import Account, ApiToken, Member
from bot.errors import account as errors
from bot.flows.account.status import LayerStatus, Status
from bot.flows.account.tokens import Issued
from bot.messages import N_, _, formatting
from bot.messages.wording import Wordings

WHAT_THIS_IS = N_(
    "I learn from your taps which of your liked songs belong in which of your playlists, "
    "and put new likes where they belong."
)
OR_A_FILE = N_("-# No Spotify account, or no seat free? `/library import` takes an Exportify file instead.")
ASK_WHICH = N_("Which playlists should I keep for you? What is in them now stays as it is.")
MORE = N_(" `/playlists add` finds the ones that do not fit in here.")
ASK_FIRST = N_("You have no playlist that I could keep yet. What shall the first be called?")
ASK_ANOTHER = N_("I keep all of your playlists already. What shall a new one be called?")
WHERE_IT_STARTS = N_("A few taps and I can make my first guess. One song at a time: where does it go?")
ENOUGH_LABELS = N_("You have answered enough for me to learn from.")
NO_APP = N_(
    "This bot has no Spotify app of its own. `/link client_id:` takes one of yours (developer.spotify.com/dashboard; "
    "its owner needs Premium), `/library import` takes a file."
)
FROM_A_FILE = N_("Your library comes from a file. `/library import` reads a newer one, `/link` takes Spotify instead.")
LOOKING = N_("Looking at your likes.")
STILL_READING = N_("I'm still reading your likes. `/status` says how many I have.")
NOTHING_LIKED = N_("You have no liked songs at Spotify yet. Like some, then `/sync` shows them to me.")
FROM_NOW_ON = N_("From now on, like a song and I put it where it belongs. Mute me any time with `/mute`.")
FROM_THE_FILE = N_(
    "Your songs come from a file, so I don't see what you like elsewhere. Import a newer one with `/library import`; "
    "`/sort` then puts the new songs where they belong."
)
CONSENT_ENDED = N_(
    "Spotify's consent has ended, so I see no new likes and write nothing. Everything else is still here."
)
CONSENT = N_(
    "Spotify asks whether I may read your likes and change playlists. Open this link yourself, and send it to nobody: "
    "whoever agrees there lets me into *their* Spotify. It works once, for ten minutes. The page you land on shows a "
    "code to enter here; then I show you whose account it is, and link it when you say so."
)
CODE = N_("It's on the page you landed on after agreeing at Spotify. You have five tries in all.")
PASTE = N_(
    "No page with a code? Then copy the whole address of the page that does not load and paste it here. "
    "Paste only an address from your own browser, and never give yours to anybody: it works like a key, and whoever "
    "has it may be able to link your Spotify to their Discord account."
)
NO_PASTE = N_("The page you land on shows a code: enter that instead. `/link` starts again.")
NOT_LINKING = N_("There is no link under way that I could cancel. `/status` says whether you are linked.")
NOT_LINKED = N_("Nothing was linked, and I've deleted what Spotify gave me.")
UNLINK = N_(
    "This deletes the keys to your Spotify account and everything that came from it, at once: likes, models, receipts. "
    "Your playlists at Spotify stay as they are. Your answers stay here, unreadable until you link that account again."
)
UNLINKED = N_(
    "Done: the keys and everything from Spotify are gone. `/link` starts again, `/data delete` removes the rest."
)
UNLINKING = N_(
    "The keys and everything from Spotify are deleted, but something else, such as a backup, is reading my database: "
    "some of their bytes stay on the disk until it ends. I'll remove them then. `/link` starts again."
)
ERASE = N_("This deletes everything I keep about you, now and for good. `/data export` gives you a copy first.")
ERASE_WORD = "delete"
NOT_ERASED = f"Nothing was deleted: the word is `{ERASE_WORD}`."
ERASED = N_("Everything I kept about you is deleted. Your playlists at Spotify stay as they are.")
ERASING = N_(
    "I've begun to delete everything, but something else, such as a backup, is using my database. I'll go on until "
    "every byte about you is gone; you needn't do anything. Your playlists at Spotify stay as they are."
)
EXPORTED = N_("Everything I keep about you. Keys to your Spotify account are named, not shown.")
TEACHES = N_(
    "Thank you. When whoever runs this bot next teaches it, it learns from your answers which artists keep company: no "
    "names, no titles, nobody's id. `/data teach on:False` takes that back."
)
TEACHES_NOT = N_(
    "Your answers teach nobody but your own models. What was learnt from you before goes at the next teaching."
)
EXPORT_TOO_LARGE = N_("That is more than Discord takes in one file. Ask whoever runs this bot for a copy.")
COMMANDS = N_(
    "`/label` asks about a song · `/sort` shows what I would do · `/undo` takes it back · `/playlists` and `/updates` "
    "set the rules · `/why`, `/model` and `/status` explain · `/privacy` and `/data` are about what I keep"
)
NO_API = N_("The HTTP API is switched off here. Whoever runs this bot can switch it on.")
NO_TOKENS = N_("You have no token that is good. `/api-token new` makes one.")
REVOKED = N_("Revoked: whoever shows that token is turned away from now on.")
SHOWN_ONCE = N_(
    "-# Whoever has it sees the catalogue as you do and your recommendations, with the songs of yours that they are "
    "near to, and can say in your name what is not for you; nothing else. "
    "I cannot show it again. `/api-token list` revokes it."
)
PRIVACY = N_("""\
1. I keep your Discord id, your liked songs (title, artists, album, link), what files you sent say of songs, the \
playlists you handed over, your answers, the models learnt from them, and receipts.
2. I keep the keys to your Spotify account once you've confirmed it, encrypted and bound to you. I use them to \
read your likes, to keep the playlists you handed over or host for others and, if you allow it, to save what you like \
in the feed; for nothing else.
3. I learn from your taps, and from features in files that you or whoever runs this bot brought, or that services know \
which they switched on; `/why` names the source. A service is told which recording I ask about, never whose it is.
4. Spotify's content never enters a model (their developer terms). Learning from what already stands in your playlists \
is off until you switch it on in `/playlists settings`.
5. I read no messages (Discord's terms forbid learning from them): only commands, buttons, and \
reactions to my questions.
6. Everything stays with whoever runs this bot. Nothing is sold, shared, or compared between members, unless you \
switch it on: `/feed join` lets others find the songs you like, without your name, until `/feed leave`; what you pick \
in `/profile edit` is seen in your server; `/match` compares two who both said yes, and keeps nothing of it; \
`/data teach` lets which artists your answers put together help with others' songs. What you say in the feed is yours \
alone; adds are labels only if you say so in `/feed settings`. `/hide on` hides all of it at once.
7. Only you see your answers here, and programs and browsers that you let in (`/api-token`, `/feed web`, \
`/feed activity`), of which I keep a hash. In a channel stands only what you post there yourself, and updates if you \
ask for them there (`/updates`); with your name what you repost, bring to a shared playlist, or entered in a round \
that is over.
8. Songs that nobody keeps any more, and models that nobody uses, are deleted.
9. `/data export` hands you everything as a file; `/unlink` deletes what came from Spotify.
10. `/data delete` deletes everything, now and for good; copies in backups are up to whoever runs this bot.""")

UNDER_WAY = {  # what each kind of job is doing
    JobKind.SYNC: N_("reading your likes"),
    JobKind.TRAIN: N_("training"),
    JobKind.APPLY: N_("writing to your playlists"),
    JobKind.POLL: N_("looking at your likes"),
    JobKind.HEAR: N_("finding out about your songs"),
    JobKind.PLACE: N_("sorting new likes"),
    JobKind.KEEP: N_("making a playlist"),
    JobKind.SAVE: N_("putting songs among your likes"),
    JobKind.SHARE: N_("writing a shared playlist"),
}


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
        lines.append(f"Under way: {formatting.listed([_(UNDER_WAY[kind]) for kind in found.waiting])}.")
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


def consent_ends(days: int) -> str:
    return f"Spotify's consent ends {_in_days(days)}: after six months it asks you again. **Renew** takes you there."


def _in_days(days: int) -> str:
    return f"in {formatting.count(days, 'day')}" if days else "within a day"


def issued(found: Issued, public_url: str) -> str:
    """The one time that a token is shown."""
    good = f"Good until {timestamp(found.expires_at, 'D')}, at {public_url}/api"
    return f"Your token, this once:\n```\n{found.secret}\n```\n{good}"


def tokens(found: Sequence[ApiToken]) -> str:
    return "\n".join(_token(each) for each in found)


def _token(found: ApiToken) -> str:
    used = f"used {timestamp(found.used_at, 'R')}" if found.used_at else "never used"
    return f"- **{formatting.escape(found.name)}** · {used} · good until {timestamp(found.expires_at, 'D')}"


ERRORS: Wordings = {
    errors.BadClientId: N_(
        "A client ID has 32 characters, 0–9 and a–f. You'll find it in Spotify's developer dashboard."
    ),
    errors.NothingToConfirm: N_(
        "You have no link waiting for a code: nobody agreed on Spotify's page within ten minutes, or it was finished "
        "or cancelled. Use /link for a new one."
    ),
    errors.ConsentDenied: N_("You said no on Spotify's page, so nothing was linked. Use /link to try again."),
    errors.EarlierLink: N_("That code is from an earlier link. Enter the newest page's code, or use /link again."),
    errors.NotALinkAddress: N_("That isn't the address of the page you landed on: it contains `state=` and `code=`."),
    errors.NothingToUnlink: N_("You have no Spotify account linked. /data delete deletes everything else I keep."),
    errors.NoUpdateChannel: N_("Choose the channel as well: `channel:` names it."),
    errors.BadDailyCap: N_("I send between 1 and {most} updates a day."),
    errors.BadQuietHours: N_("Quiet hours are two hours of the day in UTC, such as `22-7`."),
    errors.BadTokenName: N_("A token's name has 1 to {longest} characters."),
    errors.BadTokenLife: N_("A token lasts 1 to {most} days."),
    errors.TooManyTokens: N_(
        "You already have {most} tokens, and that's the limit. Revoke one with `/api-token list`."
    ),
    errors.NoSuchToken: N_("That token isn't yours, or it's no longer active. `/api-token list` shows your tokens."),
}
