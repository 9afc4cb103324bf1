"""Feed: what the bot says. Pure: values in, Markdown out. Dry, warm, no exclamation marks."""

from collections.abc import Sequence

from bot.core.records import Member, Playlist, Song
from bot.core.sound import Sound
from bot.errors import feed as errors
from bot.flows.feed.feed import AddedTo, Liked, PlaylistGuess
from bot.flows.feed.listening import Listen
from bot.messages import N_, _, formatting, listed, plural
from bot.messages.wording import Wordings

LONGEST_TITLE = 60  # characters of a song's title in a headline
JOINED_HIDDEN = N_(
    "You're in and find what others share. But you're hidden, so nobody finds what you like until you press "
    "**Show me again**."
)
JOINED_EMPTY = N_("You're in and find what others share. You don't share anything yet: I know no songs of yours.")
JOINED_BY_FILE = N_(
    "You're in and find what others share. They find the songs of your file, without your name, if Spotify or the "
    "operator's music folder knows them too. `/feed leave` stops sharing them."
)
JOINED = N_(
    "You're in. Others who joined find the songs you like, without your name, and you find theirs. "
    "`/feed leave` stops sharing them."
)
LEFT = N_(
    "You're out. What only you liked is gone from the catalogue; you see the operator's own music, and nobody's likes."
)
NOTHING_NEAR = N_("I can't find anything near it that you don't know already.")
NOTHING_NEAR_THOSE = N_("I can't find anything near those that you don't know already.")
NOTHING_FOR_YOU = N_("I can't find anything near what you like that you don't know already.")
NOT_PLAYED = N_("I can't play that one for you, and know no page for it.")
NO_WAY = N_("I can't find a song between those two.")
BACK_IN = N_("Undone: it may come up again.")
NO_NUMBERS = N_("I don't know how it sounds.")
NOT_IN_LIKES = N_("It shapes what I show you next, and stays out of your likes.")
IN_LIKES = N_("I'm saving it to your likes as well.")
LIKED_BEFORE = N_("It's already in your likes.")
MAY_I_SAVE = N_(
    "It shapes what I show you next. Should I also save what you like here to your likes, now and from now on? "
    "`/feed settings` changes that any time."
)
SAVES = N_("From now on, what you like here goes to your likes, and so does what you liked here before.")
SAVES_NOT = N_("Your likes stay as they are; what you like here only shapes what I show you.")
UNLIKED = N_("Undone.")
UNSAVING = N_("Undone. I'm removing it from your likes, too.")
LIKE_FIRST = N_(
    "The playlists I keep only hold songs you like. Should I like this one for you, then add it? *Always do that* "
    "saves everything you like here to your likes, now and from now on."
)
LIST_OF_LIKES = N_("You like all of these already. I'll put them into a new playlist.")
SAVES_LIKES = N_("**Likes in the feed** go to your likes.")
KEEPS_LIKES = N_("**Likes in the feed** stay in the feed.")
ADDS_TEACH = N_("**Songs you add to a playlist from the feed** count as labels.")
ADDS_TEACH_NOT = N_("**Songs you add to a playlist from the feed** don't count as labels.")
SOUND_FIRST = N_("**The feed** plays songs with sound first.")
ONLY_SOUND = N_("**The feed** only plays songs with sound.")
SETTINGS = N_(
    "-# `/feed settings save_likes:`, `adds_teach:` and `only_with_sound:` change that; all of them are off by default."
)
PAGE = N_(
    "Your own way in: full screen, one song after another, each from its highlight. "
    "The link works once, for ten minutes; the browser then stays logged in for 30 days."
)
PAGE_HERE_ONLY = N_("-# This bot has no public address, so its page only opens on the machine it runs on.")
LOGGED_OUT = N_("Logged out: all your browsers, and any link you haven't used yet.")
ACTIVITY_OFF = N_(
    "The feed doesn't open inside Discord here; whoever runs this bot can switch that on (`ACTIVITY`). "
    "`/feed play` shows the same songs."
)
ACTIVITY_OFF_BUT_PAGE = N_(
    "The feed doesn't open inside Discord here; whoever runs this bot can switch that on (`ACTIVITY`). "
    "`/feed play` shows the same songs, and `/feed web` opens the feed in a browser."
)
ACTIVITY_REFUSED = N_(
    "Discord wouldn't open it: Activities aren't switched on for this bot, or not where you are. "
    "`/feed web` opens the same page in a browser."
)

