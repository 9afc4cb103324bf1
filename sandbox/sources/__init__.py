"""Stand-ins for MusicBrainz, ListenBrainz, Deezer and ReccoBeats: their forms and refusals, and faults on request."""

from sandbox.sources.app import application
from sandbox.sources.world import Artist, Fault, Recording, Request, World

__all__ = ["Artist", "Fault", "Recording", "Request", "World", "application"]
