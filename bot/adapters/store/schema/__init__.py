"""The tables. A member's rows have a column that refers to the member; erasing goes by it (promise P35).

Ids of members, channels, servers and messages are Discord's snowflakes; songs are Spotify URIs, or `file:…` for rows of
an imported file that had none. Moments are UTC. Alembic's migrations are the truth about upgrades; this is the truth
about today, and a test compares the two.
"""

from bot.adapters.store.schema.base import OPERATOR, Moment, Serial, Text, metadata
from bot.adapters.store.schema.catalogue import dislike, entry, shown, space
from bot.adapters.store.schema.members import account, api_token, consent, erasure, link_state, member, notice, session
from bot.adapters.store.schema.pace import app, cooldown, interaction, setback, spent, turn
from bot.adapters.store.schema.playlists import (
    answer,
    card,
    change,
    content,
    edit,
    layer,
    making,
    model,
    playlist,
    prompt,
    revision,
    write,
)
from bot.adapters.store.schema.rounds import round_, round_entry, round_vote
from bot.adapters.store.schema.shared import contribution, partner, removal, shared, vote
from bot.adapters.store.schema.social import (
    agreement,
    barred,
    counted,
    follow,
    place,
    posted,
    profile,
    report,
    repost,
    takedown,
)
from bot.adapters.store.schema.songs import (
    feature,
    liked,
    lookup,
    match,
    news,
    other_playlist,
    own_song,
    recording,
    song,
)