DEFECT = N_("Something went wrong on my side.")
NOTHING_HERE = N_("There's nothing at this address.")
LOGGED_OUT_HERE = N_("You're logged out. `/feed web` in Discord gives you a new link.")
TOO_FAST = N_("That was a lot at once. Try again in {seconds} s.")
CROWDED = N_("Many people are coming in right now. Try again in a minute.")
TOO_MANY_LOGINS = N_("You've logged in many times just now. Try again in a minute.")
ANOTHERS_BROWSER = N_("This browser is logged in as {here}. That link is {there}'s.")


MAJOR = (
    *(N_("C major"), N_("D♭ major"), N_("D major"), N_("E♭ major"), N_("E major"), N_("F major")),
    *(N_("F♯ major"), N_("G major"), N_("A♭ major"), N_("A major"), N_("B♭ major"), N_("B major")),
)
MINOR = (
    *(N_("C minor"), N_("C♯ minor"), N_("D minor"), N_("E♭ minor"), N_("E minor"), N_("F minor")),
    *(N_("F♯ minor"), N_("G minor"), N_("G♯ minor"), N_("A minor"), N_("B♭ minor"), N_("B minor")),
)
SOUNDS = {
    "quiet": N_("quiet"),
    "loud": N_("loud"),
    "sung": N_("sung"),
    "spoken": N_("spoken"),
    "instrumental": N_("instrumental"),
}


def sound(heard: Sound) -> str:
    """How a song sounds, in a musician's words: "94 bpm, A minor, quiet, sung"; empty if nothing is known."""
    said = [_("{count} bpm", count=heard.tempo)] if heard.tempo else []
    if heard.tonic is not None:
        said.append(_((MINOR if heard.minor else MAJOR)[heard.tonic]))
    said += [_(SOUNDS[word]) for word in (heard.loudness, heard.voice) if word]
    return ", ".join(said)


def songs_near(like: Sequence[Song], unlike: Sequence[Song]) -> str:
    """What a list of songs is near; without any, it's what the member likes."""
    if not like:
        return _("**Near what you like**")
    if not unlike:
        return _("**Songs like {songs}**", songs=_named(like))
    return _("**Songs like {songs}, but not like {others}**", songs=_named(like), others=_named(unlike))


def _named(songs: Sequence[Song]) -> str:
    return listed(formatting.escape(song.title, LONGEST_TITLE) for song in songs)


def nothing_near(like: Sequence[Song]) -> str:
    if not like:
        return _(NOTHING_FOR_YOU)
    return _(NOTHING_NEAR) if len(like) == 1 else _(NOTHING_NEAR_THOSE)


def near(songs: Sequence[Song]) -> str:
    """Why a song is suggested: the songs of theirs it's near."""
    return _("near {songs}", songs=formatting.titles(songs)) if songs else ""


def near_in_plain_text(songs: Sequence[Song]) -> str:
    """Why a song is suggested, without Markdown."""
    return _("near {songs}", songs=listed(formatting.plain(song.title) for song in songs)) if songs else ""


def disliked(song: Song) -> str:
    return _(
        "Noted: {song} isn't for you. I won't suggest it again, and songs much like it come later.",
        song=formatting.song_name(song),
    )


def sources(names: Sequence[str]) -> str:
    """Where the features of a song come from."""
    return _("from {sources}", sources=listed(names))


def joined(member: Member | None) -> str:
    """What joining the feed means, for a member with that kind of library."""
    if member is None or member.source is None:
        return _(JOINED_EMPTY)
    if member.hidden:
        return _(JOINED_HIDDEN)
    return _(JOINED_BY_FILE) if member.source == "file" else _(JOINED)


