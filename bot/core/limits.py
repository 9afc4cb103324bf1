"""Limits: how much one member may add to each list that the bot keeps. Pure.

Whatever would exceed a limit is refused in the transaction that would insert it, and the message names the limit and
the way out. Where the oldest entry makes room instead, nothing is refused. `tests/contract/test_limits.py` checks
every table.
"""

# Refused beyond

SONGS = 50_000  # liked songs of a member; of Spotify's, the newest are kept
IMPORTS_AT_ONCE = 3  # files being read at once, over all members: each is held in memory
LAYERS = 10  # of a member
PLAYLISTS = 25  # in a layer: what a select of Discord holds
PLAYLISTS_EVER = 500  # including those they let go of, whose labels are kept
MAKINGS = 5  # playlists requested from Spotify whose creation isn't confirmed
TOKENS = 5  # of the HTTP API
FOLLOWED = 500
MATCHES = 100  # a member's requests, open or accepted
QUESTIONS_OPEN = 5  # match requests from the last seven days that nobody accepted
REPORTS_A_DAY = 5
REPORT_WORDS = 300  # characters that may be added to a reason
REPOSTS_A_DAY = 5
REPOSTS = 5_000  # active reposts; one that's no longer on record couldn't be taken down
ROUNDS_A_DAY = 10  # begun by a member
ROUND_ENTRIES = 25  # what a select of Discord holds
ROUND_VOTES = 3  # of a member
SHARED_HOSTED = 10  # shared playlists in a member's account
SHARED_GROUPS = 50  # groups that a member is in
SHARED_IN_SERVER = 100  # that have not ended
SHARED_PARTNERS = 50  # members of a group
SHARED_SONGS = 500  # on record of one playlist
SHARED_ADDS_A_DAY = 10  # songs of one member in one playlist

# Of a member's file, the first values for each song are kept

NUMBERS = 40
SET_TOKENS = 40  # of a set: genres, tags, artists
NAME = 60  # characters of a number's or set's name
TOKEN = 100  # characters

# Of a member's other playlists, the first are read

OTHER_PLAYLISTS = 100
OTHER_PLACES = 5_000  # in all of them: with the list of them, that's some 200 requests

# The oldest makes room

CARDS = 1_000  # questions whose buttons still work
PROMPTS = 500  # questions in channels whose reactions still count
NOTICES = 500  # sent or waiting to be sent
ANSWERS = 100  # about one song in one layer
MODELS = 20  # in a layer, besides the active one
DRY_RUNS = 3  # in a layer
WRITES = 100  # ended ones that are kept whole; older ones lose what later ones supersede
REVISIONS = 200  # of a playlist's history
EDITS = 50_000  # songs in the histories of a member's playlists
SESSIONS = 5  # browser sessions, and as many in Discord's frame
SHOWN = 20_000  # songs that the feed showed
DISLIKES = 10_000  # songs a member disliked
NAMED = 50  # our channel messages that name a member; older ones are deleted
ROUNDS = 100  # of a channel
SHARED_ENDED = 100  # of a server
SHARED_REMOVED = 500  # members removed from a group, who can't join it again
