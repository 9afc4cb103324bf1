"""Account: what the bot says. Pure: values in, Markdown out. Dry, warm, no exclamation marks."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.core.account.records import ApiToken
from bot.core.jobs import JobKind
from bot.core.markup import timestamp
from bot.core.quiet import hours
from bot.core.records import Account, Member
from bot.errors import account as errors
from bot.flows.account.status import LayerStatus, Status
from bot.flows.account.tokens import Issued
from bot.messages import N_, _, formatting, language_name, listed, plural
from bot.messages.sorting import unsorted
from bot.messages.wording import Wordings

WHAT_THIS_IS = N_(
    "I learn from your taps which of your liked songs belong in which of your playlists, and put new likes where they "
    "belong."
)
OR_A_FILE = N_("-# No Spotify account, or no seat free? `/library import` takes an Exportify file instead.")
ASK_WHICH = N_("Which playlists should I keep for you? The songs in them stay as they are.")
ASK_WHICH_OF_MANY = N_(
    "Which playlists should I keep for you? The songs in them stay as they are. "
    "`/playlists add` finds those that don't fit in the list."
)
ASK_FIRST = N_("You don't have a playlist I can keep yet. What should the first one be called?")
ASK_ANOTHER = N_("I already keep all your playlists. What should a new one be called?")
WHERE_IT_STARTS = N_("A few taps and I'll make my first guess. One song at a time: where does it go?")
ENOUGH_LABELS = N_("I have enough labels from you to learn from.")
LOOKING = N_("Checking your likes.")
STILL_READING = N_("I'm still reading your likes. `/status` says how many I have.")
NOTHING_LIKED = N_("You have no liked songs on Spotify yet. Like some, then use `/sync` to show them to me.")
FROM_THE_FILE = N_(
    "Your songs come from a file, so I can't see what you like elsewhere. Import a newer one with `/library import`; "
    "`/sort` then puts the new songs where they belong."
)
CONSENT_ENDED = N_(
    "Your consent on Spotify has ended, so I can't see new likes or write anything. Everything else is still here."
)
CONSENT = N_(
    "Spotify asks whether I may read your likes and change your playlists. Open this link yourself and don't share it: "
    "whoever agrees there gives me access to *their* Spotify. It works once, for ten minutes. The page you land on "
    "shows a code to enter here; then I'll show you whose account it is, and link it if you say so."
)
CODE = N_("It's on the page you landed on after agreeing on Spotify. You have five tries in all.")
PASTE = N_(
    "No page with a code? Copy the whole address of the page that doesn't load, and paste it here. "
    "Only paste an address from your own browser, and never give yours to anyone: it works like a key, and whoever "
    "has it may be able to link your Spotify to their Discord account."
)
NOT_LINKING = N_("You have no link in progress to cancel. `/status` says whether you're linked.")
NOT_LINKED = N_("Nothing was linked, and I've deleted what Spotify gave me.")
UNLINK = N_(
    "This deletes the keys to your Spotify account and everything that came from it, immediately: likes, models, "
    "receipts. Your playlists on Spotify stay as they are. Your labels stay here, unreadable until you link that "
    "account again."
)
UNLINKED = N_("The keys and everything from Spotify are gone. `/link` starts again, `/data delete` deletes the rest.")
UNLINKING = N_(
    "The keys and everything from Spotify are deleted, but something else, such as a backup, is reading my database: "
    "some of their bytes stay on the disk until it's done. I'll remove them then. `/link` starts again."
)
ERASE = N_("This deletes everything I keep about you, immediately and for good. `/data export` gives you a copy first.")
ERASE_WORD = N_("delete")
ERASED = N_("Everything I kept about you is deleted. Your playlists on Spotify stay as they are.")
ERASING = N_(
    "I've begun to delete everything, but something else, such as a backup, is using my database. I'll go on until "
    "every byte about you is gone; you needn't do anything. Your playlists on Spotify stay as they are."
)
EXPORTED = N_("Everything I keep about you. Keys to your Spotify account are named, not shown.")
TEACHES = N_(
    "Thank you. When the operator next trains the bot, it will learn from your labels which artists go together: no "
    "names, no titles, nobody's ID. `/data teach on:False` stops that."
)
TEACHES_NOT = N_(
    "Your labels train only your own models. What was learned from you before is dropped at the next training."
)
ONCE_CALLED = N_(
    "*recommend* is `/discover songs` now, *morelike* `/discover like`, and *alchemy* `/discover mix`; *path* and "
    "*random* are `/discover path` and `/discover random`."
)
NO_API = N_("The HTTP API is switched off here. Whoever runs this bot can switch it on.")
NO_TOKENS = N_("You have no active tokens. **New token** makes one.")
REVOKED = N_("Revoked. Programs using that token no longer get in.")
SHOWN_ONCE = N_(
    "-# Whoever has it sees the catalogue as you do and your recommendations, including the songs of yours they're "
    "based on, and can mark songs as not for you; nothing else. I can't show it again. `/data tokens` revokes it."
)
HIDDEN = N_(
    "You're hidden, everywhere and right away. Nobody finds what only you like or sees your profile; nobody can follow "
    "you or match with you. I'm deleting the messages with your reposts, for good.\n"
    "What stays: your playlists and likes, here and on Spotify, what I've learned for you, and what a round has "
    "already shown in its channel. **Show me again** shows what you'd chosen to show; `/profile show` keeps that "
    "button."
)
SHOWN = N_(
    "You're not hidden. Others see what you chose to show and nothing else; `/profile show` says what that is. "
    "Your earlier reposts don't come back."
)
ENTER_THE_CODE = N_("Enter the code")
ONE_MORE_STEP = N_("One more step, in Discord")
AGREED_AS = N_("You agreed as {name} on Spotify. It would be linked to this Discord account:")
NOT_YOUR_DISCORD = N_("Not your Discord account?")
GIVE_NOBODY_THE_CODE = N_(
    "Then someone else made the link you opened. Close this page and don't give the code below to anyone, whatever "
    "they say: with it they could read your likes and change your playlists. Without it nothing is linked, and what "
    "Spotify gave me is deleted in ten minutes."
)
IF_IT_IS_YOURS = N_("If it's yours:")
BACK_TO_DISCORD = N_("Go back to Discord, to the message with the link you opened.")
PRESS_THERE = N_("Press {button} there.")
TYPE_THIS = N_("Type this within ten minutes:")
OPEN_DISCORD = N_("Open Discord")
GO_ON_IN_DISCORD = N_("Go on in Discord")
CLOSE_THE_PAGE = N_("You can close this page then; it does nothing by itself.")
LINK_REFUSED = N_("This link can't be used: it's used up, too old, or was cancelled. Use `/link` in Discord again.")
NO_SEAT = N_("Spotify let you in, but this bot's app has no seat for your account. Discord has the details.")
LINK_LATER = N_("That didn't work just now. Nothing was lost: use `/link` in Discord again in a few minutes.")
PRIVACY = (
    N_(
        "I keep your Discord ID, your liked songs (title, artists, album, link), what the files you sent say about "
        "songs, the playlists I keep for you and what changed in them, your labels, the models learned from them, and "
        "receipts; also which songs are in your other playlists, if you let me read those."
    ),
    N_(
        "I keep the keys to your Spotify account once you've confirmed it, encrypted and bound to you. I use them to "
        "read your likes, to write the playlists I keep for you or that you host for others and, if you allow it, to "
        "save what you like in the feed and to read your other playlists; for nothing else."
    ),
    N_(
        "I learn from your taps, and from features: from files that you or the operator brought, or from services the "
        "operator switched on; `/why` names the source. A service is told which recording I ask about, never whose it "
        "is."
    ),
    N_(
        "Spotify's content never goes into a model (their developer terms). I learn from the songs already in your "
        "playlists, and from your other playlists, only after your yes; `learn` and `others` in `/playlists settings` "
        "change it."
    ),
    N_(
        "I don't read messages (Discord's terms forbid learning from them): only commands, buttons, and reactions to "
        "my questions."
    ),
    N_(
        "Everything stays with whoever runs this bot. Nothing is sold, shared or compared between members unless you "
        "switch it on: `/feed join` lets others find the songs you like, without your name, until `/feed leave`; your "
        "server sees what you choose in `/profile edit`; `/match` compares two members who both agreed, and keeps "
        "nothing of it; `/data teach` uses which artists you put together to help with others' songs. What you do in "
        "the feed stays yours; adds count as labels only if you say so in `/feed settings`. `/profile hide` hides all "
        "of it at once."
    ),
    N_(
        "Only you see your labels here, as do programs and browsers you let in, of which I keep a hash. Channels show "
        "only what you post there yourself, updates if you send them there (`/updates`), and, with your name, what you "
        "repost, bring to a shared playlist, or entered in a round that's over."
    ),
    N_("I delete songs nobody has any more, and models nobody uses."),
    N_("`/data export` gives you everything as a file; `/data unlink` deletes what came from Spotify."),
    N_(
        "`/data delete` deletes everything, immediately and for good; copies in backups are up to whoever runs this "
        "bot."
    ),
)
UNDER_WAY: Mapping[str, str] = {
    JobKind.SYNC: N_("reading your likes"),
    JobKind.POLL: N_("checking your likes"),
    JobKind.LOOK_UP: N_("looking up your songs"),
    JobKind.PLACE: N_("sorting new likes"),
    JobKind.SAVE: N_("saving songs to your likes"),
    JobKind.TRAIN: N_("training"),
    JobKind.APPLY: N_("writing to your playlists"),
    JobKind.KEEP: N_("creating a playlist"),
    JobKind.SHARE: N_("writing a shared playlist"),
    JobKind.READ: N_("reading your other playlists"),
}


def privacy() -> str:
    return "\n".join(f"{number}. {_(said)}" for number, said in enumerate(PRIVACY, 1))


def linked(name: str, songs: int) -> str:
    return plural(
        "Linked as *{name}*. {count} liked song.",
        "Linked as *{name}*. {count} liked songs.",
        songs,
        name=formatting.escape(name),
    )


def confirm_link(name: str) -> str:
    return _(
        "That's *{name}* on Spotify. Link that account? I'll read its likes and change its playlists.",
        name=formatting.escape(name),
    )


def own_app(redirect_uri: str) -> str:
    """What a member's own Spotify app needs."""
    return _(
        "This link uses your own app: it needs the redirect URI `{uri}`, and its owner needs Premium.",
        uri=redirect_uri,
    )


