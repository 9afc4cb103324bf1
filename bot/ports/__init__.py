"""Ports: what the flows need from outside, beside the store. They're passed in; `app` chooses who serves each."""

from collections.abc import Callable
from datetime import datetime

from bot.ports.account import Consents, Identities, Queue, Secrets, SpotifyProfile, Tokens
from bot.ports.features import FeatureSource, Ids, LookupResult, Needs, Subject
from bot.ports.files import Artefacts, TemporaryFiles
from bot.ports.models import ModelFiles, PriorFile, ScoringModel, Trained, Training
from bot.ports.music import Accounts, Contents, Likes, LikesPage, ListedPlaylist, Music
from bot.ports.sound import Heard, Preview, PreviewService, SoundReader, VideoSearch

Clock = Callable[[], datetime]  # the time now, in UTC
