"""Spotify, through spotipy with its pitfalls closed. `client` shows what every call goes through."""

from bot.adapters.spotify.client import Spotify
from bot.adapters.spotify.music import SpotifyMusic
from bot.adapters.spotify.oauth import PURPOSE, SCOPES, open_tokens, seal_tokens
