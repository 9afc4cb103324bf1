"""Formats for schemathesis: ids of real songs and cursors of real pages."""

import os

import schemathesis
from hypothesis import strategies as st

from bot.web.api import cursor

SONGS = os.environ["FUZZ_SONGS"].split()
schemathesis.openapi.format("song", st.sampled_from(SONGS))
schemathesis.openapi.format("cursor", st.sampled_from([cursor.write(song) for song in SONGS]))