def linked_now(name: str) -> str:
    return _("Linked as *{name}*. Reading your likes.", name=formatting.escape(name))


def status(shown: Status, now: datetime) -> str:
    lines = [
        _account(shown.account, shown.days_left, shown.member),
        _(
            "{songs}, {labels}.",
            songs=formatting.songs(shown.songs),
            labels=formatting.labels(shown.labels),
        ),
    ]
    if shown.without_features:
        lines.append(
            plural(
                "I know too little about {count} song to place it.",
                "I know too little about {count} songs to place them.",
                shown.without_features,
            )
        )
    if shown.by_source:
        lines.append(formatting.heard(shown.by_source))
    lines += [formatting.hearing(source) for source in shown.hearing]
    lines += [_layer_status(layer) for layer in shown.layers]
    if shown.cooldown:
        lines.append(_("Spotify asks us to wait until {until}.", until=timestamp(shown.cooldown)))
    if shown.waiting:
        lines.append(_("Under way: {jobs}.", jobs=listed(_(UNDER_WAY[kind]) for kind in shown.waiting)))
    return "\n".join(line for line in (*lines, _updates(shown.member, now)) if line)


def _account(account: Account | None, days: int | None, member: Member | None) -> str:
    if account is None:
        from_file = member is not None and member.source == "file"
        return _("Your library comes from a file.") if from_file else _("Not linked to Spotify.")
    name = formatting.escape(account.name)
    if not account.tokens:
        return _("Linked as *{name}*, but your consent on Spotify has ended.", name=name)
    said = [_("Linked as *{name}*.", name=name)]
    if account.synced_at:
        said.append(_("Last checked {when}.", when=timestamp(account.synced_at, "R")))
    if days:
        said.append(plural("Consent ends in {count} day.", "Consent ends in {count} days.", days))
    else:
        said.append(_("Consent ends within a day."))
    return " ".join(said)


