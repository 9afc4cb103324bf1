"""Analysis: loudness, tempo, key, timbre and an embedding, computed from a song's samples."""
