"""Stand-ins for MusicBrainz, ListenBrainz, Deezer and ReccoBeats: their forms and refusals, and faults on request."""

from sandbox.sources.app import SERVICES, application
from sandbox.sources.world import Artist, Fault, Recording, Request, World

__all__ = ["SERVICES", "Artist", "Fault", "Recording", "Request", "World", "application"]
