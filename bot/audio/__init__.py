"""Hearing: audio features computed from a song's samples. The serving process never imports any of it."""