def _layer_status(shown: LayerStatus) -> str:
    playlists = plural("{count} playlist", "{count} playlists", len(shown.playlists))
    model = _("no song left that I can place") if shown.model else _("not trained yet")
    if shown.expected.songs:
        model = plural(
            "can place {count} more song, and expects {rate} of such songs to be right",
            "can place {count} more songs, and expects {rate} to be right",
            shown.expected.songs,
            rate=formatting.in_ten(shown.expected),
        )
        model = model if shown.knows_none else _("{model}, if each belongs in one of them", model=model)
    names = {playlist.playlist: playlist.name for playlist in shown.playlists}
    head = f"**{formatting.escape(shown.layer.name)}** – {playlists}, {model}"
    said = " · ".join(filter(None, [formatting.tally(shown.tally), formatting.scores(shown.tally, names)]))
    left = unsorted.counts(shown.unsorted) if shown.unsorted else []
    return "\n".join([head, f"-# {said}", *([f"-# {' · '.join(left)}"] if left else [])])


def _updates(member: Member | None, now: datetime) -> str:
    if member is None:
        return ""
    if member.muted_until is None or member.muted_until <= now:
        return updates(member, now)
    muted = _("Muted until {until}.", until=timestamp(member.muted_until, "f"))
    return f"{updates(member, now)} {muted}"


def language_chosen(language: str | None) -> str:
    """`language`: the one they chose; None: their Discord's."""
    if language is None:
        return _("I'll write in your Discord's language, or in English if I don't know it.")
    return _("I'll write in {language} from now on.", language=language_name(language))


