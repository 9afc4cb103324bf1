"""A stand-in for Spotify: the accounts service, and the Web API in development mode, with injected faults."""

from sandbox.spotify.app import application
from sandbox.spotify.faults import Fault, Lag
from sandbox.spotify.model import Account, App, Change, Like, Playlist, Track
from sandbox.spotify.world import World
