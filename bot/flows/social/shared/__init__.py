"""Shared playlists: kept by a server or a group, written to their host's account."""