def updates(member: Member, now: datetime) -> str:
    """Where and when a member gets updates."""
    if member.updates == "off":
        return _("I don't send updates about new likes.")
    channel = f"<#{member.updates_channel}>"
    if member.updates == "dm":
        where = _("Updates come by direct message, at most {most} a day.", most=member.daily_cap)
    else:
        where = _("Updates go to {channel}, at most {most} a day.", channel=channel, most=member.daily_cap)
    return " ".join(filter(None, (where, _quiet(member, now))))


def _quiet(member: Member, now: datetime) -> str:
    """The quiet hours by the member's own clock; in UTC, which few live by, as Discord shows them to the reader."""
    quiet = hours(member)
    if quiet is None:
        return ""
    if member.time_zone:
        since, until = (f"{hour}:00" for hour in quiet)
        return _(
            "Quiet from {since} to {until} ({zone}).",
            since=since,
            until=until,
            zone=formatting.escape(member.time_zone),
        )
    since, until = (timestamp(now.replace(hour=hour, minute=0)) for hour in quiet)
    return _(
        "Quiet from {since} to {until}. I took the hours as UTC; `/updates time_zone:` sets your own clock.",
        since=since,
        until=until,
    )


def consent_ends(days: int) -> str:
    if not days:
        return _("Your consent on Spotify ends within a day: it lasts six months. **Renew** takes you there.")
    return plural(
        "Your consent on Spotify ends in {count} day: it lasts six months. **Renew** takes you there.",
        "Your consent on Spotify ends in {count} days: it lasts six months. **Renew** takes you there.",
        days,
    )


def issued(token: Issued, public_url: str) -> str:
    """The only time a token is shown."""
    url, until = f"{public_url}/api", timestamp(token.expires_at, "D")
    return _(
        "Your token, shown only once:\n```\n{secret}\n```\nActive until {until}, at {url}",
        secret=token.secret,
        until=until,
        url=url,
    )


def tokens(active: Sequence[ApiToken]) -> str:
    return "\n".join(map(_token, active))


def _token(token: ApiToken) -> str:
    name, until = formatting.escape(token.name), timestamp(token.expires_at, "D")
    if token.used_at is None:
        return _("- **{name}** · never used · active until {until}", name=name, until=until)
    used = timestamp(token.used_at, "R")
    return _("- **{name}** · last used {used} · active until {until}", name=name, used=used, until=until)


ERRORS: Wordings = {
    errors.BadClientId: N_(
        "A client ID has 32 characters, 0–9 and a–f. You'll find it in Spotify's developer dashboard."
    ),
    errors.NothingToConfirm: N_(
        "There's no link of yours to confirm: you haven't agreed on Spotify's page yet, or that link was finished, "
        "cancelled, or is older than ten minutes. `/link` starts a new one."
    ),
    errors.ConsentDenied: N_("You said no on Spotify's page, so nothing was linked. Use `/link` to try again."),
    errors.EarlierLink: N_("That code is from an earlier link. Enter the newest page's code, or use `/link` again."),
    errors.NotALinkAddress: N_("That isn't the address of the page you landed on: it contains `state=` and `code=`."),
    errors.NothingToUnlink: N_("You have no Spotify account linked. `/data delete` deletes everything else I keep."),
    errors.NoUpdateChannel: N_("Choose the channel as well: `channel:` names it."),
    errors.BadDailyCap: N_("I send between 1 and {most} updates a day."),
    errors.BadQuietHours: N_("Quiet hours are two hours of the day, such as `22-7`."),
    errors.BadTimeZone: N_(
        "I don't know that time zone, or several have that city. Choose one from the list Discord shows while you "
        "type, such as Europe/Berlin."
    ),
    errors.BadTokenLife: N_("A token lasts 1 to {most} days."),
    errors.TooManyTokens: N_("You already have {most} tokens, and that's the limit. Revoke one with `/data tokens`."),
    errors.NoSuchToken: N_("That token isn't yours, or it's no longer active. `/data tokens` shows your tokens."),
    errors.NoSpotifyApp: N_(
        "This bot has no Spotify app of its own. `/link client_id:` takes one of yours "
        "(developer.spotify.com/dashboard; its owner needs Premium), and `/library import` takes a file."
    ),
    errors.LibraryFromFile: N_(
        "Your library comes from a file. `/library import` reads a newer one; `/link` switches to Spotify instead."
    ),
    errors.NoPasting: N_("The page you landed on shows a code: enter that instead. `/link` starts again."),
    errors.NotConfirmedErasing: N_("Nothing was deleted: the word is `{word}`."),
    errors.ExportTooLarge: N_("That's more than Discord takes in one file. Ask whoever runs this bot for a copy."),
    errors.NoApi: NO_API,
}