def liked(song: Song, outcome: Liked) -> str:
    said = _("Liked: {song}.", song=formatting.song_name(song))
    if outcome.ask:
        then = _(MAY_I_SAVE)
    elif outcome.before:
        then = _(LIKED_BEFORE)
    else:
        then = _(IN_LIKES) if outcome.saved else _(NOT_IN_LIKES)
    return f"{said} {then}"


def where(song: Song) -> str:
    return _("Where does {song} go?", song=formatting.song_name(song))


def guess(guessed: PlaylistGuess) -> str:
    """How likely a playlist is, and whether it's the guess; empty without a model."""
    if guessed.probability is None:
        return ""
    return formatting.my_guess(guessed.probability) if guessed.best else formatting.percent(guessed.probability)


def added(song: Song, result: AddedTo) -> str:
    name, playlist = formatting.song_name(song), formatting.playlist_name(result.playlist)
    if result.before:
        return _("{song} goes into {playlist}. `/undo` undoes that.", song=name, playlist=playlist)
    return _(
        "{song} goes into {playlist}, and to your likes. `/undo` takes it out of the playlist again.",
        song=name,
        playlist=playlist,
    )


def before_list(new: int) -> str:
    """What making a playlist of a list means. new: songs of it that they don't like yet."""
    if not new:
        return _(LIST_OF_LIKES)
    return plural(
        "The playlists I keep only hold songs you like, so I'll like {count} of these for you, too.",
        "The playlists I keep only hold songs you like, so I'll like {count} of these for you, too.",
        new,
    )


def made_of_list(playlist: Playlist, count: int) -> str:
    return plural(
        "{playlist} gets {count} song; the receipt follows, and `/undo` takes it out again. I won't sort anything else "
        "into it without asking.",
        "{playlist} gets {count} songs; the receipt follows, and `/undo` takes them out again. I won't sort anything "
        "else into it without asking.",
        count,
        playlist=formatting.playlist_name(playlist),
    )


def settings(member: Member | None) -> str:
    saves = member is not None and member.saves
    teaches = member is not None and member.feed_teaches
    lines = [
        _(SAVES_LIKES) if saves else _(KEEPS_LIKES),
        _(ADDS_TEACH) if teaches else _(ADDS_TEACH_NOT),
        _(ONLY_SOUND) if member is not None and member.only_sound else _(SOUND_FIRST),
        _(SETTINGS),
    ]
    return "\n".join(lines)


def hear_it(song: Song, listen: Listen) -> str:
    """A link to another service's sound."""
    return _("{song} on {service}: {url}", song=formatting.escape(song.line), service=listen.by, url=listen.url)


def reposted_by(member: int) -> str:
    mention = f"<@{member}>"
    return _("-# Reposted by {member}", member=mention)


def _activity_off(error: errors.ActivityOff) -> str:
    return _(ACTIVITY_OFF_BUT_PAGE) if error.has_page else _(ACTIVITY_OFF)


ERRORS: Wordings = {
    errors.NotInCatalogue: N_(
        "That song isn't in the catalogue you see. `/feed join` adds what others share to the operator's music."
    ),
    errors.OnlyYours: N_("I only know that song from your own file, so I can't show it to others."),
    errors.NotOnSpotify: N_(
        "That song is a file of whoever runs this bot. It isn't on Spotify, so your playlists can't hold it."
    ),
    errors.GoneFromSpotify: N_(
        "Spotify no longer has that song, so neither your likes nor your playlists can hold it."
    ),
    errors.AllShown: N_(
        "That's everything for now. What you skipped comes back in a month, and new songs as soon as there are any."
    ),
    errors.NothingToHear: N_(
        "That's everything with sound for now. `/feed settings only_with_sound:False` plays the other songs as well."
    ),
    errors.NothingLeftOver: N_("Nothing is left of those songs once you subtract the others."),
    errors.SameSong: N_("You named the same song twice. Choose another one for one of them."),
    errors.UnknownSong: N_("That song is neither in your library nor in the catalogue."),
    errors.UnknownSound: N_("I know too little about that song to say what sounds like it."),
    errors.PageOff: N_(
        "The feed's page is switched off here; whoever runs this bot can switch it on (`FEED_PAGE`). "
        "`/feed play` shows the same songs in Discord."
    ),
    errors.ActivityOff: _activity_off,
}
