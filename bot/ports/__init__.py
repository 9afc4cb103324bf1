"""Ports: what the flows need from outside, beside the store. They're passed in; `app` chooses who serves each."""

from bot.ports.account import Consents, Identities, Queue, Secrets, SpotifyProfile, Tokens
from bot.ports.features import FeatureSource, Ids, LookupResult, Needs, Subject
from bot.ports.files import Artefacts, TemporaryFiles
from bot.ports.models import ModelFiles, PriorFile, ScoringModel, Trained, Training
from bot.ports.music import AccountMusic, Accounts, Contents, Likes, LikesPage, ListedPlaylist, Music
from bot.ports.sound import Heard, Preview, PreviewService, SoundReader, VideoSearch

__all__ = [
    "AccountMusic",
    "Accounts",
    "Artefacts",
    "Consents",
    "Contents",
    "FeatureSource",
    "Heard",
    "Identities",
    "Ids",
    "Likes",
    "LikesPage",
    "ListedPlaylist",
    "LookupResult",
    "ModelFiles",
    "Music",
    "Needs",
    "Preview",
    "PreviewService",
    "PriorFile",
    "Queue",
    "ScoringModel",
    "Secrets",
    "SoundReader",
    "SpotifyProfile",
    "Subject",
    "TemporaryFiles",
    "Tokens",
    "Trained",
    "Training",
    "VideoSearch",
]
