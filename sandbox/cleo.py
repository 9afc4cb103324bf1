"""Neighbour: Cleo, who shares what she likes, so that the feed has songs; and the folder that they play from.

Her songs are arranged: some minutes long, with a highlight to be found. Their files are kept in the cache, so that only
the first start plays them.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import soundfile
from mutagen.oggvorbis import OggVorbis

from sandbox.music.arranged import Arranged, arranged, play
from sandbox.music.library import Library
from sandbox.music.songs import Song, songs
from sandbox.music.synth import RATE
from sandbox.spotify import Like, Track
from sandbox.stack import House, Resident

NAME = "Cleo"
SONGS = 14
DRAWN = 8 * SONGS  # of which every eighth is hers: an artist has some five songs in a row
ISRC = "ZZNBR"
WORKERS = 2
BLOCK = 10 * RATE  # samples


def liked(seed: int, count: int = SONGS) -> list[tuple[Song, Track, Arranged]]:
    """Songs that nobody else here likes, as catalogue and player know them."""
    made = songs(seed + 1, DRAWN)[:: DRAWN // SONGS][:count]
    return [_song(song, number) for number, song in enumerate(made)]


def _song(song: Song, number: int) -> tuple[Song, Track, Arranged]:
    played = replace(arranged(number), sound=song.sound)
    length = round(1000 * played.sections[-1].end)
    return song, replace(song.track, duration_ms=length, isrc=f"{ISRC}{number:07d}"), played


def library(mine: Sequence[tuple[Song, Track, Arranged]]) -> Library:
    """What Cleo likes: no playlists, and features are for the bot to hear."""
    now = datetime.now(UTC)
    likes = tuple(Like(track.uri, now - timedelta(days=age)) for age, (_, track, _) in enumerate(mine, 1))
    return Library(tuple(track for _, track, _ in mine), likes, {}, ())


def record(mine: Sequence[tuple[Song, Track, Arranged]], folder: Path) -> None:
    """Write what is missing in the folder, as tagged Ogg files."""
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(WORKERS) as pool:
        for _ in pool.map(lambda each: _write(each[1], each[2], folder / f"{each[1].id}.ogg"), mine):
            pass


def _write(track: Track, song: Arranged, path: Path) -> None:
    if path.exists():
        return
    draft, samples = path.with_suffix(".draft"), play(song)
    with soundfile.SoundFile(draft, "w", RATE, samples.shape[1], format="OGG", subtype="VORBIS") as sound:
        for at in range(0, len(samples), BLOCK):  # libvorbis takes a song at once for more than its stack holds
            sound.write(samples[at : at + BLOCK])
    file: Any = OggVorbis(draft)  # type: ignore[no-untyped-call]
    file.update(title=track.name, artist=list(track.artists), album=track.album, isrc=track.isrc)
    file.save()
    draft.replace(path)


async def move_in(house: House, seed: int, cache: Path) -> Resident:
    """Let Cleo in beside the running bot: her files are heard, her Spotify is linked, her likes are shared."""
    mine = liked(seed)
    folder = cache / f"music-{seed}"
    await asyncio.to_thread(record, mine, folder)
    await house.run("-m", "bot", "analyse", "--folder", str(folder))
    cleo = house.move_in(NAME, library(mine))
    outcome = await house.link(cleo)
    await outcome.until(lambda each: "liked song" in each.text())
    await (await cleo.person.command("feed join")).reply()
    return cleo
