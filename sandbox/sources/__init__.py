"""Stand-ins for MusicBrainz, ListenBrainz, Deezer and ReccoBeats: their formats, their errors, and injected faults."""

from sandbox.sources.app import SERVICES, application
from sandbox.sources.world import Artist, Fault, Recording, Request, World
