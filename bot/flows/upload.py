"""Upload: a member sends in a file of one of their songs; what is heard in it counts for them alone."""

import asyncio
import tempfile
from datetime import datetime
from pathlib import Path, PurePath

from bot.adapters.store import Store, songs
from bot.core.features import features_heard
from bot.core.records import Song
from bot.errors import AudioError, BadChoice, BadFile
from bot.ports import Hearing

MOST_BYTES = 25_000_000  # of a file; an hour of MP3, four minutes of FLAC
SOURCE = "upload"  # as in core.merge.PRECEDENCE


async def upload(
    store: Store, hearing: Hearing, folder: Path, member: int, song: str, name: str, data: bytes, now: datetime
) -> Song:
    """Hear the file, keep what was heard and not the file; return the song.

    Raises BadChoice for a song that the member does not like, BadFile for a file that cannot be heard.
    """
    found = await _own(store, member, song)
    with tempfile.TemporaryDirectory(prefix=".upload-", dir=folder) as place:
        file = Path(place) / f"song{PurePath(name).suffix[:8]}"
        await asyncio.to_thread(file.write_bytes, data)
        try:
            heard = await hearing.analyse(file)
        except AudioError as error:
            raise BadFile(error.for_member()) from error
    features = features_heard(heard.numbers, heard.vectors)
    async with store.writing() as tx:
        if song not in await songs.liked(tx, member):  # erased, or unlinked, while it was heard
            raise BadChoice("That song is not in your library.")
        await songs.save_features(tx, member, SOURCE, {song: features}, now)
    return found


async def _own(store: Store, member: int, song: str) -> Song:
    async with store.reading() as tx:
        found = await songs.get(tx, song)
        liked = await songs.liked(tx, member)
    if found is None or song not in liked:
        raise BadChoice("That song is not in your library.")
    return found
