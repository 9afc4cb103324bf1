"""Hearing: what a song sounds like, computed from its samples. The serving process never imports any of it."""
