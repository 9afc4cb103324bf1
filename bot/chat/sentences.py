"""Sentences: what the bot says without a number in it. Dry, warm, no exclamation marks; `texts` has the others."""

WHAT_THIS_IS = (
    "I learn from your taps which of your liked songs belong in which of your playlists, "
    "and put new likes where they belong."
)
OR_A_FILE = "-# No Spotify account, or no seat free? `/library import` takes an Exportify file instead."
ASK_WHICH = "Which playlists should I keep for you? What is in them now stays as it is."
NO_PLAYLISTS = "I keep no playlist for you. `/playlists add` takes one, or makes a new one."
EMPTY_LAYER = "- nothing in it; `/playlists add` fills it"
MORE = " `/playlists add` finds the ones that do not fit in here."
ASK_FIRST = "You have no playlist that I could keep yet. What shall the first be called?"
ASK_ANOTHER = "I keep all of your playlists already. What shall a new one be called?"
WHERE_IT_STARTS = "A few taps and I can make my first guess. One song at a time: where does it go?"
ENOUGH_LABELS = "You have answered enough for me to learn from."
NO_APP = (
    "This bot has no Spotify app of its own. `/link client_id:` takes one of yours (developer.spotify.com/dashboard; "
    "its owner needs Premium), `/library import` takes a file."
)
FROM_A_FILE = "Your library comes from a file. `/library import` reads a newer one, `/link` takes Spotify instead."
LOOKING = "Looking at your likes."
STILL_READING = "I'm still reading your likes. `/status` says how many I have."
NOTHING_LIKED = "You have no liked songs at Spotify yet. Like some, then `/sync` shows them to me."
WHY_WHICH = "Which song do you wonder about?"
WHERE_DOES_IT_GO = "Where does this one go?"
WHOSE_PROMPT = (
    "These playlists belong to whoever posted this, so only their reactions count; removing one takes it back. "
    "Everyone else who likes the song: the button asks you about your own playlists."
)
NOT_THEIR_PROMPT = (
    "Your reaction didn't count: the emoji on that song stand for the playlists of the member who posted it. If you "
    "like the song, too, press **Sort it into mine** under it; or post one yourself with `/prompt`."
)
FROM_NOW_ON = "From now on, like a song and I put it where it belongs. Mute me any time with `/mute`."
FROM_THE_FILE = (
    "Your songs come from a file, so I don't see what you like elsewhere. Import a newer one with `/library import`; "
    "`/sort` then puts the new songs where they belong."
)
CONSENT_ENDED = "Spotify's consent has ended, so I see no new likes and write nothing. Everything else is still here."
CONSENT = (
    "Spotify asks whether I may read your likes and change playlists. Open this link yourself, and send it to nobody: "
    "whoever agrees there lets me into *their* Spotify. It works once, for ten minutes. The page you land on shows a "
    "code to enter here; then I show you whose account it is, and link it when you say so."
)
CODE = "It's on the page you landed on after agreeing at Spotify. You have five tries in all."
PASTE = (
    "No page with a code? Then copy the whole address of the page that does not load and paste it here. "
    "Paste only an address from your own browser, and never give yours to anybody: it works like a key, and whoever "
    "has it may be able to link your Spotify to their Discord account."
)
NO_PASTE = "The page you land on shows a code: enter that instead. `/link` starts again."
NOT_LINKING = "There is no link under way that I could cancel. `/status` says whether you are linked."
NOT_LINKED = "Nothing was linked, and I've deleted what Spotify gave me."
LEARN_IS_OFF = (
    "Off, as it is unless you ask for it: Spotify's terms are strict about what may enter a model, so I go by your own "
    "taps. Switched on, the songs that stand in your playlists count as labels; nothing else of Spotify's would."
)
UNLINK = (
    "This deletes the keys to your Spotify account and everything that came from it, at once: likes, models, receipts. "
    "Your playlists at Spotify stay as they are. Your answers stay here, unreadable until you link that account again."
)
UNLINKED = "Done: the keys and everything from Spotify are gone. `/link` starts again, `/data delete` removes the rest."
UNLINKING = (
    "The keys and everything from Spotify are deleted, but something else, such as a backup, is reading my database: "
    "some of their bytes stay on the disk until it ends. I'll remove them then. `/link` starts again."
)
ERASE = "This deletes everything I keep about you, now and for good. `/data export` gives you a copy first."
ERASE_WORD = "delete"
NOT_ERASED = f"Nothing was deleted: the word is `{ERASE_WORD}`."
ERASED = "Everything I kept about you is deleted. Your playlists at Spotify stay as they are."
ERASING = (
    "I've begun to delete everything, but something else, such as a backup, is using my database. I'll go on until "
    "every byte about you is gone; you needn't do anything. Your playlists at Spotify stay as they are."
)
EXPORTED = "Everything I keep about you. Keys to your Spotify account are named, not shown."
TEACHES = (
    "Thank you. When whoever runs this bot next teaches it, it learns from your answers which artists keep company: no "
    "names, no titles, nobody's id. `/data teach on:False` takes that back."
)
TEACHES_NOT = (
    "Your answers teach nobody but your own models. What was learnt from you before goes at the next teaching."
)
OLD_BUTTON = "I do not know that button any more. `/help` says what is next."
OLD_COMMAND = "That command has changed. Discord shows the new one in a minute."
TWICE = "I already got that one. If nothing happened, please try again."
DEFECT = "Something went wrong on my side. Nothing was lost; please try again."
HAVE_NEWS = (
    "I had news for you and couldn't reach you by direct message. `/status` shows where you stand; to get the "
    "next one, allow direct messages from this server."
)
NOTHING_TO_SORT = "Nothing to do: there is no song left that I could place, or would ask you about."
CANCELLED = "Nothing was changed."
TAKEN_BACK = "Taken back. So where does it go?"
TAKING_OUT = "I'm taking it out of there again. So where does it go?"
TAKING_BACK = "Taking it back."
TAKING_IT_BACK = "Taking it back now"
STILL_WRITING = "Still writing"
HALF_WAY = "I stopped half-way"
NOT_DONE = "I couldn't do that"
NOT_TAKEN_BACK = "I couldn't take that back"
PARTLY_TAKEN_BACK = "Taken back in part"
NO_MODEL = "I have not learnt your playlists yet. A few taps and I will."
MORE_FILES = "And these."
EXPORT_WHILE_WRITING = "I'm writing to your playlists right now: songs that aren't written yet aren't in these files."
EXPORT_EMPTY = "They're empty so far: `/sort` shows what I would put in."
EXPORT_TOO_LARGE = "That is more than Discord takes in one file. Ask whoever runs this bot for a copy."
COMMANDS = (
    "`/label` asks about a song · `/sort` shows what I would do · `/undo` takes it back · `/playlists` and `/updates` "
    "set the rules · `/why`, `/model` and `/status` explain · `/privacy` and `/data` are about what I keep"
)
JOINED_HIDDEN = (
    "You're in and find what others share. But you're hidden, so nobody finds what you like: `/hide off` ends that."
)
JOINED_EMPTY = "You are in and find what others share. You share nothing yet: I know no songs of yours."
JOINED_BY_FILE = (
    "You are in and find what others share. Songs of your file can be found by the others, without your name, where "
    "Spotify or the music folder here knows them, too. `/feed leave` takes yours out again."
)
JOINED = (
    "You are in. Songs you like can be found by the others who joined, without your name; and you find theirs. "
    "`/feed leave` takes yours out again."
)
LEFT = (
    "You are out. What only you liked is gone from the catalogue; you see the operator's own music, and nobody's likes."
)
NOTHING_NEAR = "I find nothing near it that you do not know already."
NOTHING_NEAR_THOSE = "I find nothing near those that you do not know already."
NOTHING_FOR_YOU = "I find nothing near what you like that you do not know already."
NO_WAY = "I find no song on the way."
BACK_IN = "Taken back: it may come up again."
NO_NUMBERS = "Nothing is known of how it sounds."
NO_EMOJI = "One emoji, please, of those that every server has."
ONE_MOMENT = "One moment."
NOT_HERE = "I cannot post there. Ask for a channel that both of us may write in."
NO_REACTIONS = "I may not add reactions here, or not read back what I posted. Whoever runs this server can allow it."
NO_API = "The HTTP API is switched off here. Whoever runs this bot can switch it on."
NO_TOKENS = "You have no token that is good. `/api-token new` makes one."
REVOKED = "Revoked: whoever shows that token is turned away from now on."
SHOWN_ONCE = (
    "-# Whoever has it sees the catalogue as you do and your recommendations, with the songs of yours that they are "
    "near to, and can say in your name what is not for you; nothing else. "
    "I cannot show it again. `/api-token list` revokes it."
)

PRIVACY = """\
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
10. `/data delete` deletes everything, now and for good; copies in backups are up to whoever runs this bot."""
