"""Limits: how much one member may put into each list that the bot keeps. Pure.

What is refused beyond its limit is refused in the transaction that would insert it, in words that say the limit and the
way out. Where the oldest gives way, nothing is refused. `tests/contract/test_limits.py` goes through every table.
"""

# Refused beyond

SONGS = 50_000  # liked songs of a member; of Spotify's, the newest are kept
IMPORTS_AT_ONCE = 3  # files that are being read, of all members: each is in memory
LAYERS = 10  # of a member
PLAYLISTS = 25  # in a layer: what a select of Discord holds
PLAYLISTS_EVER = 500  # of a member, those that they let go of among them: their labels are kept
MAKINGS = 5  # playlists that were asked for at Spotify, and may be there or not
TOKENS = 5  # of the HTTP API
FOLLOWED = 500
MATCHES = 100  # that a member asked for: open, or agreed to
QUESTIONS_OPEN = 5  # for a match, asked within seven days, that nobody said yes to
REPORTS_A_DAY = 5
REPORT_WORDS = 300  # characters that may be added to a reason
REPOSTS_A_DAY = 5
REPOSTS = 5_000  # standing: what is let go of could not be taken down any more
ROUNDS_A_DAY = 10  # begun by a member
ROUND_ENTRIES = 25  # what a select of Discord holds
ROUND_VOTES = 3  # of a member
SHARED_HOSTED = 10  # shared playlists in a member's account
SHARED_GROUPS = 50  # groups that a member is in
SHARED_IN_SERVER = 100  # that have not ended
SHARED_PARTNERS = 50  # members of a group
SHARED_SONGS = 500  # on record of one playlist
SHARED_ADDS_A_DAY = 10  # songs of one member in one playlist

# The first are kept, of what a member's file says about one song

NUMBERS = 40
SET_TOKENS = 40  # of a set: genres, tags, artists
NAME = 60  # characters of a number's or set's name
TOKEN = 100  # characters

# The oldest gives way

CARDS = 1_000  # questions whose buttons still work
PROMPTS = 500  # questions in channels whose reactions still count
NOTICES = 500  # things told, or to be told
ANSWERS = 100  # about one song in one layer
MODELS = 20  # in a layer, beside the one that serves
DRY_RUNS = 3  # in a layer
SESSIONS = 5  # of browsers, and as many of Discord's frame
SHOWN = 20_000  # songs that the feed showed
DISTASTES = 10_000  # songs that are not for a member
NAMED = 50  # messages of ours in channels that name a member: older ones are deleted there
ROUNDS = 100  # of a channel
SHARED_ENDED = 100  # of a server
