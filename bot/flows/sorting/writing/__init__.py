"""Writing: playlists brought to what was decided, and read back, whatever Spotify does meanwhile."""
